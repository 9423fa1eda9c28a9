"""Which answers depend on who asks: session cookies, form tokens."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.set_cookie import SetCookie, lax_date, parse_set_cookie, takes_back
from launchready.facts.hops import host, path
from launchready.facts.http import Exchange, Headers
from launchready.facts.ways import Visit
from launchready.manifest import SIGN_IN_KINDS, RouteKind

_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
"""Where an answer has no date: what is deleted is given a time in the seventies as a rule."""
PERSONAL_KINDS: frozenset[RouteKind] = SIGN_IN_KINDS | {"private"}

# Set by CDNs, load balancers and consent banners on any answer; none of them is a session, and what
# says that it is one (`_garden_session` of a Rails app) is none of them.
_IMPERSONAL_COOKIES = re.compile(
    r"(?!.*session)(?:__cf_bm|__cflb|__cfruid|_cfuvid|cf_clearance|cf_chl_\w+|cf_ob_info|cf_use_ob|__cfwaitingroom"
    r"|AWSALB\w*|AWSELB\w*|ARRAffinity\w*|incap_ses_\w+|visid_incap_\w+|nlbi_\w+|ak_bmsc|bm_\w+|_abck"
    r"|datadome|GCLB|SERVERID|BIGipServer.*|TS[0-9a-f]{6,}|_vercel_\w+|nf_ab\w*|nf-\w+"
    r"|_ga(?:[tc]?_[\w-]+|t)?|_gcl_\w+|_gid|_fbp|__utm\w+|ajs_\w+|intercom-\w+|hubspotutk|__hs\w+"
    r"|locale|lang|language|i18next|NEXT_LOCALE|pll_language|wp-wpml_current_language|theme"
    r"|timezone|tz|currency|country|region|geo\w*|cookie[_-]?consent|consent\w*|OptanonConsent)",
    re.IGNORECASE,
)
_SESSION_COOKIES = re.compile(
    r"(?:.*[_.-])?(?:sess(?:ion)?(?:[_.-]?id)?|sid|jsessionid|phpsessid|sessionid|auth|token|jwt"
    r"|csrf\w*|xsrf\w*|remember\w*|login\w*|user\w*|identity)(?:[_.-].*)?"
    r"|ASP\.NET_SessionId|\.AspNet\w*.*|laravel_session|ci_session|wordpress_(?:logged_in|sec)_.*"
    r"|wp_woocommerce_session_.*|connect\.sid|_\w+_session|(?:__(?:Host|Secure)-).+",
    re.IGNORECASE,
)
# What a visitor has chosen, or a campaign counts: named beside the session, but no session.
_PREFERENCE_COOKIES = re.compile(
    r".*[a-z][_.:-]?(?:theme|consent\w*|lang|language|locale|timezone|tz|currency|country"
    r"|colou?r(?:[_-]?(?:scheme|mode))?|dark[_-]?mode|banner|popup|tour|seen|dismissed|layout|sidebar"
    r"|referr?er|landing(?:[_-]?page)?|utm[_-]?\w*|variant|timeout|expir(?:y|es)(?:[_-]?at)?|warning)",
    re.IGNORECASE,
)
_TOKEN_FIELDS = re.compile(
    r"_?csrf.*|.*csrf[_-]?token|csrfmiddlewaretoken|authenticity_token|_token|xsrf.*"
    r"|__RequestVerificationToken|_wpnonce|form_build_id|form_token|antiforgery.*",
    re.IGNORECASE,
)


def cookie_names(headers: Headers) -> tuple[str, ...]:
    """Return the names of the cookies that an answer sets, without those that no person is tied to."""
    return tuple(cookie.name[:60] for cookie in set_cookies(headers))


def set_cookies(headers: Headers) -> tuple[SetCookie, ...]:
    """Return the cookies that an answer sets, without those that no person is tied to.

    A cookie that the answer deletes, or that holds nothing, is none that it sets. Its time is
    compared to the server's own, as both come from one clock.
    """
    now = lax_date(headers.get("date") or "") or _LONG_AGO
    found = (parse_set_cookie(line) for line in headers.all("set-cookie"))
    return tuple(
        cookie
        for cookie in found
        if cookie.taken
        and cookie.name
        and cookie.value.strip('"')
        and not takes_back(cookie, now)
        and not _IMPERSONAL_COOKIES.fullmatch(cookie.name)
    )


def is_session_cookie(name: str) -> bool:
    """Return whether a cookie's name is that of a session or of a form's token."""
    return _SESSION_COOKIES.fullmatch(name) is not None and not is_preference_cookie(name)


def is_preference_cookie(name: str) -> bool:
    """Return whether a cookie's name ends in what a visitor chose: `session_theme`, `user_lang`."""
    return _PREFERENCE_COOKIES.fullmatch(name) is not None


def personal_signs(answer: Exchange) -> tuple[str, ...]:
    """Return what shows that an answer was made for one visitor: cookies, hidden form tokens."""
    signs = [f"sets the cookie {name}" for name in cookie_names(answer.headers)]
    if "html" in answer.content_type:
        tree = LexborHTMLParser(answer.text)
        for node in tree.css('input[type="hidden"][name], meta[name][content]'):
            name = node.attributes.get("name") or ""
            filled = node.attributes.get("value") or node.attributes.get("content")
            if filled and len(filled) >= 8 and _TOKEN_FIELDS.fullmatch(name):
                signs.append(f"holds the form token {name[:60]}")
                break
    return tuple(signs)


def judged_answers(visit: Visit) -> tuple[Exchange, ...]:
    """Return the answers that the route itself gave, without redirects that only tidy its address.

    For a private route the page it leads to is another (the log-in page); for all other kinds
    the last answer belongs to the route, as long as it stays on the launch's own host.
    """
    wanted = path(visit.route.url)
    hops = visit.walk.hops
    chosen = []
    for at, hop in enumerate(hops):
        final = at == len(hops) - 1
        tidies = not final and path(hops[at + 1].url) == wanted
        its_own = path(hop.url) == wanted or (
            final and visit.route.kind != "private" and host(hop.url) == visit.route.host
        )
        if its_own and not tidies:
            chosen.append(hop)
    return tuple(chosen)
