"""Rate limits: whether a visitor who tries again and again is slowed down."""

from __future__ import annotations

from shlex import quote
from urllib.parse import urlsplit

from launchready.derive.sign_in.throttle import LIMIT_SHOWS_BY
from launchready.facts import Fault, Key
from launchready.facts.active import Throttling
from launchready.facts.guarding import GuardFigures
from launchready.facts.ways import Visit
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    Who,
    check,
)
from launchready.manifest import RouteKind


def _see(here: Throttling, id_: str, times: int) -> str:
    if here.by_hand is None:
        # Without the page's token or the member's session every request is refused, limit or not.
        return f"launchready recheck {id_}"
    sent = here.by_hand
    parts = urlsplit(sent.url)
    # Other sites' scripts are refused by where they come from; the page's own form is not.
    own = quote(f"Origin: {parts.scheme}://{parts.netloc}")
    return (
        f"for i in $(seq {times}); do curl -s -o /dev/null -w '%{{http_code}}\\n' -X {sent.method} "
        f"-H {own} -H {quote(f'Content-Type: {sent.content_type}')} -d {quote(sent.body)} "
        f"{quote(sent.url)}; done"
    )


def _judge(
    here: Throttling,
    kind: RouteKind,
    id_: str,
    *,
    means: str,
    fix: tuple[str, ...],
    who: Who = "your developer",
) -> Result:
    route = here.route
    if route.kind != kind:
        return NotApplicable(reason=f"this route is of the kind {route.kind}")
    if here.throttled_after is not None:
        before = f" and {here.earlier} events before them" if here.earlier else ""
        when = f"after {here.throttled_after} requests{before}"
        if not (here.throttled_after or here.earlier):
            when = "from the first request on, as the audit had asked there before"
        return Passed(evidence=f"limited {when}: {here.changed_answer}")
    if here.inconclusive:
        return Unproven(
            reason=here.inconclusive,
            how_to_prove="Let your developer show the limit, or say under [routes] how the route is called.",
            # A route that answers with an error to everybody is judged as such.
            because=here.because or Key(Visit, here.subject),
        )
    # Where guard's own figures say that its limits are off, that is the one thing to mend.
    host = here.subject.parent
    guard = Fault(GuardFigures, "limits-off", host) if host else None
    if kind == "webhook" and route.limit is None:
        # A payment provider may rightly send bursts far above our bound.
        return Unproven(
            reason=f"no limit within {here.requests} requests, which is all that is tried",
            how_to_prove="If a limit is meant to show sooner, declare it as limit = … on the route.",
            because=guard,
        )
    wanted = route.limit or LIMIT_SHOWS_BY[kind]
    return Failed(
        means=means,
        observed=f"{here.requests} requests in a row, each answered {here.first_answer}",
        wanted=f"the answer changes within {wanted} requests",
        fix=fix,
        who=who,
        effort_min=45,
        takes_effect="at the next deploy",
        see=_see(here, id_, min(wanted, here.requests)),
        evidence=here.how,
        because=guard,
    )


def _limit_steps(what: str, number: int) -> tuple[str, ...]:
    return (
        f"Limit {what} to {number} in a minute for one address; answer 429 with Retry-After beyond it.",
        "At Cloudflare: Security → WAF → Rate limiting rules, on this path, by IP address.",
        "In the app: count by address and by account, so that many addresses do not get around it.",
    )


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="abuse", active=True, routes=["auth"])
def wrong_passwords_not_limited(here: Throttling) -> Result:
    """Wrong passwords can be tried without limit.

    Why: Lists of leaked passwords are tried against every new log-in page within days; without a limit some members' accounts open.

    Fix: Slow down or refuse after a handful of wrong passwords, by address and by account, and say so with status 429.
    """
    return _judge(
        here,
        "auth",
        "wrong-passwords-not-limited",
        means="From one computer anybody can try passwords on one member's account after the other all night.",
        fix=(
            *_limit_steps("log-in attempts", 10),
            "A lock on single accounts, which is not tried here, is not enough: whoever tries one password on every member never meets it.",
        ),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="abuse", active=True, routes=["reset"])
def password_resets_not_limited(here: Throttling) -> Result:
    """Password resets can be asked for without limit.

    Why: Every request is a mail in your name: a script can flood a member's mailbox and ruin your sending reputation in an hour.

    Fix: Allow a few resets an hour for one address and one account, and answer 429 beyond it.
    """
    return _judge(
        here,
        "reset",
        "password-resets-not-limited",
        means="Anybody can flood a member's mailbox with reset mails that you send.",
        fix=_limit_steps("reset requests", 5),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="abuse", active=True, routes=["invite"])
def invitation_codes_not_limited(here: Throttling) -> Result:
    """Invitation codes can be guessed without limit.

    Why: Short codes fall to a script that may try as many as it likes, and strangers walk in.

    Fix: Allow a few codes a minute for one address, and make codes long enough that guessing is hopeless.
    """
    return _judge(
        here,
        "invite",
        "invitation-codes-not-limited",
        means="Strangers can try invitation codes until one fits.",
        fix=(*_limit_steps("attempts at a code", 10), "Make codes at least 16 random characters."),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="abuse", active=True, routes=["signup"])
def signups_not_limited(here: Throttling) -> Result:
    """Accounts can be opened without limit.

    Why: A script that joins a thousand times fills the community with spam and sends a thousand welcome mails in your name.

    Fix: Allow a few sign-ups a minute for one address, and confirm the mail address before anything else happens.
    """
    return _judge(
        here,
        "signup",
        "signups-not-limited",
        means="A script can join a thousand times, and you send it a thousand mails.",
        fix=_limit_steps("sign-ups", 5),
    )


@check(severity=Severity.RISK, impact=Impact.PAYMENTS, bar="abuse", active=True, routes=["chat"])
def chat_not_limited(here: Throttling) -> Result:
    """The chatbot answers without limit.

    Why: Every message costs money at the AI provider; a script that talks all night runs up a bill and starves your members.

    Fix: Allow a number of messages a minute for one visitor or member, and answer 429 beyond it.
    """
    return _judge(
        here,
        "chat",
        "chat-not-limited",
        means="A script can talk to your chatbot all night, at your expense.",
        fix=_limit_steps("messages", 20),
    )


@check(severity=Severity.RISK, impact=Impact.PAYMENTS, bar="abuse", active=True, routes=["webhook"])
def webhooks_not_limited(here: Throttling) -> Result:
    """A webhook takes unsigned calls without limit.

    Why: Anybody can call it; each call costs a signature check or more, and a flood delays the payments that members wait for.

    Fix: Limit calls by sender before any work is done, above what your payment provider sends at its busiest.
    """
    return _judge(
        here,
        "webhook",
        "webhooks-not-limited",
        means="Anybody can flood the address that your payments arrive at.",
        fix=_limit_steps("calls without a valid signature", 30),
    )
