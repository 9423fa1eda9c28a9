"""What a visitor meets at an address that does not exist: a page of the community, or a bare error."""

from __future__ import annotations

from shlex import quote

from launchready.derive.pages.bare_page import bare
from launchready.derive.pages.error_pages import debug_page, inner_detail, stack_trace
from launchready.derive.pages.same_page import title
from launchready.derive.sign_in.throttle import asks_to_wait
from launchready.facts.exposure import ErrorAnswers
from launchready.facts.hops import host
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import (
    Below,
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

_WHERE: dict[str, str] = {
    "nginx": "nginx: error_page 404 /404.html; and proxy_intercept_errors on; where an app is behind it.",
    "Apache": "Apache: ErrorDocument 404 /404.html",
    "IIS": 'IIS: <httpErrors errorMode="Custom"> with the page for 404 in web.config.',
    "Tomcat": "Tomcat: <error-page> for 404 in web.xml.",
    "Spring": "Spring Boot: templates/error/404.html.",
    "Express": "Express: a last app.use((request, response) => response.status(404).render('404')).",
    "Django": "Django: templates/404.html.",
    "Flask": "Flask: @app.errorhandler(404).",
    "Rails": "Rails: public/404.html.",
    "Symfony": "Symfony: templates/bundles/TwigBundle/Exception/error404.html.twig.",
    "GitHub Pages": "GitHub Pages: 404.html at the root of the site.",
    "Netlify": "Netlify: 404.html at the root of the site.",
}
_ELSE = (
    "FastAPI and Starlette: an exception handler for 404. Laravel: resources/views/errors/404.blade.php. "
    f"Next.js: app/not-found. Caddy: handle_errors. {_WHERE['Express']} {_WHERE['Django']} {_WHERE['nginx']}"
)


@check(severity=Severity.ADVICE, impact=Impact.UPKEEP)
def error_page_bare(errors: ErrorAnswers, visits: Below[Visit]) -> Result:
    """Who asks for an address that does not exist meets a bare error in place of a page.

    Why: Links in old mails, typing errors and deleted posts lead there every day; a line of JSON or a server's default page looks like a broken site, and shows no way on.

    Fix: Answer 404 with a page of your own: your name, one sentence, and links to the start and the log-in.
    """
    if not _shows_pages(errors, visits):
        return NotApplicable(reason="no page of this host is shown to people")
    missing = errors.missing
    if missing.status < 400:
        kind = "leads on" if missing.location is not None else "is answered like a page"
        return NotApplicable(reason=f"an address that does not exist {kind} ({missing.status})")
    if missing.status in {401, 407}:
        return NotApplicable(reason="the host asks for a log-in before it says what exists")
    if asks_to_wait(missing):
        return Unproven(
            reason=f"the host asks to wait ({missing.status})",
            how_to_prove="Let the rate limit pass this computer, and audit again.",
        )
    if any(debug_page(a) or stack_trace(a) or inner_detail(a) for a in _answers(errors, visits)):
        return NotApplicable(
            reason="its errors show more than they should; see framework-debug-page, stack-trace-in-error"
        )
    found = bare(missing)
    if found is None:
        return Passed(evidence=f"{missing.status}, {title(missing) or 'a page of its own'}")
    what, whose = found
    return Failed(
        means="Members who follow an old or mistyped link see what looks like a broken site, without a way on.",
        observed=f"{missing.status}: {what}",
        wanted="a page of your own, with a way on",
        fix=(
            "Write one page: your name, one sentence that nothing is here, and links to the start and the log-in.",
            f"Let it answer with the status 404. {_WHERE.get(whose, _ELSE)}",
            "Programs may go on getting JSON: a browser says Accept: text/html.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=f"curl -sS -H 'Accept: text/html' {quote(missing.url)} | head -c 600",
        evidence=f"GET {missing.url}: {' '.join(missing.text[:120].split())}",
    )


def _shows_pages(errors: ErrorAnswers, visits: tuple[Visit, ...]) -> bool:
    last = [v.answer for v in visits if v.answer is not None]
    return any(
        a.status == 200 and "html" in a.content_type and host(a.url) == errors.subject.name
        for a in last
    )


def _answers(errors: ErrorAnswers, visits: tuple[Visit, ...]) -> list[Exchange]:
    own = [hop for v in visits for hop in v.walk.hops if host(hop.url) == errors.subject.name]
    return [*errors.answers, *own]
