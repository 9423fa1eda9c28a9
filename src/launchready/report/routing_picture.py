"""The routing map as a picture: SVG with a layout of its own, wide for desks, narrow for phones.

Hosts that end at the same place form a band, so no two lines ever cross however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.report.drawing import Drawing
from launchready.report.plain_text import one_line
from launchready.report.routing import Entry, HostRoute, State

_CROWDED = 12
"""With more bands than these the calm ones are drawn small."""
_SYMBOLS: dict[State, str] = {"good": "✓", "bad": "✗", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Band:
    """Hosts that lead to one place, and the host that answers there (None: nowhere of ours)."""

    target: str
    ways_in: tuple[HostRoute, ...]
    answers: HostRoute | None


def bands(routes: Sequence[HostRoute]) -> tuple[Band, ...]:
    """Return the hosts grouped by where their visitors end, in the order of the hosts."""
    by_name = {r.host: r for r in routes}
    groups: dict[str, list[HostRoute]] = {}
    for route in routes:
        groups.setdefault(_leads_to(route), []).append(route)
    ordered = sorted(groups, key=lambda g: list(by_name).index(g) if g in by_name else len(by_name))
    return tuple(
        Band(
            target,
            tuple(sorted(groups[target], key=lambda r: r.host != target)),
            by_name.get(target),
        )
        for target in ordered
    )


def _leads_to(route: HostRoute) -> str:
    for entry in sorted(route.entries, key=lambda e: not e.start.startswith("https")):
        if entry.hops and entry.state != "unknown":
            return urlsplit(entry.end).hostname or route.host
    return route.redirects_to or route.host


def wide(routes: Sequence[HostRoute]) -> str:
    """Return the picture in columns, 960 units wide."""
    drawing = Drawing(960)
    drawing.y = 34
    for x, title in ((0, "Visitors type"), (430, "They arrive at"), (660, "Edge"), (800, "Origin")):
        drawing.text(x, 14, title, "head")
    found = bands(routes)
    crowded = len(found) > _CROWDED
    # Among many, what needs a look comes first and what is alike takes one line.
    for band in sorted(found, key=_calm) if crowded else found:
        if crowded and _plain(band):
            _wide_line(drawing, band.ways_in[0])
        else:
            _wide_band(drawing, band)
    return drawing.svg("wide", "Routing map")


def narrow(routes: Sequence[HostRoute]) -> str:
    """Return the picture as one column, 340 units wide, for a phone."""
    drawing = Drawing(340)
    found = bands(routes)
    for band in sorted(found, key=_calm) if len(found) > _CROWDED else found:
        _narrow_band(drawing, band)
    return drawing.svg("narrow", "Routing map")


def _calm(band: Band) -> bool:
    return all(state != "bad" for route in band.ways_in for state in _states(route))


def _states(route: HostRoute) -> tuple[State, ...]:
    ways = (entry.state for entry in route.entries)
    return (route.dns, route.tls, route.edge_state, route.origin_state, *ways)


def _plain(band: Band) -> bool:
    return _calm(band) and len(band.ways_in) == 1 and band.answers is band.ways_in[0]


def _wide_line(d: Drawing, route: HostRoute) -> None:
    """Draw a host on which nothing is wrong and to which no other leads, on one line."""
    y, height = d.y, 34
    middle = y + height / 2
    d.box(0, y, 250, height, _worst(e.state for e in route.entries))
    _name(d, 12, middle + 4, route.host, 28)
    state = _worst(e.state for e in route.entries)
    labels = dict.fromkeys(_label(e, route.host) for e in route.entries[:2])
    label = f"{_SYMBOLS[state]} {' / '.join(labels)}"
    d.text(335, middle - 4, _short(label, 27), f"tiny mid {state}", title=label)
    d.arrow(250, middle, 424, middle, state)
    state = _worst((route.dns, route.tls))
    d.box(430, y, 190, height, state)
    address = route.dns_note or _first(route.addresses)
    tls = route.tls_note.removeprefix("TLS valid for ")
    seen = ", ".join(x for x in (address, tls) if x)
    text = f"{_SYMBOLS[state]} {seen or 'not looked up'}"
    d.text(442, middle + 4, _short(text, 28), f"tiny {state}", title=text)
    d.arrow(620, middle, 652, middle, "good")
    state = route.edge_state if route.edge else "unknown"
    d.box(656, y, 116, height, state, dashed=not route.edge)
    edge = f"{_SYMBOLS[state]} {route.edge}" if route.edge else "no edge"
    d.text(668, middle + 4, _short(edge, 15), f"small {state}", title=_edge_note(route))
    d.arrow(772, middle, 792, middle, "good")
    d.box(796, y, 164, height, route.origin_state)
    first, note, state = _origin(route)
    d.text(808, middle + 4, _short(first, 22), f"small {state}", title=note)
    d.y = y + height + 10


def _wide_band(d: Drawing, band: Band) -> None:
    top = d.y
    box, gap = 68, 10
    height = len(band.ways_in) * (box + gap) - gap
    middle = top + height / 2
    for index, route in enumerate(band.ways_in):
        _way_in(d, top + index * (box + gap), box, route, band)
    if height > box:
        d.line(424, top + 20, 424, top + height - 20)
    _target(d, 430, middle - 34, 190, band)
    d.y = top + height + 22
    if (target := band.answers) is None:
        return
    d.arrow(620, middle, 652, middle, "good")
    state: State = target.edge_state if target.edge else "unknown"
    d.box(656, middle - 34, 116, 68, state, dashed=not target.edge)
    d.text(668, middle - 5, _short(_edge(target), 14), "name", title=_edge(target))
    note = _edge_note(target)
    d.text(668, middle + 14, _short(note, 19), f"tiny {state}", title=note)
    d.arrow(772, middle, 792, middle, "good")
    d.box(796, middle - 34, 164, 68, target.origin_state)
    first, note, state = _origin(target)
    d.text(808, middle - 5, _short(first, 20), "name", title=", ".join(target.origins) or first)
    d.text(808, middle + 14, _short(note, 28), f"tiny {state}", title=target.origin_note or note)
    if target.origin_state == "bad":
        # The way around the edge, below it.
        d.path(f"M525 {middle + 34} V{middle + 46} H878 V{middle + 37}", "bad dashed", arrow=True)
        d.y = max(d.y, middle + 46 + 16)


def _way_in(d: Drawing, y: float, height: float, route: HostRoute, band: Band) -> None:
    d.box(0, y, 250, height, _worst(e.state for e in route.entries))
    _name(d, 12, y + 21, route.host, 28)
    labels = [_label(e, band.target) for e in route.entries[:2]]
    alike = len(set(labels)) == 1 and len({e.state for e in route.entries[:2]}) == 1
    for row, entry in enumerate(route.entries[:2]):
        line = y + 39 + row * 17
        scheme = urlsplit(entry.start).scheme
        d.text(12, line + 4, f"{_SYMBOLS[entry.state]} {scheme}", f"small {entry.state}")
        if alike and row:
            continue
        at = line + 8.5 if alike and len(labels) > 1 else line
        arrives = _ends_at(entry) == band.target and entry.state == "good"
        label = labels[row]
        if arrives:
            d.arrow(250, at, 420, at, entry.state)
        else:
            d.path(f"M250 {at:g} L404 {at:g}", f"{entry.state} dashed", arrow=False)
            d.text(412, at + 4, _SYMBOLS[entry.state], f"small mid {entry.state}")
        d.text(330, at - 4, _short(label, 25), f"tiny mid {entry.state}", title=label)


def _target(d: Drawing, x: float, y: float, width: float, band: Band) -> None:
    target = band.answers
    if target is None:
        d.box(x, y, width, 68, "unknown", dashed=True)
        _name(d, x + 12, y + 26, band.target, 20 if width < 300 else 40)
        d.text(x + 12, y + 45, "not one of your hosts", "tiny unknown")
        return
    state = _worst((target.dns, target.tls))
    d.box(x, y, width, 68, state)
    _name(d, x + 12, y + 21, target.host, 20 if width < 300 else 40)
    address = target.dns_note or _first(target.addresses) or "not looked up"
    d.text(x + 12, y + 40, f"{_SYMBOLS[target.dns]} {_short(address, 27)}", f"tiny {target.dns}",
           title=address)  # fmt: skip
    tls = target.tls_note or "HTTPS not checked"
    d.text(x + 12, y + 57, f"{_SYMBOLS[target.tls]} {_short(tls, 27)}", f"tiny {target.tls}",
           title=tls)  # fmt: skip


def _narrow_band(d: Drawing, band: Band) -> None:
    for route in band.ways_in:
        d.box(0, d.y, 340, 64, _worst(e.state for e in route.entries))
        d.text(12, d.y + 20, _short(route.host, 40), "name", title=route.host)
        for row, entry in enumerate(route.entries[:2]):
            scheme = urlsplit(entry.start).scheme
            label = f"{_SYMBOLS[entry.state]} {scheme}: {_label(entry, band.target)}"
            d.text(12, d.y + 38 + row * 17, _short(label, 50), f"small {entry.state}", title=label)
        d.y += 72
    d.arrow(170, d.y - 8, 170, d.y + 10, "good")
    d.y += 16
    target = band.answers
    _target(d, 0, d.y, 340, band)
    d.y += 68
    if target is not None:
        d.arrow(170, d.y, 170, d.y + 18, "good")
        d.y += 24
        state: State = target.edge_state if target.edge else "unknown"
        d.box(0, d.y, 150, 50, state, dashed=not target.edge)
        d.text(12, d.y + 21, _short(_edge(target), 18), "name", title=_edge(target))
        d.text(12, d.y + 38, _short(_edge_note(target), 24), f"tiny {state}")
        d.arrow(150, d.y + 25, 166, d.y + 25, "good")
        first, note, state = _origin(target)
        d.box(172, d.y, 168, 50, target.origin_state)
        d.text(184, d.y + 21, _short(first, 20), "name", title=", ".join(target.origins) or first)
        d.text(184, d.y + 38, _short(note, 28), f"tiny {state}", title=target.origin_note or note)
        d.y += 50
    d.y += 34


def _name(d: Drawing, x: float, y: float, name: str, limit: int) -> None:
    """Write a host's name, smaller before it is cut."""
    if len(name) <= limit:
        d.text(x, y, name, "name", title=name)
    else:
        d.text(x, y, _short(name, limit * 6 // 5), "name tight", title=name)


def _label(entry: Entry, target: str) -> str:
    if entry.note and entry.state != "good":
        # The host's name stands at the beginning of the line already.
        return entry.note.removeprefix(f"{urlsplit(entry.start).hostname} ")
    end = _ends_at(entry)
    if entry.hops and end != target:
        return f"to {end}"
    count = max(0, len(entry.hops) - 1)
    return {0: "direct", 1: "1 redirect"}.get(count, f"{count} redirects")


def _ends_at(entry: Entry) -> str:
    return urlsplit(entry.end).hostname or ""


def _edge(route: HostRoute) -> str:
    return route.edge or "no edge"


def _edge_note(route: HostRoute) -> str:
    if not route.edge:
        return "none declared"
    if not route.edge_seen:
        return "? not seen"
    if route.edge_state == "bad":
        return f"✗ seen: {route.edge_seen}"
    return "✓ in front"


def _origin(route: HostRoute) -> tuple[str, str, State]:
    if not route.origins and not route.edge and route.addresses:
        return route.addresses[0], "reached directly", "unknown"
    if not route.origins:
        return "not declared", "your server", "unknown"
    first = _first(route.origins)
    if route.origin_state == "bad":
        return first, "✗ open around the edge", "bad"
    if route.origin_state == "good":
        return first, "✓ only through the edge", "good"
    return first, "? not asked directly", "unknown"


def _first(addresses: Sequence[str]) -> str:
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    return f"{addresses[0]}{more}" if addresses else ""


def _worst(states: Iterable[State]) -> State:
    found = set(states)
    if "bad" in found:
        return "bad"
    return "good" if found == {"good"} else "unknown"


def _short(text: str, limit: int) -> str:
    """Return the text cut in its middle: both ends of a name or URL tell which it is."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 1]}…{line[-tail:]}"
