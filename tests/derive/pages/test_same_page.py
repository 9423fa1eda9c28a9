from __future__ import annotations

from launchready.derive.pages.same_page import same_page
from launchready.facts.http import Exchange
from tests.making import exchange

START = "毎週火曜日の七時に歌います。古い灯台のそばでお待ちしています"
MINUTES = "総会の議事録、会費、住所、練習室の鍵の番号、未納者の一覧"


def page(path: str, words: str) -> Exchange:
    frame = '<html lang=ja><title>合唱団</title><link rel=stylesheet href=/a.css><nav><a href="/">合唱団</a></nav>'
    return exchange(
        f"https://example.org{path}",
        headers={"Content-Type": "text/html; charset=utf-8"},
        body=f"<!doctype html>{frame}<main><p>{words}</main>",
    )


def test_pages_that_say_different_things_differ_in_every_script() -> None:
    assert not same_page(page("/", START), page("/members", MINUTES))


def test_a_page_that_names_the_path_and_a_token_is_the_same_at_every_path() -> None:
    one = page("/a", f"{START} /a 0f8e7d6c5b4a")
    assert same_page(one, page("/b", f"{START} /b 1a2b3c4d5e6f"))
