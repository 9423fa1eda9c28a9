"""The third-party application runs behind nginx, with the faults and virtues listed by hand."""

from urllib.parse import urlencode

import pytest

from .servers import Lab
from .servers.application import (
    KNOWN_FAULTS,
    KNOWN_GOOD,
    MEMBER,
    PASSWORD,
    URL,
    KnownFault,
    KnownGood,
)
from .servers.visit import Reply, visit

pytestmark = pytest.mark.lab


def log_in(lab: Lab, name: str, password: str) -> Reply:
    form = {
        "__login_name": name,
        "__login_password": password,
        "@action": "Login",
        "__came_from": URL,
    }
    return visit(
        lab,
        URL,
        post=urlencode(form),
        headers={"Referer": URL, "Origin": URL.rstrip("/")},
    )


@pytest.mark.parametrize("known", KNOWN_FAULTS, ids=lambda known: known.fault)
def test_a_fault_listed_by_hand_is_there(lab: Lab, application: str, known: KnownFault) -> None:
    reply = visit(lab, application.rstrip("/") + known.path)
    assert known.shows(reply), (reply.status, reply.headers, reply.body[:200])


@pytest.mark.parametrize("known", KNOWN_GOOD, ids=lambda known: known.path)
def test_a_virtue_listed_by_hand_is_there(lab: Lab, application: str, known: KnownGood) -> None:
    reply = visit(lab, application.rstrip("/") + known.path)
    assert known.shows(reply), (reply.status, reply.headers, reply.body[:200])


@pytest.mark.usefixtures("application")
def test_a_member_gets_a_session_cookie_with_every_flag(lab: Lab) -> None:
    reply = log_in(lab, MEMBER, PASSWORD)
    assert reply.status == 302
    (cookie,) = reply.cookies
    assert cookie.startswith("__Secure-roundup_session_")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"path=/", "secure", "httponly", "samesite=lax"} <= flags


@pytest.mark.usefixtures("application")
def test_the_session_opens_the_members_own_page(lab: Lab) -> None:
    cookie = log_in(lab, MEMBER, PASSWORD).cookies[0].partition(";")[0]
    page = visit(lab, f"{URL}user3", headers={"Cookie": cookie})
    assert page.status == 200
    assert "member@brand.test" in page.body
    assert "member@brand.test" not in visit(lab, f"{URL}user3").body


@pytest.mark.usefixtures("application")
def test_wrong_passwords_are_throttled_by_a_redirect_with_retry_after(lab: Lab) -> None:
    replies = [log_in(lab, "nobody", "wrong") for _ in range(6)]
    assert {reply.status for reply in replies} == {302}
    assert not any(reply.cookies for reply in replies)
    throttled = ["retry-after" in reply.headers for reply in replies]
    assert throttled == [False, False, False, True, True, True]
