"""Checks of the algorithms that a domain signs with, over all of its DKIM keys."""

from __future__ import annotations

from launchready.checks.mail.wording import Words, dig, listed
from launchready.facts.mail import Dkim, Selectors
from launchready.finding import (
    Below,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail")
def dkim_only_ed25519(selectors: Selectors, keys: Below[Dkim]) -> Result:
    """Every DKIM key of a domain is of a kind that large receivers do not verify.

    Why: Ed25519 came later (RFC 8463), and receivers that know RSA alone take the mail for unsigned.

    Fix: Sign with RSA too: a second key of 2048 bits, at a selector of its own.
    """
    kinds = {
        k.subject.name: k.result.key.key_type for k in keys if k.result.key and k.result.key.usable
    }
    if not kinds:
        return NotApplicable(reason="no usable key is there to look at")
    if "rsa" in kinds.values():
        return Passed(evidence="an RSA key is among them")
    domain, names = selectors.subject.name, list(kinds)
    if unread := [k.subject.name for k in keys if k.result.status == "error"]:
        return Unproven(
            reason=f"Ed25519 at {listed(names)}; {listed(unread)} could not be looked up"
        )
    if not selectors.entry.selectors:
        return Unproven(
            reason=f"Ed25519 at {listed(names)}; other keys may stand at selectors that are not usual",
            how_to_prove="Name the selectors that your services sign with under [mail.domains] in launchready.toml.",
        )
    return Words(
        means="Many receivers see mail to members as unsigned, and may put it into spam.",
        observed=f"Ed25519 alone: {listed(names)}",
        wanted="an RSA key of 2048 bits, alone or beside it",
        fix=(
            f"In the settings of the service that sends your mail, make a second DKIM key for {domain}: RSA, 2048 bits.",
            f"At your DNS provider, publish the record that it shows, at a name of its own that ends in ._domainkey.{domain}.",
            "Let the service sign with both keys, and add the new selector in launchready.toml.",
        ),
        effort_min=20,
    ).failed(dig("TXT", names[0]))
