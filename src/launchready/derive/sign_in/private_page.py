"""Whether a private route gives its content to a visitor without a session."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.same_page import same_page, title
from launchready.derive.sign_in.links import asks_for_password
from launchready.derive.sign_in.throttle import asks_to_wait
from launchready.facts.hops import host, path
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.manifest import Manifest

_SHELL_TEXT_MAX = 300
"""A page with scripts and fewer characters to read than this shows nothing by itself."""

_LOG_IN_TEXT_MAX = 150
"""The log-in page says no more than this around its form and its navigation."""
_LOG_IN_TITLE = re.compile(
    r"(?:^|\W)(?:log|sign)[ -]?(?:in|on)(?:\W|$)|anmeld|einlogg|connexion|connecter|iniciar sesi|accedi|inloggen|entrar",
    re.IGNORECASE,
)
_UNSEEN = frozenset({"script", "style", "noscript", "template", "head", "-comment"})
_AROUND = frozenset({"nav", "header", "footer"})
_NODES_MAX = 20_000

_DOOR = re.compile(
    r"(?:^|[/._-])(?:log-?_?in|sign-?_?in|signin|wp-login|sessions?/new|auth(?:orize|enticate)?|sso|oauth2?"
    r"|saml|account/login|users/sign_in|anmelden|connexion|entrar|accedi|iniciar-sesion|sign-?_?up|register|join|welcome)(?:[/._?-]|$)",
    re.IGNORECASE,
)
# What pages say to who is not signed in, in the languages that communities commonly use.
_ASKS = re.compile(
    r"(?:please|you (?:must|need to|have to)|first) (?:log|sign) ?in|(?:log|sign) ?in to (?:continue|view|read|see|access|join)"
    r"|(?:you are|you're) not (?:logged|signed) in|members[ -]only|only (?:for|available to) (?:paying |paid )?(?:members|subscribers)"
    r"|this (?:post|page|content) is for (?:paying |paid )?(?:members|subscribers)|subscribe to (?:continue|read)|access denied|not authori[sz]ed"
    r"|bitte (?:melde|loggen|einloggen|anmelden)|nur für mitglieder|connectez-vous|réservé aux membres|inicia sesión|solo para miembros",
    re.IGNORECASE,
)
_REFUSING_KEYS = ("error", "errors", "message", "detail", "code", "reason", "title")
_REFUSING = re.compile(
    r"un-?auth|not[ _-]?(?:auth|logged|signed)|forbidden|denied|(?:log|sign)[ _-]?in|\b40[13]\b|credentials"
    r"|(?:missing|invalid|expired|no|required)\W{0,3}(?:\w+\W){0,3}(?:token|session|key)|(?:token|session) (?:is )?(?:missing|required|invalid|expired)",
    re.IGNORECASE,
)
_REFUSAL_MAX_BYTES = 2_000
_SENT_BY_SCRIPT = re.compile(
    r"<meta[^<>]{0,80}http-equiv=[\"']?refresh|(?:window\.|document\.)?location(?:\.href|\.replace|\.assign)?\s*[=(]\s*[\"'][^\"']{0,200}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Whether a private route is closed to strangers, and by what that is seen."""

    state: Literal["closed", "open", "unsure"]
    seen: str


def door_of(visit: Visit, entrance: Entrance, manifest: Manifest) -> Door:
    """Return whether the private route's last answer, reached without a session, is its content."""
    answer = visit.answer
    assert answer is not None  # noqa: S101 - the caller has looked
    seen = f"{answer.status} at {answer.url}"
    if answer.status >= 500:
        return Door(state="unsure", seen=f"{seen}: an error, which shows nothing either way")
    if asks_to_wait(answer) and not visit.walk.redirects:
        return Door(state="unsure", seen=f"{seen}: a limit, which shows nothing either way")
    if answer.status >= 400 or answer.location is not None:
        return Door(state="closed", seen=seen)
    if _led_away(visit, answer, manifest):
        return Door(state="closed", seen=f"led to {answer.url}")
    if (said := declared_text(visit, manifest)) and said in answer.text:
        return Door(state="open", seen=f"{seen}, with the text that only a member should see")
    if answer.status in {204, 205} or not answer.body.strip():
        return Door(state="closed", seen=f"{seen}, without content")
    if "html" in answer.content_type:
        return _page(answer, entrance, seen, said)
    if "json" in answer.content_type:
        return _data(answer, seen)
    return Door(state="open", seen=f"{seen}, {answer.content_type or 'content without a type'}")


def _led_away(visit: Visit, answer: Exchange, manifest: Manifest) -> bool:
    """Return whether redirects led to the log-in, to the public start page or out of the launch."""
    if not visit.walk.redirects or path(answer.url) == path(visit.route.url):
        return False
    if host(answer.url) not in manifest.all_hosts or _DOOR.search(urlsplit(answer.url).path):
        return True
    if path(answer.url) == "/" or ("html" in answer.content_type and _is_log_in(answer)):
        return True
    public = {r.url for r in manifest.routes.values() if r.kind not in {"private", "api"}}
    doors = {a.login for a in manifest.accounts.values()}
    return answer.url.partition("?")[0] in {u.partition("?")[0] for u in public | doors}


def declared_text(visit: Visit, manifest: Manifest) -> str:
    """Return the text on a private route that only a member sees; empty when none is declared."""
    accounts = manifest.accounts.values()
    return next((a.says for a in accounts if a.says and a.private == visit.route.url), "")


def _page(answer: Exchange, entrance: Entrance, seen: str, said: str) -> Door:
    if _is_log_in(answer):
        return Door(state="closed", seen=f"{seen}: the log-in form")
    # The path that exists nowhere and the start page: what a single-page app gives to everybody.
    for walk in (entrance.https_deep, entrance.https_root):
        other = walk.last if walk else None
        if other is None or other.status != 200 or path(other.url) == path(answer.url):
            continue
        if same_page(answer, other):
            return Door(
                state="unsure",
                seen=f"{seen}: the same page as {path(other.url)}, the shell that every visitor gets",
            )
    words = _words(answer)
    if _SENT_BY_SCRIPT.search(answer.text[:4000]) and len(words) < _SHELL_TEXT_MAX:
        return Door(state="unsure", seen=f"{seen}: a page that sends visitors on by script")
    if asks_for_password(answer.text):
        # Many sites have a log-in box on every page, beside whatever the page shows.
        return Door(state="unsure", seen=f"{seen}: a log-in box, with much else around it")
    if _ASKS.search(words[:5000]):
        return Door(
            state="unsure", seen=f"{seen}: a page that asks to sign in, with more around it"
        )
    if is_shell(answer):
        return Door(state="unsure", seen=f"{seen}: an empty shell that scripts fill")
    if said:
        return Door(state="unsure", seen=f"{seen}, without the text that only a member sees")
    return Door(state="open", seen=f"{seen}, with {len(words)} characters to read")


def is_shell(answer: Exchange) -> bool:
    """Return whether a page shows hardly a word by itself, and has scripts that may fill it."""
    scripts = LexborHTMLParser(answer.text).css_first("script") is not None
    return scripts and len(_words(answer)) < _SHELL_TEXT_MAX


def is_bare_shell(answer: Exchange) -> bool:
    """Return whether it is a shell without even a form: it was not made by the server for anybody."""
    return is_shell(answer) and LexborHTMLParser(answer.text).css_first("form") is None


def _is_log_in(answer: Exchange) -> bool:
    """Return whether the page is the log-in page, and not one that merely has a log-in box."""
    if not asks_for_password(answer.text):
        return False
    heading = LexborHTMLParser(answer.text).css_first("h1")
    named = f"{title(answer)}\n{heading.text() if heading is not None else ''}"
    if _LOG_IN_TITLE.search(named):
        return True
    return len(_words(answer, around_the_form=True)) < _LOG_IN_TEXT_MAX


def _words(answer: Exchange, *, around_the_form: bool = False) -> str:
    """Return the words that a visitor sees; without navigation and the log-in form if so asked."""
    unseen = _UNSEEN | (_AROUND if around_the_form else frozenset())
    body = LexborHTMLParser(answer.text).body
    waiting = [body] if body is not None else []
    found: list[str] = []
    for _ in range(_NODES_MAX):
        if not waiting:
            break
        node = waiting.pop()
        if node.tag == "-text":
            found.append(node.text(deep=False))
        elif node.tag not in unseen and not (
            around_the_form and node.tag == "form" and node.css_first("input[type=password i]")
        ):
            waiting += reversed(list(node.iter(include_text=True)))
    return " ".join(" ".join(found).split())


def _data(answer: Exchange, seen: str) -> Door:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Door(state="open", seen=f"{seen}, {answer.content_type}")
    if _is_nothing(data):
        return Door(state="closed", seen=f"{seen}, without content")
    if refused_in_data(data, answer):
        return Door(state="closed", seen=f"{seen}: refused in the answer itself")
    return Door(state="open", seen=f"{seen}, {len(answer.body)} bytes of data")


def _is_nothing(data: object) -> bool:
    return not data or (
        isinstance(data, dict) and not any(v for k, v in data.items() if k not in {"ok", "status"})
    )


def refused_in_data(data: object, answer: Exchange) -> bool:
    """Return whether the data of an answer is a refusal, which some send with the status 200."""
    short = len(answer.body) <= _REFUSAL_MAX_BYTES
    return short and isinstance(data, dict) and _refuses(data)


def _refuses(data: dict[str, object]) -> bool:
    said = " ".join(str(data[key]) for key in _REFUSING_KEYS if data.get(key))
    return _REFUSING.search(said) is not None
