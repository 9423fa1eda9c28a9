"""The page in a real browser: hostile values run nothing, and it fits a desk and a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from launchready.facts import host_subject
from launchready.finding import Passed, Result
from launchready.report.html import html_text
from launchready.report.model import Looking, Report
from tests.report.chromium import Page, page
from tests.report.sample_checks import make_check, seen
from tests.report.samples import healthy, report
from tests.report.test_html import full_of
from tests.report.unsafe import HOSTILE

pytestmark = pytest.mark.browser

ATTACKS = (
    *HOSTILE,
    "<svg><script>document.title='owned'</script></svg>",
    "</text></svg><img src=x onerror=document.title='owned'>",
    "</title><script>document.title='owned'</script>",
    "</pre></code><iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    "' onmouseover='document.title=\"owned\"' x='",
    "javascript:document.title='owned'",
    "<a href=javascript:document.title='owned' id=fix-1>x</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<base href=https://evil.example/><form action=//evil.example><input name=x autofocus>",
    "&lt;script&gt;document.title='owned'&lt;/script&gt;",
    "\u202e<script>document.title='owned'</script>\u202c",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with page(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


def written(folder: Path, document: str) -> Path:
    path = folder / "report.html"
    path.write_text(document, "utf-8")
    return path


def stirred(browser: Page) -> None:
    """Do what a reader may do: open all that is folded, point at everything, follow each link."""
    browser.evaluate(
        """document.querySelectorAll('details').forEach(d => d.open = true);
        document.querySelectorAll('body *').forEach(e => {
          for (const name of ['mouseover', 'click', 'focus', 'pointerenter'])
            e.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true}));
        }); 1"""
    )


@pytest.mark.parametrize("guarded", [True, False], ids=["policy", "no policy"])
@pytest.mark.parametrize("number", range(len(ATTACKS)))
def test_a_hostile_value_runs_nothing(
    browser: Page, tmp_path: Path, number: int, guarded: bool
) -> None:
    document = html_text(full_of(ATTACKS[number]))
    if not guarded:
        # Escaping must hold by itself; the policy is the second wall.
        document, count = re.subn(r"<meta http-equiv=\"Content-Security[^>]*>", "", document)
        assert count == 1
    path = written(tmp_path, document)
    browser.open(path)
    title = browser.evaluate("document.title")
    stirred(browser)
    assert browser.evaluate("document.title") == title
    assert title != "owned"
    assert browser.evaluate("document.scripts.length") == 0
    assert browser.evaluate("document.querySelectorAll('img,iframe,form,base,link').length") == 0
    assert {url.split("#")[0] for url in browser.requested} == {path.as_uri()}


def test_an_injected_script_would_have_been_noticed(browser: Page, tmp_path: Path) -> None:
    document = html_text(report())
    document = re.sub(r"<meta http-equiv=\"Content-Security[^>]*>", "", document)
    evil = document.replace("</main>", "<script>document.title='owned'</script></main>")
    browser.open(written(tmp_path, evil))
    assert browser.evaluate("document.title") == "owned"


def test_the_policy_stops_a_script_that_slips_through(browser: Page, tmp_path: Path) -> None:
    document = html_text(report())
    evil = document.replace("</main>", "<script>document.title='owned'</script></main>")
    browser.open(written(tmp_path, evil))
    assert browser.evaluate("document.title") != "owned"


def test_the_policy_lets_our_own_style_through(browser: Page, tmp_path: Path) -> None:
    browser.open(written(tmp_path, html_text(report())))
    assert browser.evaluate("getComputedStyle(document.querySelector('.page')).maxWidth") != "none"


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
@pytest.mark.parametrize("what", ["no-go", "go", "hostile", "many"])
def test_no_width_needs_scrolling_sideways(
    browser: Page, tmp_path: Path, width: int, what: str
) -> None:
    made = {
        "no-go": report,
        "go": healthy,
        "hostile": lambda: full_of("x" * 10_000),
        "many": many,
    }[what]()
    browser.open(written(tmp_path, html_text(made)), width=width)
    stirred(browser)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def many() -> Report:
    def say(_what: str, name: str) -> Result:
        return Passed(evidence=f"fine at {name}")

    hosts = [host_subject(f"a-rather-long-name-{n}.example.org", "example.org") for n in range(100)]
    return report(
        catalogue=[make_check("always-fine", say)],
        facts=[seen(h) for h in hosts],
        toml='[launch]\ndomain = "example.org"\n' + "".join(f'[hosts."{h.name}"]\n' for h in hosts),
    )


def luminance(colour: str) -> float:
    channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(
    browser: Page, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    browser.open(
        written(tmp_path, html_text(report(looking=Looking(only=("mail",))))), scheme=scheme
    )
    stirred(browser)
    pairs = browser.evaluate(
        """[...document.querySelectorAll('body *')].filter(e =>
          [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
        ).map(e => {
          let b = e;
          const seen = x => getComputedStyle(x).backgroundColor;
          while (b.parentElement && seen(b) === 'rgba(0, 0, 0, 0)') b = b.parentElement;
          const style = getComputedStyle(e);
          const drawn = e.closest('svg');
          return [drawn ? style.fill : style.color, seen(b), e.tagName + '.' + e.className];
        })"""
    )
    assert len(pairs) > 100
    for ink, paper, where in pairs:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        # WCAG 2.2 success criterion 1.4.3.
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (where, ink, paper)


def test_the_headings_form_an_outline(browser: Page, tmp_path: Path) -> None:
    browser.open(written(tmp_path, html_text(report())))
    levels = browser.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_looked_at(
    browser: Page, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    browser.open(written(tmp_path, html_text(report())), width=width, scheme=scheme)
    shot = tmp_path / f"report-{width}-{scheme}.png"
    browser.screenshot(shot)
    assert shot.read_bytes().startswith(b"\x89PNG")
    assert len(shot.read_bytes()) > 100_000


def test_dark_is_dark_and_light_is_light(browser: Page, tmp_path: Path) -> None:
    path = written(tmp_path, html_text(report()))
    paper = "getComputedStyle(document.body).backgroundColor"
    browser.open(path, scheme="light")
    light = luminance(browser.evaluate(paper))
    browser.open(path, scheme="dark")
    assert light > 0.9
    assert luminance(browser.evaluate(paper)) < 0.05


def test_it_prints(browser: Page, tmp_path: Path) -> None:
    browser.open(written(tmp_path, html_text(report())))
    browser.print(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_long_lists_stand_two_to_a_line_on_paper(browser: Page, tmp_path: Path) -> None:
    browser.open(written(tmp_path, html_text(report())))
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true); 1")
    tops = browser.evaluate(
        "[...document.querySelectorAll('details ul.plain:not(.hosts)')].filter(l => l.children.length > 1)"
        ".map(l => [l.children[0], l.children[1]].map(e => e.getBoundingClientRect().top))"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
    assert tops
    assert all(first == second for first, second in tops)


def test_the_first_screen_of_a_desk_holds_the_verdict_the_count_and_the_bar_begins(
    browser: Page, tmp_path: Path
) -> None:
    browser.open(written(tmp_path, html_text(report())))
    for part in ("h1", ".proof", ".bar li:nth-child(5)"):
        bottom = browser.evaluate(
            f"document.querySelector('{part}').getBoundingClientRect().bottom"
        )
        assert bottom < 900, part
