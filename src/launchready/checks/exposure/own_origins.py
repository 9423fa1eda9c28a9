"""Whether the pages that may read a route from a browser can (Fetch standard, CORS protocol)."""

from __future__ import annotations

from shlex import quote

from launchready.facts import Key
from launchready.facts.exposure import Cors, CorsAnswer
from launchready.facts.ways import Visit
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

_ALLOW = "Access-Control-Allow-Origin"
# Browsers send these without asking first (Fetch, "CORS-safelisted method").
_SIMPLE = frozenset({"GET", "HEAD", "POST"})


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def cors_declared_origin_refused(cors: Cors) -> Result:
    """A page that launchready.toml allows to read the route is refused by it.

    Why: The browser keeps the answer back, so that members look at an empty page; nothing of it shows to a monitor, which is no browser.

    Fix: Answer the declared origins, and no others, with Access-Control-Allow-Origin, and their preflights with 204.
    """
    route = cors.route
    if not route.cors:
        return NotApplicable(reason="the manifest declares no origins for this route")
    if "*" in route.cors:
        # Whoever asks stands for everybody.
        asked = tuple(a for a in cors.answers if a.origin != "null")[:2]
    else:
        asked = cors.declared
    unclear = ""
    seen = list(dict.fromkeys(a.origin for a in asked))
    for origin in seen:
        judged = _judge(cors, [a for a in asked if a.origin == origin])
        if isinstance(judged, CorsAnswer):
            return _failed(cors, judged)
        unclear = unclear or judged
    if unclear or not seen:
        return Unproven(
            reason=unclear or "the declared origins got no answer",
            how_to_prove="Open the page that reads it in a browser, and look into the console.",
            because=Key(Visit, cors.subject),
        )
    return Passed(evidence=f"{', '.join(seen[:3])} may read it")


def _judge(cors: Cors, answers: list[CorsAnswer]) -> CorsAnswer | str:
    """Return the answer that refuses an origin, why that cannot be told, or nothing when none does."""
    read = next((a for a in answers if not a.preflight), None)
    before = next((a for a in answers if a.preflight), None)
    calls = cors.method
    if calls == "GET" and read is not None:
        if _granted(read):
            return ""
        if read.status < 300:
            return read
        # What refuses a visitor may say so before it thinks of origins: the preflight tells.
        if read.status in _TELLS_NOTHING or read.status >= 500:
            return f"the route answered {read.status}"
    simple = calls in {"GET", "POST"} and not cors.route.json_body
    if simple and read is not None and _granted(read):
        return ""
    if before is None:
        return "the preflight got no answer"
    if before.status in _TELLS_NOTHING or before.status >= 500:
        return f"the preflight was answered {before.status}"
    return "" if _lets_through(before, calls, json=not simple) else before


_TELLS_NOTHING = frozenset({404, 410, 429})


def _granted(answer: CorsAnswer) -> bool:
    return (answer.allow_origin or "").strip() in {"*", answer.origin}


def _lets_through(before: CorsAnswer, method: str, *, json: bool) -> bool:
    """Return whether a browser goes on after this preflight (Fetch, "CORS-preflight fetch")."""
    if not _granted(before) or not 200 <= before.status < 300:
        return False
    methods = {m.strip() for m in before.allow_methods.split(",")}
    names = {n.strip().lower() for n in before.allow_headers.split(",")}
    knows_method = method in _SIMPLE or bool({method, "*"} & methods)
    return knows_method and (not json or bool({"content-type", "*"} & names))


def _failed(cors: Cors, answer: CorsAnswer) -> Failed:
    origin, host = answer.origin, cors.route.host
    said = (
        f"{_ALLOW}: {(answer.allow_origin or '')[:80]}" if answer.allow_origin else f"no {_ALLOW}"
    )
    if answer.preflight:
        said = f"the preflight is answered {answer.status}, {said}"
        if _granted(answer):
            allowed = answer.allow_headers[:80] or "nothing"
            said += f", methods {answer.allow_methods[:80] or 'none'}, headers {allowed}"
    calls = cors.method
    asks = f"-X OPTIONS -H 'Access-Control-Request-Method: {calls}' -H 'Access-Control-Request-Headers: content-type' "
    return Failed(
        means=f"The pages at {origin} cannot read what {host} answers, so that members see nothing of it.",
        observed=said,
        wanted=f"{_ALLOW}: {origin}",
        evidence=f"asked with Origin: {origin}" + (" in a preflight" if answer.preflight else ""),
        fix=(
            f"On {host} answer requests whose Origin is {origin} with: {_ALLOW}: {origin} and Vary: Origin, errors included.",
            f"Answer OPTIONS there with 204, the same two, Access-Control-Allow-Methods: {calls} and Access-Control-Allow-Headers: content-type (and authorization, where a token is sent).",
            "If no page of that origin reads it any more, take it out of cors = in launchready.toml.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="with the next deploy",
        see=f"curl -sS -o /dev/null -D - {asks if answer.preflight else ''}-H {quote(f'Origin: {origin}')} {quote(cors.route.url)} | grep -iE '^(HTTP|access-control)'",
    )
