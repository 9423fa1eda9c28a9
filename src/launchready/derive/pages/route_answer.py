"""Does a route answer as its kind should? Judged by the answer to a visitor without a session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from launchready.derive.walks import shown
from launchready.facts.hops import parts
from launchready.facts.http import Exchange
from launchready.facts.ways import ENDPOINT_KINDS, Visit
from launchready.manifest import CALLED_KINDS, SIGN_IN_KINDS, RouteKind

# What a route that only takes POST, or wants a code or a session, may say to a bare GET.
_REFUSES = frozenset({400, 401, 402, 403, 405, 406, 415, 422, 426})

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_SHOWN_AS_SOURCE = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_DOWNLOADED = re.compile(r"application/(?:octet-stream|x-httpd-php\w*|x-php|x-download)|.*/x-php")
_SCRIPT = re.compile(r"<script[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_PAGE_NAMES: dict[RouteKind, str] = {
    "auth": "log-in page", "signup": "sign-up page", "invite": "invitation page",
    "reset": "page for a new password", "checkout": "checkout",
}  # fmt: skip
_ADVICE = {
    401: "It asks for a password before anything is shown: take that lock off when the doors open.",
    403: "If it opens there, a firewall refuses programs: let it pass this computer's address, and "
    "audit again.",
}
# Of nginx, whose handshake lets everybody in first.
_NO_CERTIFICATE = b"No required SSL certificate was sent"
# Whole titles of pages that servers and hosts show where nothing was deployed.
_PLACEHOLDERS = re.compile(
    r"welcome to nginx!?|apache2 \w+ default page: it works|test page for .{0,60}|iis windows(?: server)?"
    r"|welcome to caddy|caddy works!|http server test page .{0,60}|index of /|default web site page"
    r"|welcome to your new site|congratulations!? your site is ready!?|plesk.{0,20}default page"
    r"|site not found . github pages|heroku \| welcome to your new app!|it works!?"
    r"|domain (?:parked|for sale|default page)|this domain is parked|coming soon|under construction",
    re.IGNORECASE,
)
# Whole titles of pages that say that they are none, with the site's name before or behind.
_NAMELESS = r"(?:error )?404(?: error)?(?:[ :.|–—-]{1,3}(?:(?:page |file )?not found|error))?|(?:page|site) (?:not|could not be) found|seite nicht gefunden"  # noqa: RUF001 - titles are typeset with it
_NOT_THERE = re.compile(
    rf"(?:.{{1,60}} [|·–—-] )?(?:{_NAMELESS})[.!]?(?: [|·–—-] .{{1,60}})?",  # noqa: RUF001
    re.IGNORECASE,
)
# A founder may have put this up on purpose, until the doors open.
_TEASER = re.compile(r"coming soon|under construction", re.IGNORECASE)
_IMAGE = ("image/", "octet-stream")
_FILE_TYPES = {
    "js": ("javascript", "ecmascript"), "mjs": ("javascript", "ecmascript"), "css": ("css",),
    "png": _IMAGE, "jpg": _IMAGE, "jpeg": _IMAGE, "gif": _IMAGE, "webp": _IMAGE, "avif": _IMAGE,
    "svg": ("image/svg", "xml"), "ico": (*_IMAGE, "icon"),
    "woff": ("font", "octet-stream"), "woff2": ("font", "octet-stream"), "json": ("json",),
    "pdf": ("pdf", "octet-stream"), "wasm": ("wasm",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """The answer fits its kind; `unsure` when it may as well be an error."""

    seen: str
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """The answer does not fit its kind; `grave` when members cannot do without it."""

    seen: str
    wanted: str
    means: str
    advice: str
    grave: bool = True


def wrong_with(visit: Visit) -> Right | Wrong:
    """Return whether the last answer of a visit that reached one fits the route's kind."""
    answer, kind, declared = visit.answer, visit.route.kind, visit.route.status
    assert answer is not None  # noqa: S101 - the caller has looked
    seen = _seen(visit, answer)
    if answer.trouble or not answer.status:
        return _broken_off(seen, answer)
    if declared is not None:
        return _as_declared(visit, declared, seen)
    if answer.status >= 500:
        return _error(seen, answer.status, kind)
    if kind in CALLED_KINDS:
        return _endpoint(answer, kind, seen)
    if kind == "private":
        # Whether it is open to strangers is judged elsewhere; here only that something is there.
        gone = answer.status in {404, 410} and not visit.walk.redirects
        return Right(seen=seen, unsure=gone)
    if kind == "health":
        return _health(visit, answer, seen)
    if kind == "static":
        return _static(answer, seen)
    if kind in SIGN_IN_KINDS and answer.status in _REFUSES:
        return Right(seen=f"{seen}, as a form's target may answer a GET")
    if kind in SIGN_IN_KINDS and answer.status in {404, 410} and _needs_more(visit):
        return Right(seen=seen, unsure=True)
    return _page(answer, kind, seen)


def titled_not_there(answer: Exchange) -> str:
    """Return the title of a page that says that it is none, at most 60 characters; else nothing."""
    title = _TITLE.search(answer.text[:20_000]) if answer.content_type in {*_HTML, ""} else None
    return title[1].strip()[:60] if title and _NOT_THERE.fullmatch(title[1].strip()) else ""


def _seen(visit: Visit, answer: Exchange) -> str:
    what = f"{answer.status} {answer.content_type or 'without a Content-Type'}".strip()
    return f"{shown(visit.walk, most=4)}: {what}" if visit.walk.redirects else what


def _needs_more(visit: Visit) -> bool:
    """Return whether the route wants more than a GET: a POST, or a code that has run out since."""
    route = visit.route
    last = parts(route.url).path.rstrip("/").rpartition("/")[2]
    coded = route.kind in {"invite", "reset"} and (
        bool(parts(route.url).query) or (len(last) >= 6 and any(c.isdigit() for c in last))
    )
    return coded or route.method not in {None, "GET"} or route.json_body


def _broken_off(seen: str, answer: Exchange) -> Wrong:
    return Wrong(
        seen=answer.trouble[:160] or seen,
        wanted="a complete HTTP answer",
        means="Browsers show an error or half a page here.",
        advice="Look at the proxy's and the app's log for connections that were cut off.",
    )


def _as_declared(visit: Visit, declared: int, seen: str) -> Right | Wrong:
    if any(hop.status == declared for hop in visit.walk.hops):
        return Right(seen=seen)
    return Wrong(
        seen=seen,
        wanted=f"status {declared}, as declared",
        means="This page does not answer as you declared it.",
        advice="Compare with what was deployed last.",
        grave=visit.route.kind not in ENDPOINT_KINDS and (visit.answer is None or visit.answer.status >= 400),
    )  # fmt: skip


def _error(seen: str, status: int, kind: RouteKind) -> Wrong:
    return Wrong(
        seen=seen,
        wanted="no server error",
        means=f"Members get a server error from the {kind} route.",
        advice=f"Find the error behind this {status} in the app's log."
        if status not in {502, 503, 504}
        else f"{status} comes from the proxy: the app behind it is down, too slow or not reachable.",
        # What only takes POST may fail over a GET and still do its work.
        grave=kind not in CALLED_KINDS,
    )


def _endpoint(answer: Exchange, kind: RouteKind, seen: str) -> Right | Wrong:
    if answer.status in {404, 410}:
        return Right(
            seen=f"{answer.status} to a GET, which a route for POST may say too", unsure=True
        )
    if kind == "api" and answer.status == 200 and answer.content_type in _HTML:
        return Right(seen=f"{seen}: a page, where an API answers data", unsure=True)
    return Right(seen=seen)


def _health(visit: Visit, answer: Exchange, seen: str) -> Right | Wrong:
    if answer.content_type in _HTML and answer.status == 200 and _SCRIPT.search(answer.text):
        # A single-page app answers any path so, with its database down as well.
        return Right(
            seen=f"{seen}: a page with scripts, where a monitor wants to hear", unsure=True
        )
    if answer.status // 100 == 2 and not visit.walk.redirects:
        return Right(seen=seen)
    tidy = visit.walk.redirects and parts(answer.url).path.rstrip("/") == parts(
        visit.route.url
    ).path.rstrip("/")
    if answer.status // 100 == 2 and tidy:
        return Right(seen=seen)
    return Wrong(
        seen=seen,
        wanted="200 without a redirect",
        means="A monitor that asks this page cannot tell whether the community works.",
        advice="Let the health route answer 200 to everyone, without log-in, and only when the database answers.",
        grave=False,
    )


def _static(answer: Exchange, seen: str) -> Right | Wrong:
    if answer.status >= 400:
        return Wrong(
            seen=seen,
            wanted="200 and the file",
            means="Pages miss a file they need, and look or work wrong.",
            advice="Upload the build's files together with the pages that name them.",
        )
    extension = unquote(parts(answer.url).path).rpartition(".")[2].lower()
    types = _FILE_TYPES.get(extension)
    if types and answer.content_type and not any(t in answer.content_type for t in types):
        page = answer.content_type in _HTML
        return Wrong(
            seen=seen,
            wanted=f"the type of a .{extension} file",
            means="Pages get a web page in place of a file they need, and stay blank or look broken."
            if page
            else "Browsers refuse the file, because it is labelled as something else.",
            advice="The file is missing and the fall-back page answers: upload it, and answer 404 to missing files."
            if page
            else f"Send the Content-Type that belongs to .{extension}.",
            # Without nosniff browsers still run an ordinary script that is labelled wrongly.
            grave=page
            or extension in {"mjs", "css"}
            or (
                extension == "js"
                and "nosniff" in (answer.headers.get("x-content-type-options") or "")
            ),
        )
    return Right(seen=seen)


def _refused_or_error(status: int, kind: RouteKind) -> str:
    name = _PAGE_NAMES.get(kind, "page")
    if status == 403:
        return f"Visitors are refused the {name}, or only programs such as this one are."
    return f"Members who open the {name} see an error."


def _page(answer: Exchange, kind: RouteKind, seen: str) -> Right | Wrong:
    wanted = "200 and a page"
    if answer.status == 400 and _NO_CERTIFICATE in answer.body:
        return Wrong(
            seen=f"{seen}: the server wants a certificate of the visitor",
            wanted=wanted,
            means="Nobody can open it: members have no certificate to show, and see an error.",
            advice="nginx: ssl_verify_client off; in the block of this host.",
        )
    if answer.status >= 400 or answer.status not in {200, 203, 206}:
        return Wrong(
            seen=seen,
            wanted=wanted,
            means=_refused_or_error(answer.status, kind),
            advice=_ADVICE.get(
                answer.status, "Check the path in launchready.toml, and that the page was deployed."
            ),
        )
    if answer.content_type not in _HTML:
        as_source = answer.content_type == "text/plain" and _SHOWN_AS_SOURCE.match(answer.text)
        if as_source or _DOWNLOADED.fullmatch(answer.content_type):
            return Wrong(
                seen=seen,
                wanted="Content-Type: text/html",
                means="Browsers show the page's source, or save it, in place of the page.",
                advice="Send Content-Type: text/html; charset=utf-8 with pages.",
            )
        if answer.content_type:
            return Right(seen=seen)
    if not answer.body.strip():
        return Wrong(
            seen=f"{seen}, without content",
            wanted=wanted,
            means="Members see a blank page.",
            advice="Look into the app's log: a blank page is often an error that is hidden.",
        )
    title = _TITLE.search(answer.text[:20_000])
    if nameless := titled_not_there(answer):
        return Wrong(
            seen=f"{seen}, titled “{nameless}”",
            wanted=wanted,
            means=_refused_or_error(404, kind),
            advice="Check the path in launchready.toml, and that the page was deployed; what is not there should answer 404.",
        )
    if title and _PLACEHOLDERS.fullmatch(title[1].strip()):
        return Wrong(
            seen=f"{seen}, titled “{title[1].strip()[:60]}”",
            wanted="your own page",
            means="Visitors see a placeholder in place of your community.",
            advice="Deploy the site, or point the name to the server where it is.",
            grave=not _TEASER.fullmatch(title[1].strip()),
        )
    return Right(seen=seen)
