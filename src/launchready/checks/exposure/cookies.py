"""Session cookies: what keeps them from being read, overheard or used by other sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from shlex import quote

from launchready.derive.sign_in.session_cookies import session_cookies, set_cookies
from launchready.facts.active import CookieSeen, SignIn
from launchready.facts.hops import host
from launchready.facts.ways import Entrance, Visit
from launchready.finding import (
    Below,
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)

_WHERE = (
    "Django: SESSION_COOKIE_SECURE = True, SESSION_COOKIE_HTTPONLY = True, SESSION_COOKIE_SAMESITE = 'Lax'. "
    "Rails: config.session_store :cookie_store, secure: true, httponly: true, same_site: :lax. "
    "Laravel: SESSION_SECURE_COOKIE=true, SESSION_HTTP_ONLY=true, SESSION_SAME_SITE=lax. "
    "Express: cookie: { secure: true, httpOnly: true, sameSite: 'lax' }. "
    "PHP: session.cookie_secure = 1, session.cookie_httponly = 1, session.cookie_samesite = Lax."
)


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def session_cookie_without_secure(
    entrance: Entrance, visits: Below[Visit], sign_ins: Below[SignIn]
) -> Result:
    """The session cookie may travel unencrypted.

    Why: On the first request over plain HTTP, in a café's network, anybody can read the cookie and be that member.

    Fix: Set the cookie with the attribute Secure.
    """
    return _judge(
        entrance, visits, sign_ins, lambda c: not c.secure, wanted="Secure",
        means="Somebody in the same network can take over a member's session.",
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def session_cookie_readable_by_scripts(
    entrance: Entrance, visits: Below[Visit], sign_ins: Below[SignIn]
) -> Result:
    """Scripts in the page can read the session cookie.

    Why: One injected script, or one third-party script gone bad, sends every member's session away.

    Fix: Set the cookie with the attribute HttpOnly.
    """
    return _judge(
        entrance, visits, sign_ins, lambda c: not c.http_only, wanted="HttpOnly",
        means="Any script that gets into a page can take members' sessions with it.",
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def session_cookie_without_samesite(
    entrance: Entrance, visits: Below[Visit], sign_ins: Below[SignIn]
) -> Result:
    """The session cookie does not say whether other sites may send it along.

    Why: Without SameSite some browsers send the session with requests that other sites make in the member's name.

    Fix: Set the cookie with SameSite=Lax; Strict would log members out who come by a link in a mail.
    """
    return _judge(
        entrance, visits, sign_ins, lambda c: c.same_site not in {"lax", "strict"},
        wanted="SameSite=Lax",
        means="Other sites may act in a member's name from that member's browser.",
    )  # fmt: skip


def _judge(
    entrance: Entrance,
    visits: Iterable[Visit],
    sign_ins: Iterable[SignIn],
    bad: Callable[[CookieSeen], bool],
    *,
    wanted: str,
    means: str,
) -> Result:
    name = entrance.subject.name
    # What a sign-in sets is judged under the host where it began, whichever host set it.
    at_login = [c for s in sign_ins for c in s.cookies]
    hops = [h for v in visits for h in v.walk.hops if host(h.url) == name]
    where = {(c.host, c.name): h.url for h in hops for c in set_cookies(h)}
    found = session_cookies([*at_login, *(c for h in hops for c in set_cookies(h))])
    if not found:
        return NotApplicable(reason="no session cookie was set")
    wrong = [c for c in found if bad(c)]
    names = ", ".join(sorted({c.name for c in wrong or found})[:4])
    if not wrong:
        return Passed(evidence=f"{names}: {wanted}")
    cookie = wrong[0]
    open_none = wanted.startswith("SameSite") and cookie.same_site == "none"
    url = where.get((cookie.host, cookie.name), "")
    return Failed(
        severity=Severity.RISK if open_none else None,
        means=means,
        observed=f"{cookie.name}: {_attributes(cookie)}",
        wanted=wanted,
        evidence=f"set by {cookie.host}" + ("" if url else " at the log-in"),
        fix=(
            f"Set it as: Set-Cookie: {cookie.name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
            _WHERE,
            "Sign out every session after the change, so that the old cookies end.",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="with the next deploy, for cookies set from then on",
        see=f"curl -sS -o /dev/null -D - {quote(url)} | grep -i '^set-cookie'"
        if url
        else f"Sign in at https://{cookie.host}/ and open the developer tools: Application, Cookies",
    )


def _attributes(cookie: CookieSeen) -> str:
    said = [
        *(["Secure"] if cookie.secure else []),
        *(["HttpOnly"] if cookie.http_only else []),
        *([f"SameSite={cookie.same_site.capitalize()}"] if cookie.same_site else []),
    ]
    return "; ".join(said) or "none of Secure, HttpOnly, SameSite"
