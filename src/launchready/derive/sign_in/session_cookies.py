"""The cookies that an answer sets, by name and attributes, and which of them carry a session."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from launchready.derive.caching import personal
from launchready.facts.active import CookieSeen
from launchready.facts.hops import host
from launchready.facts.http import Exchange

_LONG = 16
"""A value of so many characters may be a session's."""

_SESSION = re.compile(
    r"(?:__(?:host|secure)-)?(?:"
    r"(?:.*[._:/-])?(?:session(?:[_-]?(?:id|token|key|data|cookie))?|sess(?:id|ionid)?|sid|sessid)(?:[._:-][\w.-]*)?"
    r"|\w*sess(?:ion)?_?id|phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cakephp|cfid|cftoken"
    r"|(?:.*[._-])?(?:access|refresh|id|auth|login|bearer|user|member|api)[_-]?token(?:[._-]\d+)?"
    r"|(?:.*[._-])?jwt(?:[._-].*)?|token|auth|\.aspnet\S*(?:cookies|identity\S*|session|applicationcookie)\S*|\.aspxauth"
    r"|remember(?:[_-]?(?:me|token)|_web_\w+|_user_token)?|(?:.*[._-])?remember_token"
    r"|appsession(?:\.\d+)?|moodlesession\w*|s?sess[0-9a-f]{16,}|(?:bb_|vb)sessionhash|xf_user|mybbuser|pb_auth"
    r"|payload-token|kinde_token|_identity|__client(?:_\w+)?"
    r"|wordpress_(?:logged_in|sec)_\w+|wp_woocommerce_session_\w+|ghost-members-ssr|_t|sb-[\w-]+-auth-token(?:\.\d+)?"
    r")",
    re.IGNORECASE,
)
_FORM_TOKEN = re.compile(r".*(?:csrf|xsrf|antiforgery|nonce|requestverification).*", re.IGNORECASE)
# Kept by scripts of measuring and help services; no member's account hangs on them.
_MEASURED = re.compile(
    r"_hj.*|intercom.*|crisp.*|optimizely.*|mp_.*|amp_.*|amplitude.*|_cl(?:ck|sk)|_gat?.*|ph_.*|_pk_.*"
    r"|ai_(?:session|user)|__stripe_[ms]id|_lr_.*|__insp_.*|analytics.*|_uet.*|mtm_.*|matomo.*|_dd_s|rl_.*|sentry.*|drift.*|.*consent.*",
    re.IGNORECASE,
)
# What a page tells the member once: "Welcome back!".
_TOLD_ONCE = re.compile(
    r"(?:.*[._-])?(?:messages?|flash(?:es)?|toasts?|notices?|notifications?|alerts?)(?:[._-].*)?",
    re.IGNORECASE,
)
# What it holds, in parts, and behind them the signature.
_SELF_CONTAINED = re.compile(
    r"\.?e[\w-]{7,}=*(?:\.[\w-]*){1,3}\.[\w-]+"
    r"|\.?[\w-]{8,}:[\w-]{5,8}:[\w-]{20,}"
    r"|[\w+/=]{16,}--[\w+/=]{16,}(?:--[\w+/=]{16,})?"
    r"|Fe26\.2\*.+"
)


def set_cookies(answer: Exchange) -> tuple[CookieSeen, ...]:
    """Return the cookies that an answer sets, without values; those that it deletes are left out.

    Cookies of CDNs, consent banners and languages are left out too.
    """
    return tuple(
        CookieSeen(
            name=cookie.name[:60],
            host=host(answer.url),
            secure="secure" in cookie.attributes,
            http_only="httponly" in cookie.attributes,
            same_site=cookie.attributes.get("samesite", "").lower()[:20],
            long_value=len(cookie.value) >= _LONG,
        )
        for cookie in personal.set_cookies(answer.headers)
    )


def session_cookies(cookies: Iterable[CookieSeen]) -> tuple[CookieSeen, ...]:
    """Return the cookies that carry a session: by name, or set at the log-in with a long value.

    Those known by name come first. A form's token is none: scripts must be able to read it. Of two
    with one name the worse counts.
    """
    worst: dict[tuple[str, str], CookieSeen] = {}
    for cookie in cookies:
        if not carries_session(cookie):
            continue
        known = worst.setdefault((cookie.host, cookie.name), cookie)
        if _rank(cookie) < _rank(known):
            worst[cookie.host, cookie.name] = cookie
    return tuple(sorted(worst.values(), key=lambda c: _SESSION.fullmatch(c.name) is None))


def carries_session(cookie: CookieSeen) -> bool:
    """Return whether a session hangs on the cookie."""
    if _FORM_TOKEN.fullmatch(cookie.name) or _MEASURED.fullmatch(cookie.name):
        return False
    if _SESSION.fullmatch(cookie.name) and not personal.is_preference_cookie(cookie.name):
        return True
    return cookie.at_login and cookie.long_value and _TOLD_ONCE.fullmatch(cookie.name) is None


def holds_session(cookies: str) -> bool:
    """Return whether a Cookie field holds a session that the server reads from it and keeps nowhere.

    Known by their form: JSON Web Tokens, the signed cookies of itsdangerous (Flask, Starlette),
    Django and Rails, the sealed ones of iron-session. Laravel's hold the number of a session only.
    """
    values = (pair.partition("=")[2].strip('" ') for pair in cookies.split("; "))
    return any(_SELF_CONTAINED.fullmatch(unquote(v)) for v in values)


def _rank(cookie: CookieSeen) -> tuple[bool, bool, bool]:
    return cookie.secure, cookie.http_only, cookie.same_site in {"lax", "strict"}
