"""Every page, on a desk and a phone, light and dark: nothing sticks out, nothing is unnamed."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from playwright.async_api import ViewportSize, expect
from sqlalchemy import delete, select

from launchready.community.seed import add_member
from launchready.community.tables import Circle, Comment, Member, Post
from tests.community.browser import PASSWORD
from tests.community.chromium.conftest import Opens
from tests.community.chromium.house import ADA, ADMIN, GUEST
from tests.community.chromium.tab import DESK, PHONE, Tab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

VISITORS = (
    "/", "/pricing", "/community", "/journal/first-evening", "/login", "/signup", "/invite",
    "/checkout", "/checkout/trial?email=a@b.example", "/reset", "/reset/new?token=x",
    "/confirm?token=x", "/welcome", "/nowhere", "/broken",
)  # fmt: skip
MEMBERS = (
    "/members", "/circles/beans", "/posts/3", "/people/1", "/write", "/search?q=beans", "/guide",
    "/profile", "/logout", "/checkout",
)  # fmt: skip
ADMINS = ("/admin", "/admin/members", "/admin/invites", "/admin/outbox", "/admin/payments")
GUESTS = ("/members", "/circles/beans", "/profile")
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
RIGHT_TO_LEFT = "מרים שואלת: כמה מים צריכות עגבניות?"
# At which side the first line of a text begins.
SIDE = """
element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const line = range.getClientRects()[0], box = element.getBoundingClientRect();
  return line.left - box.left > box.right - line.right ? "right" : "left";
}
"""
NARROW = ViewportSize(width=360, height=740)
_UNNAMED = re.compile(
    r"- (?:textbox|button|link|combobox|searchbox|spinbutton|checkbox|img)(?! \").*"
)
# WCAG 2.2, 1.4.3: the ratio of the lighter to the darker; large letters need less than 4.5.
FAINT = """
() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const light = rgb => rgb.map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = element => {
    if (!element) return [255, 255, 255];
    const [r, g, b, a = 1] = channels(getComputedStyle(element).backgroundColor);
    return a === 1 ? [r, g, b] : over([r, g, b, a], behind(element.parentElement));
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest("script, style, :disabled")) continue;
    const style = getComputedStyle(element), ground = behind(element);
    let [r, g, b, a = 1] = channels(style.color);
    for (let at = element; at; at = at.parentElement) a *= getComputedStyle(at).opacity;
    const [high, low] = [light(over([r, g, b, a], ground)), light(ground)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (high + .05) / (low + .05);
    if (ratio < wanted) faint.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""


async def looked_at(tab: Tab, path: str) -> list[str]:
    """Return what is wrong with a page at each size and in each scheme."""
    await tab.open(path)
    page, wrong = tab.page, list[str]()
    for size in (DESK, PHONE, NARROW):
        await page.set_viewport_size(size)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            wrong.append(f"{path} is {width} wide on {size['width']}")
    tree = await page.locator("body").aria_snapshot()
    wrong += [f"{path} has no name for {line}" for line in _UNNAMED.findall(tree)]
    if await page.locator("h1").count() != 1:
        wrong.append(f"{path} has not one heading of the first level")
    if not await page.title():
        wrong.append(f"{path} has no title")
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
        wrong += [f"{path}, {scheme}: {faint}" for faint in await page.evaluate(FAINT)]
    return wrong


@pytest.mark.parametrize(
    ("who", "paths"),
    [(None, VISITORS), (ADA, MEMBERS), (GUEST, GUESTS), (ADMIN, ADMINS)],
    ids=["visitor", "member", "guest", "admin"],
)
async def test_every_page_fits_is_named_and_can_be_read(
    tab: Tab, who: str | None, paths: tuple[str, ...]
) -> None:
    tab.expects = {403, 404, 500}
    if who:
        await tab.come_in(who)
    wrong = [each for path in paths for each in await looked_at(tab, path)]
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/nowhere", 404, "Nothing is here"),
        ("/broken", 500, "Something went wrong on our side"),
    ],
)
async def test_what_goes_wrong_is_told_without_its_insides(
    tab: Tab, path: str, status: int, title: str
) -> None:
    tab.expects = {status}
    answer = await tab.open(path)
    assert answer.status == status
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)
    await expect(tab.page.locator("main")).to_contain_text(answer.headers["x-request-id"])
    shown = await tab.page.content()
    assert "RuntimeError" not in shown
    assert "a mistake of ours" not in shown


FOCUSED = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"


async def _tabbed(tab: Tab, times: int) -> list[str]:
    found: list[Any] = []
    for _ in range(times):
        await tab.page.keyboard.press("Tab")
        found.append(str(await tab.page.evaluate(FOCUSED)).strip())
    return found


async def test_the_tab_key_goes_through_the_log_in_as_it_is_read(tab: Tab) -> None:
    await tab.open("/login")
    assert await _tabbed(tab, 9) == [
        "To the content", "Willow", "Membership", "Community", "Log in", "E-mail", "Password",
        "Log in", "Forgot your password?",
    ]  # fmt: skip


async def test_words_that_never_break_and_names_from_right_to_left_fit(tab: Tab) -> None:
    running = tab.house.running
    async with running.database.write() as session:
        wide = await add_member(
            session, "wide@long.example", LONG_WORD[:80], password_hash="", now=running.now()
        )
        hebrew = await add_member(
            session, "rtl@long.example", RIGHT_TO_LEFT, password_hash="", now=running.now()
        )
        (await session.get_one(Member, wide)).about = LONG_WORD * 2
        doorstep = await session.scalar(select(Circle.id).where(Circle.slug == "doorstep"))
        written = [
            Post(circle_id=doorstep, author_id=author, plan="", title=title[:120], body=title * 2,
                 comment_count=2, created_at=running.now())
            for author, title in ((wide, LONG_WORD), (hebrew, RIGHT_TO_LEFT))
        ]  # fmt: skip
        session.add_all(written)
        await session.flush()
        posts = [post.id for post in written]
        for post in posts:
            for author, body in ((wide, LONG_WORD), (hebrew, RIGHT_TO_LEFT)):
                session.add(
                    Comment(post_id=post, author_id=author, body=body, created_at=running.now())
                )
    try:
        await tab.come_in(ADMIN)
        paths = (
            "/members", "/circles/doorstep", *(f"/posts/{post}" for post in posts),
            *(f"/people/{number}" for number in (wide, hebrew)), f"/posts/{posts[0]}/delete",
            f"/search?q={LONG_WORD}", "/admin/members",
        )  # fmt: skip
        assert [wrong for path in paths for wrong in await looked_at(tab, path)] == []
        heads = await tab.page.locator("th").evaluate_all("all => all.map(h => h.offsetHeight)")
        assert max(heads) < 50, "a heading of the table is broken between its letters"
        await tab.open(f"/posts/{posts[1]}")
        sides = [await tab.page.locator(w).first.evaluate(SIDE) for w in ("h1", ".post .prose")]
        assert sides == ["right", "right"]
    finally:
        async with running.database.write() as session:
            await session.execute(delete(Member).where(Member.id.in_([wide, hebrew])))


async def test_an_old_form_is_refused_with_what_to_do(tab: Tab) -> None:
    tab.expects = {403}
    await tab.open("/login")
    await tab.page.locator("main [name=form_token]").evaluate("field => field.value = 'old'")
    await tab.fill(email=ADA, password="whatever it was")
    await tab.press("Log in")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("This form has grown old")
    await tab.says("Please go back, reload the page and send it again.")


async def test_what_was_written_is_given_back_when_the_session_ended_in_another_tab(
    tab: Tab,
) -> None:
    tab.expects = {403}
    await tab.send("/login", "Log in", email=GUEST, password=PASSWORD)
    await tab.page.wait_for_url("**/members")
    await tab.open("/write")
    await tab.fill(title="A long evening", body="All that I </textarea> wrote.\nFor an hour.")
    other = Tab(tab.context, await tab.context.new_page(), tab.house)
    await other.send("/logout", "Log out")
    await tab.press("Publish")
    await expect(tab.page.get_by_label("What you wrote")).to_have_value(
        "All that I </textarea> wrote.\nFor an hour."
    )
    await tab.press("Go to your room", "link")
    await tab.page.wait_for_url("**/login?next=/members")
    assert await tab.house.posts_called("A long evening") == 0


async def test_who_is_a_member_already_is_told_before_they_buy_again(opens: Opens) -> None:
    for who, told in ((ADA, 1), (GUEST, 0)):
        tab = await opens()
        await tab.come_in(who)
        await tab.open("/checkout")
        await expect(tab.page.get_by_text("Every circle is open to you already")).to_have_count(
            told
        )


async def test_the_first_link_skips_the_navigation(tab: Tab) -> None:
    await tab.come_in(ADA)
    await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_text("To the content")).to_be_in_viewport()
    await tab.page.keyboard.press("Enter")
    assert await _tabbed(tab, 1) == ["Ask the guide"]


async def test_on_a_phone_the_room_s_ways_stand_in_one_line_below_and_hide_nothing(
    opens: Opens,
) -> None:
    tab = await opens(viewport=NARROW, has_touch=True, is_mobile=True)
    await tab.come_in(ADMIN)
    ways = tab.page.get_by_role("navigation", name="Main")
    box = await ways.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(NARROW["height"], abs=1)
    assert box["height"] < 64
    assert await ways.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    await tab.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = await tab.page.locator("footer p").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= box["y"]
