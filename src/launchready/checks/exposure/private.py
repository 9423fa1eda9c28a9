"""Private pages: closed to who has not signed in."""

from __future__ import annotations

from shlex import quote
from urllib.parse import urlsplit

from launchready.checks.redirects.told import see
from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.derive.sign_in.page_data import holds_data
from launchready.derive.sign_in.private_page import declared_text, door_of
from launchready.facts.active import OPEN_BEFORE, OPEN_TO_OTHERS, JourneyStep, KeptBack, SignIn
from launchready.facts.declared import Declared
from launchready.facts.exposure import PageData
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import (
    Below,
    Every,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private", routes=["private"])
def private_page_open(
    visit: Visit,
    entrance: Parent[Entrance],
    launch: Parent[Declared],
    kept: Below[KeptBack],
    fetched: Below[PageData],
) -> Result:
    """A private page opens without signing in, or its data does.

    The data is asked for where the page's own scripts would fetch it: `/members/__data.json`
    (SvelteKit), `/_next/data/…/members.json` (Next.js), `/members.json` (Rails) and their like. A
    guard in the web server, or in a layout around the page, often leaves these out.

    Why: What members pay for and what they tell each other is there for everybody, search engines included.

    Fix: Check the session on the server before anything of the page is made, and answer 401 or a redirect to the log-in without one.
    """
    if visit.route.kind != "private":
        return NotApplicable(reason=f"a {visit.route.kind} route is open to everyone")
    answer = visit.answer
    if visit.walk.end != "answer" or answer is None:
        return NotApplicable(reason=f"its redirects reach no answer ({visit.fault}){see(visit)}")
    if answer.challenge:
        return Unproven(
            reason=f"bot protection ({answer.challenge}) answered instead of the site",
            how_to_prove=LET_US_THROUGH,
        )
    if answer.trouble:
        return Unproven(reason=answer.trouble, because=visit.because or visit.key)
    door = door_of(visit, entrance, launch.manifest)
    if door.state != "open" and (data := _data_of(fetched, visit, launch)):
        return _data_open(visit, data)
    if door.state == "closed":
        return Passed(evidence=door.seen)
    if door.state == "unsure" and kept and answer.status == 200:
        return Passed(evidence=f"{door.seen}, and nothing of what the test member reads there")
    if door.state == "open" and kept:
        return Unproven(
            reason=f"{door.seen}: another page than the test member's, which does not ask to sign in",
            how_to_prove="Open it in a private window. If it shows what is for members, close it; if it "
            "turns strangers away, let it answer 401, or a redirect to the log-in.",
        )
    if door.state == "unsure":
        return Unproven(
            reason=door.seen,
            because=visit.because or visit.key,
            how_to_prove="Declare the address that the page fetches its data from as a private route, "
            "and a text that only members see as `says` under [accounts], and audit again.",
        )
    url = visit.route.url
    return Failed(
        means="Everybody can open this page without being a member.",
        observed=door.seen,
        wanted="401, or led to the log-in",
        fix=(
            f"Check the session on the server before {url} is answered; a check in the page's own script does not count.",
            "Without a session answer 401, or a redirect to the log-in with Cache-Control: no-store.",
            "Ask search engines to forget the page if it was open for long.",
            "If everybody may see it, declare it as a page in launchready.toml.",
        ),
        who="your developer",
        effort_min=60,
        takes_effect="with the next deploy, after the caches were purged",
        see=f"curl -sSL -o /dev/null -w '%{{http_code}} %{{url_effective}}\\n' {quote(url)}",
    )


def _data_of(fetched: tuple[PageData, ...], visit: Visit, launch: Declared) -> Exchange | None:
    """Return the answer that gives strangers the page's data; None when none does."""
    said = declared_text(visit, launch.manifest)
    answers = [a for each in fetched for a in each.answers]
    if said and (data := next((a for a in answers if said in a.text), None)):
        return data
    if visit.answer is None or not (visit.walk.redirects or visit.answer.status >= 400):
        # What a page says to strangers itself, a teaser or an empty frame, its data says as well.
        return None
    return next((a for a in answers if holds_data(a)), None)


def _data_open(visit: Visit, data: Exchange) -> Failed:
    url = visit.route.url
    return Failed(
        means="Everybody can read what this page shows members: the page itself is closed, its data is not.",
        observed=f"{data.status} at {data.url}, {len(data.body)} bytes of data",
        wanted="401, or led to the log-in",
        fix=(
            f"Check the session where the data of {url} is made, in the page's own load function or query: a check in a layout around it, or in the page's script, is passed over.",
            f"If the web server guards the page, let it guard {urlsplit(data.url).path} as well; better, leave it to the app.",
            "Look in the access log for who fetched it: the law may want it reported within 72 hours.",
        ),
        who="your developer",
        effort_min=60,
        takes_effect="with the next deploy, after the caches were purged",
        see=f"curl -sS {quote(data.url)} | head -c 300",
    )


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private", active=True)
def member_page_open(
    sign_in: SignIn, launch: Parent[Declared], all_of_them: Every[SignIn]
) -> Result:
    """The test member's page shows everybody what only members should see.

    Why: A log-in that guards nothing is worse than none: everybody believes that the page is closed. A cache that keeps a member's page and hands it to whoever comes next is as bad, and shows only once a member has been there.

    Fix: Check the session on the server before anything of the page is made, and send `Cache-Control: private, no-store` with it.
    """
    if not sign_in.steps or sign_in.steps[0].name == sign_in.steps[-1].name:
        return NotApplicable(reason="the log-in page was not reached")
    name = sign_in.subject.name.partition(" at ")[0]
    account = launch.manifest.accounts.get(name)
    kept = next((s for s in sign_in.steps if s.name == OPEN_TO_OTHERS), None)
    if kept is not None and account is not None:
        return _kept_for_others(kept, account.private)
    step = next((s for s in sign_in.steps if s.name == OPEN_BEFORE), None)
    if step is not None and account is not None and _was_kept(name, all_of_them):
        # Behind the first entrance the member's page lay in the cache before the next one was tried.
        return _kept_for_others(step, account.private)
    if step is None and (why := dict(sign_in.unseen).get(OPEN_TO_OTHERS)):
        return Unproven(
            reason=f"what strangers are shown while a member is in could not be seen: {why}",
            how_to_prove="Run it again: launchready recheck member-page-open",
        )
    if step is None or account is None:
        return Passed(evidence="strangers are not shown what members see")
    route = launch.manifest.routes.get(account.private)
    if route is not None and route.kind == "private":
        return NotApplicable(reason="the private route itself is judged; see private-page-open")
    return Failed(
        means="Everybody can read what only members should see, without signing in.",
        observed=step.seen,
        wanted=step.wanted,
        fix=(
            f"Check the session on the server before {account.private} is answered.",
            f'Declare it, so that every audit looks: "{account.private}" = "private" under [routes].',
        ),
        who="your developer",
        effort_min=60,
        takes_effect="with the next deploy, after the caches were purged",
        see=f"curl -sSL {quote(account.private)} | grep -c {quote(account.says)}",
    )


def _was_kept(name: str, sign_ins: tuple[SignIn, ...]) -> bool:
    """Return whether a cache kept the test member's page when they came in by any entrance."""
    return any(
        each.subject.name.partition(" at ")[0] == name
        and any(step.name == OPEN_TO_OTHERS for step in each.steps)
        for each in sign_ins
    )


def _kept_for_others(step: JourneyStep, url: str) -> Failed:
    return Failed(
        means="Once a member has opened this page, everybody who comes is shown that member's copy.",
        observed=step.seen,
        wanted=step.wanted,
        fix=(
            f"Send with {url}, redirects and errors included: Cache-Control: private, no-store",
            "Take the page out of every cache in front of the app. nginx: proxy_cache off; for it, and no proxy_ignore_headers Cache-Control Set-Cookie; at a CDN: no “cache everything” rule.",
            "Purge the caches once the two are in place: they hold members' pages now.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="at once, after the purge",
        see=f"curl -sSL {quote(url)} | head -c 2000",
        also_bar=("caching",),
    )
