"""What the checks of mail share: the words of a fix that publishes a record, and its command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from launchready.facts import Key
from launchready.finding import Failed, Severity, Unproven, Who
from launchready.manifest import MailDomainEntry

WAIT = "within an hour"
NOT_SENDING = "this domain sends no mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A failure of a record in the DNS, but for what is the same in all of them."""

    means: str
    observed: str
    wanted: str
    fix: tuple[str, ...]
    effort_min: int = 10
    who: Who = "you"
    takes_effect: str = WAIT

    def failed(
        self,
        see: str,
        *,
        evidence: str = "",
        severity: Severity | None = None,
        because: Key | None = None,
    ) -> Failed:
        """Return the failure."""
        return Failed(
            means=self.means,
            observed=shortened(self.observed),
            wanted=self.wanted,
            fix=self.fix,
            who=self.who,
            effort_min=self.effort_min,
            takes_effect=self.takes_effect,
            see=see,
            evidence=evidence,
            severity=severity,
            because=because,
        )


def dig(kind: str, name: str) -> str:
    """Return the command that shows the records of a type at a name."""
    return f"dig +short {kind} {shlex.quote(name)}"


def smtp(name: str) -> str:
    """Return the command that asks a mail server for TLS, and ends: without input it would wait."""
    return f"openssl s_client -starttls smtp -connect {shlex.quote(name + ':25')} </dev/null"


def publish(kind: str, name: str, value: str) -> str:
    """Return the step that publishes one new record."""
    return f"At your DNS provider, add this {kind} record at {name}: {value}"


def change(kind: str, name: str, value: str) -> str:
    """Return the step that gives an existing record a new value."""
    return f"At your DNS provider, change the {kind} record at {name} to: {value}"


def elsewhere(misplaced: tuple[str, str] | None) -> str:
    """Return what to say of a record that stands where nobody looks; empty where none does."""
    return f"; one stands at {misplaced[0]}, where nobody looks for it" if misplaced else ""


def leads_nowhere(alias: str) -> str:
    """Return what to say of a name that is an alias of one where nothing stands; empty for none."""
    return f"; the name is an alias of {alias}, where there is none" if alias else ""


def unmove(misplaced: tuple[str, str] | None) -> tuple[str, ...]:
    """Return the step that takes such a record away; none where there is none."""
    if misplaced is None:
        return ()
    where, record = misplaced
    step = (
        f"Delete the TXT record at {where} that reads {shortened(record, 60)}: most DNS providers "
        "add the domain to a name by themselves, so type names without it."
    )
    return (step,)


def shortened(text: str, limit: int = 200) -> str:
    """Return a text that fits a line or two of a report."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(items: tuple[str, ...] | list[str], limit: int = 4) -> str:
    """Return the first items in one line, with how many more there are."""
    more = f" (and {len(items) - limit} more)" if len(items) > limit else ""
    return "; ".join(items[:limit]) + more


def never_sends(domain: str, entry: MailDomainEntry) -> tuple[str, ...]:
    """Return the step for those whose domain sends nothing; none where senders are declared."""
    if entry.senders:
        return ()
    return (
        f'If no mail is sent as {domain}, say so: sends = false under [mail.domains."{domain}"].',
    )


def untold(domain: str) -> Unproven:
    """Return the outcome where nothing says whether mail is sent as a domain."""
    return Unproven(
        reason=f"nothing says whether mail is sent as {domain}: it has no record for mail, and no "
        "launchready.toml names it",
        how_to_prove=f'Say so in launchready.toml: under [mail.domains."{domain}"] the services '
        "that send (senders = …), or sends = false.",
    )
