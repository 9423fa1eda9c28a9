"""Webhooks: events count when their sender signed them, lately, and only then."""

from __future__ import annotations

from shlex import quote

from launchready.facts import Key
from launchready.facts.ways import Visit
from launchready.facts.webhooks import Delivery, Signing, WebhookTrial
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

_KITS = (
    "stripe.Webhook.construct_event for Stripe, the standardwebhooks package for Standard Webhooks"
)
_VERIFY = (
    f"Verify every event before anything else is done with it, by your provider's own kit: {_KITS}.",
    "Give the kit the raw bytes of the body, before a JSON parser has touched them.",
)
_TOLD_BY: dict[Signing, str] = {
    "unsigned": "webhook-takes-unsigned",
    "another secret": "webhook-takes-forged",
}
_LATER = "A limit still counts what was sent before from here: run this again later."


@check(
    severity=Severity.BLOCKER, impact=Impact.PAYMENTS, active=True,
    prevents=[(WebhookTrial, "refuses-signed")],
)  # fmt: skip
def webhook_refuses_signed(here: WebhookTrial) -> Result:
    """A webhook refuses an event that is rightly signed.

    Why: Members pay and nothing happens: the provider's events arrive, are refused, and after days of repeating them it switches the webhook off.

    Fix: Give the app the signing secret of this very endpoint, and verify the raw body with it.
    """
    if here.route.signature is None:
        return _no_signature()
    signed = here.of("signed")
    if not signed:
        return _unsigned_only(here)
    refused = [d for d in signed if not d.taken and not d.limited]
    if not refused:
        limited = next((d for d in signed if d.limited), None)
        if limited is not None:
            return Unproven(reason=f"limited from the start: {limited.seen}", how_to_prove=_LATER)
        return Passed(evidence=", ".join(f"{d.variable}: {d.seen}" for d in signed))
    worst = refused[0]
    return Failed(
        means="Members pay, and the community never hears of it: it refuses your payment provider's events.",
        observed=f"{worst.seen} to an event signed with {worst.variable}",
        wanted="200",
        fix=(
            f"Compare three places, which must hold one secret: {worst.variable} where this audit runs, the app's environment, and your provider's page of this endpoint.",
            *_VERIFY,
            "Let log-in, CSRF and bot protection leave this path alone, and send no redirect: senders follow none.",
            "Answer 200 as well to types that the app does nothing about.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see="launchready recheck webhook-refuses-signed",
        evidence=_said(here),
        because=Key(Visit, here.subject),
    )


@check(severity=Severity.BLOCKER, impact=Impact.PAYMENTS, active=True)
def webhook_takes_unsigned(here: WebhookTrial) -> Result:
    """A webhook takes an event that nobody signed.

    Why: Its address stands in your code and your provider's logs; whoever knows it can tell your app that they have paid, or that others have not.

    Fix: Verify the sender's signature on every event, and answer 400 to what has none.
    """
    unsigned = here.of("unsigned")
    taken = next((d for d in unsigned if d.taken), None)
    if taken is None:
        return _refused(here, unsigned)
    declared = here.route.signature is not None
    sent = '{"id": "evt_launchready_test", "object": "event", "type": "launchready.test"}'
    return Failed(
        # Not every webhook is about money, and some tell their sender in another way.
        severity=None if declared else Severity.RISK,
        means="Anybody who knows the address can tell your app that they have paid, or that others have not.",
        observed=f"{taken.seen} to an event without a signature",
        wanted="400",
        fix=(
            *_VERIFY,
            "Answer 400 to an event without a signature, and do nothing with it."
            if declared
            else 'Say in launchready.toml how the sender signs: signature = "stripe" or "standard", and secret_env = the name of the variable.',
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see="curl -sS -o /dev/null -w '%{http_code}\\n' "
        f"-X {here.route.method or 'POST'} -H 'Content-Type: application/json' -d '{sent}' {quote(here.route.url)}",
        evidence=_said(here),
    )


@check(severity=Severity.BLOCKER, impact=Impact.PAYMENTS, active=True)
def webhook_takes_forged(here: WebhookTrial) -> Result:
    """A webhook takes an event that is signed with another secret.

    Why: A signature that is only looked for and not computed is none: whoever adds any header can tell your app that they have paid.

    Fix: Compute the signature over the raw body with your secret, and compare the two.
    """
    return _not_to_be_taken(
        here, "another secret",
        means="Anybody who adds a made-up signature can tell your app that they have paid.",
        last="Answer 400 when the signature is not the one that was computed.",
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.PAYMENTS, active=True)
def webhook_takes_old_events(here: WebhookTrial) -> Result:
    """A webhook takes an event that was signed an hour ago.

    Why: Whoever once saw a genuine event, in a log or at a proxy, can send it again whenever they like, and a membership that was refunded comes back.

    Fix: Refuse what was signed more than five minutes ago, and let each event's id count once.
    """
    return _not_to_be_taken(
        here, "an hour ago",
        means="Whoever gets hold of one genuine event can send it to your app again and again.",
        last="Leave the kit's tolerance at its five minutes, and keep the server's clock right (NTP).",
    )  # fmt: skip


def _not_to_be_taken(here: WebhookTrial, signing: Signing, *, means: str, last: str) -> Result:
    if here.route.signature is None:
        return _no_signature()
    sent = here.of(signing)
    if not sent:
        return _unsigned_only(here)
    graver: tuple[Signing, ...] = ("unsigned", "another secret")
    for other in graver[: 1 if signing == "another secret" else 2]:
        if any(d.taken for d in here.of(other)):
            return NotApplicable(reason=f"it takes worse: {other}; see {_TOLD_BY[other]}")
    taken = next((d for d in sent if d.taken), None)
    if taken is None:
        if signing == "an hour ago" and here.fault:
            reason = "it refuses events that were signed just now as well"
            return Unproven(reason=reason, because=here.key)
        return _refused(here, sent)
    return Failed(
        means=means,
        observed=f"{taken.seen} to an event signed {'with ' if signing != 'an hour ago' else ''}{signing}",
        wanted="400",
        fix=(*_VERIFY, last),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=f"launchready recheck webhook-takes-{'forged' if signing == 'another secret' else 'old-events'}",
        evidence=_said(here),
    )


def _refused(here: WebhookTrial, sent: tuple[Delivery, ...]) -> Result:
    """Return what it means that none of these events was taken."""
    limited = next((d for d in sent if d.limited), None)
    if limited is not None:
        return Unproven(reason=f"limited from the start: {limited.seen}", how_to_prove=_LATER)
    unclear = next((d for d in sent if not here.tells(d)), None)
    if unclear is not None or not sent:
        seen = unclear.seen if unclear is not None else "nothing"
        return Unproven(
            reason=f"the route answered {seen}, which says nothing of signatures",
            how_to_prove="Correct the route in launchready.toml, or let the app answer there.",
            because=here.key if here.fault else Key(Visit, here.subject),
        )
    return Passed(evidence=", ".join(d.seen for d in sent))


def _no_signature() -> NotApplicable:
    return NotApplicable(reason="the manifest does not say how the sender signs")


def _unsigned_only(here: WebhookTrial) -> Unproven:
    # The app may be in the best of health: only this run could not sign.
    return Unproven(reason=here.not_signed, how_to_prove=here.how_to_sign, ours=True)


def _said(here: WebhookTrial) -> str:
    words: dict[Signing, str] = {"another secret": "with another secret"}
    return "; ".join(f"{words.get(d.signing, d.signing)}: {d.seen}" for d in here.deliveries)
