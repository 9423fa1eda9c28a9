"""What a member reads on the private page, and whether strangers are given anything of it."""

from __future__ import annotations

from launchready.derive.sign_in.kept_back import kept_back
from launchready.facts.http import Exchange
from tests.hostile import at_once, repeated
from tests.making import exchange

URL = "https://example.org/members"
FRAME = "<nav>The choir of the old harbour, every Tuesday at seven, <a href=/login>Log in</a></nav>"
ROOM = (
    "<h1>Members</h1><p>On Sunday we sing at the lighthouse; Mara brings the scores, "
    "and the bread is baked by whoever lost the last game of cards.</p>"
)
ASKS = "<h1>Members</h1><p>Please log in to read on.</p>"


def page(body: str, *, url: str = URL, status: int = 200, kind: str = "text/html") -> Exchange:
    html = f"<!doctype html><title>Choir</title><body>{FRAME}{body}</body>"
    return exchange(url, status=status, headers={"Content-Type": kind}, body=html)


def told(stranger: str, member: str = ROOM) -> bool:
    log_in = page("<form><input name=password type=password></form>", url="https://example.org/in")
    return kept_back(page(stranger), page(member), [log_in])


def test_a_page_that_only_asks_to_sign_in_keeps_the_members_page_back() -> None:
    assert told(ASKS)


def test_the_beginning_of_the_text_is_shown_and_not_kept_back() -> None:
    assert not told(f"{ASKS}<p>On Sunday we sing at the lighthouse; Mara brings the…</p>")


def test_what_the_page_holds_for_its_scripts_is_given_away() -> None:
    state = '{"post": "On Sunday we sing at the lighthouse; Mara brings the scores"}'
    assert not told(f"{ASKS}<script type=application/json>{state}</script>")


def test_sentences_that_both_pages_hold_for_their_scripts_are_given_away() -> None:
    state = '<script>window.state = {"post": "Meet at the lower gate, code 4711"}</script>'
    assert not told(ASKS + state, ROOM + state)


def test_a_members_page_that_scripts_fill_tells_nothing() -> None:
    assert not told(ASKS, "<h1>Members</h1><div id=root></div>")


def test_an_answer_that_is_no_whole_page_tells_nothing() -> None:
    log_in = page("", url="https://example.org/in")
    assert not kept_back(page(ASKS, status=403), page(ROOM), [log_in])
    assert not kept_back(page(ASKS, kind="application/json"), page(ROOM), [log_in])


def test_a_page_of_nothing_but_quotes_is_read_at_once() -> None:
    with at_once(10):
        told(ASKS, ROOM + repeated('"\\', 300_000))
