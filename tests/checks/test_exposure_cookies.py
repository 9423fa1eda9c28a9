"""Session cookies, by name or as they come at the log-in, and the cookies that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks.exposure.cookies import (
    session_cookie_readable_by_scripts,
    session_cookie_without_samesite,
    session_cookie_without_secure,
)
from launchready.derive.sign_in.session_cookies import session_cookies, set_cookies
from launchready.facts import Subject, route_subject
from launchready.facts.active import CookieSeen, SignIn
from launchready.facts.ways import Entrance, Visit
from launchready.finding import Check, Severity
from tests.checks.web_making import entrance
from tests.making import AT, DOMAIN, HOST, exchange, gap, outcome, visit

CHECKS = (
    session_cookie_without_secure, session_cookie_readable_by_scripts,
    session_cookie_without_samesite,
)  # fmt: skip
GOOD = "Path=/; Secure; HttpOnly; SameSite=Lax"
URL = "https://example.org/login"


def setting(*lines: str) -> Visit:
    return visit(exchange(URL, headers=tuple(("Set-Cookie", line) for line in lines)), kind="auth")


def signing_in(*cookies: CookieSeen) -> SignIn:
    return SignIn(
        subject=Subject("account", f"member at {URL}", HOST), at=AT, how="test", entrance=URL,
        steps=(), cookies=cookies,
    )  # fmt: skip


def seen(name: str, **values: object) -> CookieSeen:
    fields: dict[str, object] = {
        "host": "example.org", "secure": True, "http_only": True, "same_site": "lax",
        "long_value": True, "at_login": True,
    } | values  # fmt: skip
    return CookieSeen(name=name, **fields)  # type: ignore[arg-type]


def failing(*facts: Visit | SignIn) -> list[str]:
    return [c.id for c in CHECKS if outcome(c, entrance(), *facts).status == "failed"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_session_cookie_with_every_attribute_passes(check: Check) -> None:
    found = outcome(check, entrance(), setting(f"session=7f3a9c; {GOOD}"))
    assert found.status == "passed"


@pytest.mark.parametrize("name", ["session_theme", "sessionid_consent", "session-lang"])
def test_a_choice_of_the_visitor_that_is_named_beside_the_session_is_none(name: str) -> None:
    assert failing(setting(f"{name}=dark; Path=/")) == []


def test_a_choice_that_the_log_in_sets_with_a_long_value_may_still_be_a_session() -> None:
    assert failing(signing_in(seen("session_theme", http_only=False))) != []


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_that_sets_no_session_is_not_judged(check: Check) -> None:
    found = outcome(check, entrance(), setting("theme=dark; Path=/"))
    assert found.status == "not_applicable"


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_that_could_not_be_entered_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Entrance, HOST)).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_that_could_not_be_seen_leaves_it_unknown(check: Check) -> None:
    missing = gap(Visit, route_subject("https://example.org/x", DOMAIN))
    assert outcome(check, entrance(), setting(f"sid=1234; {GOOD}"), missing).status == "unknown"


@pytest.mark.parametrize(
    ("line", "check"),
    [
        ("session=7f; Path=/; HttpOnly; SameSite=Lax", session_cookie_without_secure),
        ("session=7f; Path=/; Secure; SameSite=Lax", session_cookie_readable_by_scripts),
        ("session=7f; Path=/; Secure; HttpOnly", session_cookie_without_samesite),
    ],
)
def test_each_missing_attribute_is_one_finding(line: str, check: Check) -> None:
    assert failing(setting(line)) == [check.id]


@pytest.mark.parametrize("name", ["ai_session", "__stripe_sid", "_lr_uf_-session", "__insp_sid"])
def test_what_measuring_and_paying_scripts_keep_is_no_session(name: str) -> None:
    assert failing(setting(f"{name}=7f3a9c7f3a9c7f3a; Path=/")) == []


def test_samesite_none_is_a_risk_and_a_missing_one_advice() -> None:
    open_ = outcome(
        session_cookie_without_samesite,
        entrance(),
        setting("sid=1; Secure; HttpOnly; SameSite=None"),
    )
    silent = outcome(
        session_cookie_without_samesite, entrance(), setting("sid=1; Secure; HttpOnly")
    )
    assert (open_.severity, silent.severity) == (Severity.RISK, Severity.ADVICE)


@pytest.mark.parametrize(
    "name",
    [
        "appSession", "MoodleSession", "SSESS0123456789abcdef0123", "bb_sessionhash", "xf_user", "pb_auth",
        "payload-token", "__client", "session", "sid", "connect.sid", "laravel_session", "sessionid", "PHPSESSID", "JSESSIONID",
        "_community_session", "next-auth.session-token", "__Secure-next-auth.session-token",
        "__Host-session", "authjs.session-token", "auth_token", "access_token", "_forum_session",
        "_t", "ghost-members-ssr", "wordpress_logged_in_0a1b", "remember_web_59ba36", "token",
        "ASP.NET_SessionId", ".AspNetCore.Cookies", "ci_session", "rack.session", "koa.sess",
        "sb-abcdef-auth-token", "roundup_session_lab", "jwt", "express:sess", "_session_id",
        "better-auth.session_token", "ASPSESSIONIDQQBCDAAD", "frontend_session",
    ],
)  # fmt: skip
def test_the_session_cookie_of_a_usual_framework_is_known(name: str) -> None:
    assert len(failing(setting(f"{name}=7f3a9c0d; Path=/"))) == 3


@pytest.mark.parametrize(
    "name",
    [
        "XSRF-TOKEN", "csrftoken", "_csrf", "next-auth.csrf-token", "__cf_bm", "_ga", "theme",
        "locale", "NEXT_LOCALE", "cookie_consent", "_hjSession_123", "intercom-session-x",
        "wordpress_test_cookie", "AWSALB", "next-auth.callback-url", "auth.strategy", "cart_count",
        ".AspNetCore.Antiforgery.x", "assessment", "passid", "side", "optimizelySession",
    ],
)  # fmt: skip
def test_a_cookie_that_carries_no_session_never_alarms(name: str) -> None:
    assert failing(setting(f"{name}=7f3a9c0d1122334455; Path=/")) == []


def test_a_cookie_that_is_deleted_never_alarms() -> None:
    assert failing(setting("session=x; Path=/; Max-Age=0", "sid=; Path=/")) == []


def test_the_cookie_of_another_host_is_not_counted() -> None:
    away = exchange("https://login.example.net/", headers={"Set-Cookie": "sid=1"})
    assert failing(visit(exchange("https://example.org/", status=302), away)) == []


def test_the_session_of_a_sign_in_is_judged() -> None:
    assert failing(signing_in(seen("sid", secure=False))) == ["session-cookie-without-secure"]


def test_a_cookie_of_any_name_that_comes_at_the_log_in_is_a_session() -> None:
    assert failing(signing_in(seen("lemon", http_only=False))) == [
        "session-cookie-readable-by-scripts"
    ]


def test_a_short_cookie_of_any_name_at_the_log_in_is_none() -> None:
    assert failing(signing_in(seen("lemon", http_only=False, long_value=False))) == []


@pytest.mark.parametrize("name", ["messages", "flash", "_flash", "laravel_toasts", "notice"])
def test_a_greeting_that_comes_at_the_log_in_is_no_session(name: str) -> None:
    greeting = seen(name, secure=False, http_only=False, same_site="")
    assert failing(signing_in(greeting, seen("sessionid"))) == []


def test_a_cookie_known_by_its_name_is_told_before_one_of_any_name() -> None:
    cookies = signing_in(seen("acc_7", secure=False), seen("sessionid", secure=False))
    failure = outcome(session_cookie_without_secure, entrance(), cookies).failure
    assert failure is not None
    assert failure.observed.startswith("sessionid")


def test_the_same_cookie_seen_from_two_entrances_has_one_fix() -> None:
    fixes = set()
    for name in ("example.org", "www.example.org"):
        at = entrance(name)
        sign_in = SignIn(
            subject=Subject("account", f"member at https://{name}/", at.subject), at=AT,
            how="test", entrance=f"https://{name}/", steps=(),
            cookies=(seen("sid", host="app.example.org", secure=False),),
        )  # fmt: skip
        failure = outcome(session_cookie_without_secure, at, sign_in).failure
        assert failure is not None
        fixes.add(failure.fix)
    assert len(fixes) == 1


def test_of_two_cookies_with_one_name_the_worse_counts() -> None:
    good, bad = seen("sid"), seen("sid", secure=False)
    assert session_cookies([good, bad]) == session_cookies([bad, good]) == (bad,)


def test_a_log_out_that_takes_the_cookie_back_without_attributes_is_no_weaker_cookie() -> None:
    lines = (
        ("Date", "Fri, 27 Nov 2026 12:19:14 GMT"),
        ("Set-Cookie", "session-id=e4252033; HttpOnly; Secure; SameSite=Lax; Path=/"),
        ("Set-Cookie", 'session-id=""; expires=Thu, 27 Nov 2025 12:19:14 GMT; Path=/old'),
    )
    (cookie,) = set_cookies(exchange(URL, headers=lines))
    assert (cookie.http_only, cookie.secure, cookie.same_site) == (True, True, "lax")


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_line_is_read_without_a_crash_and_without_its_value(lines: list[str]) -> None:
    answer = exchange(URL, headers=tuple(("Set-Cookie", line) for line in lines))
    assert len(set_cookies(answer)) <= len(lines)


@given(st.from_regex(r"[A-Za-z0-9]{24}", fullmatch=True))
def test_no_value_is_kept(value: str) -> None:
    answer = exchange(URL, headers={"Set-Cookie": f"sid={value}; Secure"})
    assert value not in repr(set_cookies(answer))
