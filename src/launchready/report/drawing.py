"""SVG shapes, written one after the other; every text is cleaned and escaped here."""

from __future__ import annotations

from html import escape

from launchready.report.plain_text import one_line
from launchready.report.routing import State


class Drawing:
    """A drawing that grows downwards from `y`; colours come from the page's style sheet."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.y: float = 0
        self.shapes: list[str] = []

    def box(
        self, x: float, y: float, width: float, height: float, state: State, *, dashed: bool = False
    ) -> None:
        """Draw a box; its left upper corner is (x, y)."""
        more = " dashed" if dashed else ""
        self.shapes.append(
            f'<rect class="box {state}{more}" x="{x + 0.5:g}" y="{y + 0.5:g}" '
            f'width="{width - 1:g}" height="{height - 1:g}" rx="8"/>'
        )

    def text(self, x: float, y: float, text: str, style: str, *, title: str = "") -> None:
        """Write a line of text, its full wording as a title to point at."""
        full = f"<title>{escape(one_line(title))}</title>" if title and title != text else ""
        self.shapes.append(
            f'<text class="{style}" x="{x:g}" y="{y:g}">{full}{escape(one_line(text))}</text>'
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float, state: State) -> None:
        """Draw a straight line with a tip, dashed unless all is good."""
        dashed = "" if state == "good" else " dashed"
        self.path(f"M{x1:g} {y1:g} L{x2:g} {y2:g}", f"{state}{dashed}", arrow=True)

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a thin line that joins arrows."""
        self.path(f"M{x1:g} {y1:g} L{x2:g} {y2:g}", "join", arrow=False)

    def path(self, path: str, style: str, *, arrow: bool) -> None:
        """Draw any path, in the syntax of the `d` attribute."""
        head = ' marker-end="url(#tip)"' if arrow else ""
        self.shapes.append(f'<path class="way {style}" d="{path}"{head}/>')

    def svg(self, name: str, title: str) -> str:
        """Return the SVG element, as high as `y` has grown."""
        height = max(40, self.y)
        tip = (
            '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="tip" d="M0 0.5 L8 4 L0 7.5 z"/></marker>'
        ).replace('id="tip"', f'id="tip-{name}"')
        shapes = "".join(self.shapes).replace("url(#tip)", f"url(#tip-{name})")
        return (
            f'<svg class="map {name}" viewBox="0 0 {self.width} {height:g}" role="img" '
            f'aria-label="{escape(title)}"><defs>{tip}</defs>{shapes}</svg>'
        )
