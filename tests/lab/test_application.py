"""The third-party application behind nginx: the faults listed by hand are there, and are found."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from launchready.audit import Audit
from launchready.facts.active import SignIn, Throttling

from .audits import UPKEEP, Root, audited, roots, unproven
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


@pytest.mark.parametrize(
    "known", [*KNOWN_FAULTS, *KNOWN_GOOD], ids=lambda known: getattr(known, "fault", known.path)
)
def test_what_was_listed_by_hand_is_there(
    lab: Lab, application: str, known: KnownFault | KnownGood
) -> None:
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


HOST = "app.lab.test"
CSV = f"{URL}issue?@action=export_csv&@columns=id,title,creator"
REGISTER = f"{URL}user?@template=register"
FORGOTTEN = f"{URL}user?@template=forgotten"
MANIFEST = f"""
[launch]
domain = "{HOST}"
[hosts."{HOST}"]
[routes]
"{URL}" = "auth"
"{REGISTER}" = "signup"
"{FORGOTTEN}" = "reset"
"{CSV}" = "private"
"{URL}user3" = "private"
"{URL}@@file/style.css" = "static"
"{URL}rest/data/user" = "api"
[mail.domains."brand.test"]
senders = ["203.0.113.25"]
selectors = ["s1", "ed"]
[accounts.member]
username_env = "LAB_MEMBER"
password_env = "LAB_PASSWORD"
login = "{URL}"
private = "{URL}user3"
{UPKEEP}"""

FOUND_BY: dict[str, Root] = {
    "hsts-missing": ("hsts-missing", HOST),
    "content-security-policy-missing": ("csp-missing", HOST),
    "framing-allowed": ("frame-protection-missing", HOST),
    "sniffing-allowed": ("nosniff-missing", HOST),
    "referrer-policy-missing": ("referrer-policy-missing", HOST),
    "answers-without-a-session": ("private-page-open", CSV),
    "server-version-told": ("version-in-headers", HOST),
}
"""The finding that names each fault of the list."""

NOT_FOUND = {
    "template-source-exposed": "a path of Roundup alone, which nothing on its pages links to",
    "template-names-in-errors": "shown for a query of Roundup alone",
    "interface-exposed": "XML-RPC at its own path; what it can do without a session is nothing",
}
"""Faults of the list that an audit from outside does not see, and why."""

ALSO_TRUE: dict[Root, str] = {
    ("private-answer-storable", CSV): "200 with every issue and without Cache-Control",
    (
        "private-answer-storable",
        f"{URL}user3",
    ): "a member's page with no-cache, which may be stored",
    ("password-resets-not-limited", FORGOTTEN): "Roundup counts log-ins and API calls alone",
    ("permissions-policy-missing", HOST): "Roundup sends none, and nginx adds none",
    ("error-page-bare", HOST): "404 with the words Not found and the path, and nothing else",
    ("no-ipv6", HOST): "the lab publishes no AAAA record for it",
    ("from-not-aligned", "brand.test"): "mail comes from brand.test, the site is lab.test",
}
"""Findings that are not on the list of the application's faults, with what makes them true."""


@pytest.fixture(scope="module")
def done(lab: Lab, application: str) -> Iterator[Audit]:
    """The audit of the application, knocking included."""
    assert application == URL
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_MEMBER", MEMBER)
        patch.setenv("LAB_PASSWORD", PASSWORD)
        yield audited(lab, MANIFEST)


def test_every_fault_of_the_list_is_found_or_said_not_to_be() -> None:
    assert {known.fault for known in KNOWN_FAULTS} == FOUND_BY.keys() | NOT_FOUND.keys()


@pytest.mark.parametrize("fault", FOUND_BY)
def test_the_audit_finds_a_fault_listed_by_hand(done: Audit, fault: str) -> None:
    assert FOUND_BY[fault] in roots(done)


def test_the_audit_finds_nothing_that_is_not_explained(done: Audit) -> None:
    assert roots(done) == {*FOUND_BY.values(), *ALSO_TRUE}


def test_a_virtue_of_the_list_raises_no_alarm(done: Audit) -> None:
    """Nothing is exposed, static files are cached, the API is closed, log-in and log-out work."""
    good = {(o.check.id, o.subject.name): o.status for o in done.verdict.outcomes}
    assert good["environment-file-exposed", HOST] == "passed"
    assert good["settings-file-exposed", HOST] == "passed"
    assert good["static-not-cached-long", f"{URL}@@file/style.css"] != "failed"
    assert good["compression-missing", HOST] == "passed"
    assert good["private-page-open", f"{URL}user3"] == "passed"
    assert good["member-cannot-sign-in", f"member at {URL}"] == "passed"
    assert good["wrong-password-accepted", f"member at {URL}"] == "passed"
    assert good["log-out-leaves-session-open", f"member at {URL}"] == "passed"
    assert good["wrong-passwords-not-limited", URL] == "passed"


def test_the_limit_of_wrong_passwords_is_found_after_three(done: Audit) -> None:
    """It answers with a redirect as before, now with Retry-After and another message."""
    (found,) = [
        f for f in done.observed.values() if isinstance(f, Throttling) and f.route.kind == "auth"
    ]
    assert found.throttled_after == 3


def test_a_form_that_wants_to_be_filled_in_slowly_is_not_called_limited(
    done: Audit,
) -> None:
    assert unproven(done) == {("signups-not-limited", REGISTER)}


def test_the_password_is_nowhere_in_what_was_observed(done: Audit) -> None:
    journeys = [f for f in done.observed.values() if isinstance(f, SignIn)]
    assert len(journeys) == 1
    assert PASSWORD not in repr(done.observed)
    assert PASSWORD not in repr(done.verdict)
