"""Whether receivers can verify the signatures on the launch's mail (RFC 6376)."""

from __future__ import annotations

from launchready.checks.mail.wording import (
    Words,
    change,
    dig,
    elsewhere,
    leads_nowhere,
    never_sends,
    unmove,
    untold,
)
from launchready.derive.mail.senders import service
from launchready.facts import Key
from launchready.facts.mail import Dkim, Selectors
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.mailauth.dkim_key import RSA_BITS_MIN, RSA_BITS_WANTED, DkimKey, parse_dkim_key

_UNSIGNED = "Mail arrives without a signature that counts, and lands in spam or is refused."
_FIND_SELECTOR = (
    "Send a mail from the community to yourself, open its source, and put the s= of the "
    "DKIM-Signature that says d={domain} under selectors in launchready.toml."
)
_NEW_KEY = (
    "In the settings of the service that signs with selector {selector}, create a new key of 2048 "
    "bits; it shows a TXT or CNAME record."
)
_PUBLISH_KEY = "At your DNS provider, publish exactly that record at {name}."


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail")
def dkim_missing(selectors: Selectors) -> Result:
    """A domain that sends mail has no DKIM key.

    Why: Gmail, Yahoo and Outlook want a signature on the mail of everyone who sends to many; mail
    that is forwarded is saved by nothing else.

    Fix: Switch DKIM on at every service that sends, and publish the records that it shows.
    """
    domain = selectors.subject.name
    if selectors.entry.selectors:
        return Passed(evidence=f"declared: {', '.join(selectors.entry.selectors)}")
    if selectors.names:
        return Passed(evidence=f"found: {', '.join(selectors.names)}")
    if selectors.silent:
        return untold(domain)
    prove = _FIND_SELECTOR.format(domain=domain)
    if selectors.trouble:
        return Unproven(
            reason=f"_domainkey.{domain} could not be looked up ({selectors.trouble})",
            how_to_prove=prove,
        )
    if not selectors.none_exist:
        return Unproven(
            reason=f"keys may exist, but under none of {len(selectors.guessed)} usual selectors",
            how_to_prove=prove,
        )
    names = [s.shown for sender in selectors.entry.senders if (s := service(sender))]
    where = " and ".join(names) or "the service that sends your mail"
    return Words(
        means=_UNSIGNED,
        observed=f"nothing exists below _domainkey.{domain}",
        wanted="a DKIM key for every service that sends",
        fix=(
            f"In the settings of {where}, add {domain} as a sending domain and switch DKIM on.",
            f"At your DNS provider, publish exactly the records that it shows, at names that end in ._domainkey.{domain}.",
            "Put their selectors, the part in front of ._domainkey, under selectors in launchready.toml.",
            *never_sends(domain, selectors.entry),
        ),
        effort_min=20,
    ).failed(dig("TXT", f"_domainkey.{domain}"))


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Dkim, "missing")])
def dkim_key_missing(dkim: Dkim) -> Result:
    """A DKIM selector that mail is signed with has no key in the DNS.

    Why: Receivers cannot verify the signature (RFC 6376 section 6.1.2): the mail counts as unsigned.

    Fix: Publish the record that the sending service shows for this selector.
    """
    if dkim.result.status == "error":
        return _unread(dkim)
    if dkim.result.status not in {"missing", "invalid name"}:
        return Passed(evidence="a key record exists")
    name = dkim.subject.name
    return Words(
        means=_UNSIGNED,
        observed=dkim.result.problem
        if dkim.result.status == "invalid name"
        else f"no key record{leads_nowhere(dkim.alias)}{elsewhere(dkim.misplaced)}",
        wanted="one key record",
        fix=(
            f"In the settings of the service that signs with selector {dkim.selector}, open the DNS records for {dkim.domain}.",
            _PUBLISH_KEY.format(name=name + (", in place of the alias" if dkim.alias else "")),
            *unmove(dkim.misplaced),
            f"If mail is signed with another selector, correct selectors of {dkim.domain} in launchready.toml.",
        ),
        effort_min=15,
    ).failed(dig("TXT", name))


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail", prevents=[(Dkim, "several")])
def dkim_several_records(dkim: Dkim) -> Result:
    """A DKIM selector has more than one key record.

    Why: What receivers do then is not defined (RFC 6376 section 3.6.2.2): some take the wrong key,
    and the signature fails.

    Fix: Keep the record of the key that signs, delete the others.
    """
    if dkim.result.status == "error":
        return _unread(dkim)
    if dkim.result.status != "several":
        return (
            NotApplicable(reason="no key")
            if dkim.fault == "missing"
            else Passed(evidence="one record")
        )
    name = dkim.subject.name
    return Words(
        means="At some receivers the signature does not verify, and mail lands in spam.",
        observed=dkim.result.problem,
        wanted="one key record",
        fix=(
            f"In the settings of the service that signs with selector {dkim.selector}, see which key it uses now.",
            f"At your DNS provider, delete every other TXT record at {name}.",
        ),
    ).failed(dig("TXT", name))


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Dkim, "revoked")])
def dkim_key_revoked(dkim: Dkim) -> Result:
    """The DKIM key of a selector is revoked.

    Why: An empty p= says that no signature with this selector counts (RFC 6376 section 3.6.1).

    Fix: Publish the key that the service signs with now, or sign with another selector.
    """
    key = _key(dkim)
    if not isinstance(key, DkimKey):
        return key
    if not key.revoked:
        return Passed(evidence="the key is not revoked")
    return _new_key(dkim, "revoked: p= is empty", "a key in p=").failed(
        dig("TXT", dkim.subject.name), evidence=key.text
    )


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail")
def dkim_key_broken(dkim: Dkim) -> Result:
    """The DKIM key record of a selector is not valid.

    Why: Receivers ignore a record that is misspelt, cut off or of an unknown kind (RFC 6376 section
    6.1.2): the signature does not verify. Pasting a long key in pieces is the usual reason.

    Fix: Publish the record once more, exactly as the service shows it.
    """
    key = _key(dkim)
    if not isinstance(key, DkimKey):
        return key
    problems = tuple(p for p in key.problems if not _is_about(p, "the RSA key has", "p= is empty"))
    if not problems:
        return Passed(evidence=f"{key.key_type}, {key.bits} bits")
    if clean := _without_quoting(key.text):
        return Words(
            means=_UNSIGNED, observed="; ".join(problems), wanted="a valid key record",
            fix=(change("TXT", dkim.subject.name, clean),),
        ).failed(dig("TXT", dkim.subject.name), evidence=key.text)  # fmt: skip
    because = dkim.key if key.revoked else None
    return _new_key(dkim, "; ".join(problems), "a valid key record").failed(
        dig("TXT", dkim.subject.name), evidence=key.text, because=because
    )


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail")
def dkim_key_weak(dkim: Dkim) -> Result:
    """The DKIM key of a selector is short.

    Why: Verifiers refuse RSA keys under 1024 bits, and signers should use 2048 (RFC 8301 section
    3.2); who breaks the key signs in your name.

    Fix: Let the service make a key of 2048 bits and publish it.
    """
    key = _key(dkim)
    if not isinstance(key, DkimKey):
        return key
    if not key.bits:
        return NotApplicable(reason="no key could be read")
    if key.key_type != "rsa" or key.bits >= RSA_BITS_WANTED:
        return Passed(evidence=f"{key.key_type}, {key.bits} bits")
    refused = key.bits < RSA_BITS_MIN
    return _new_key(dkim, f"{key.bits} bits", f"{RSA_BITS_WANTED} bits", refused=refused).failed(
        dig("TXT", dkim.subject.name),
        evidence=key.text,
        severity=Severity.BLOCKER if refused else None,
    )


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def dkim_testing(dkim: Dkim) -> Result:
    """The DKIM key of a selector says that it is only a test.

    Why: t=y asks receivers to treat signed mail like unsigned mail (RFC 6376 section 3.6.1).

    Fix: Take t=y out of the record.
    """
    key = _key(dkim)
    if not isinstance(key, DkimKey):
        return key
    if not key.testing:
        return Passed(evidence="no t=y")
    flags = ":".join(flag for flag in key.flags if flag != "y")
    tags = [(n, flags if n == "t" else v) for n, v in key.tags if n != "t" or flags]
    record = "; ".join(f"{n}={v}" for n, v in tags)
    return Words(
        means="Receivers may ignore the signature, and mail lands in spam.",
        observed="t=y",
        wanted="no t=y",
        fix=(change("TXT", dkim.subject.name, record),),
        effort_min=5,
    ).failed(dig("TXT", dkim.subject.name), evidence=key.text)


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail", prevents=[(Dkim, "lookup-fails")])
def dkim_lookup_fails(dkim: Dkim) -> Result:
    """The key of a DKIM selector cannot be looked up.

    Why: Receivers put the mail off or treat it as unsigned (RFC 6376 section 6.1.2).

    Fix: Mend the name servers that fail; where the selector is an alias, those of the service.
    """
    if dkim.result.status != "error":
        return Passed(evidence="the selector's name answers")
    name = dkim.subject.name
    return Words(
        means="Receivers cannot verify signatures, and mail is late or lands in spam.",
        observed=dkim.result.problem,
        wanted="an answer",
        fix=(f"Ask your DNS provider why its servers fail for TXT at {name}.",),
    ).failed(dig("TXT", name))


def _without_quoting(text: str) -> str:
    """Return the record without the quotes and backslashes of a zone file; empty if that is no key."""
    bare = text.replace("\\", "").replace('"', "").strip()
    return bare if bare != text and parse_dkim_key(bare).usable else ""


def _key(dkim: Dkim) -> DkimKey | NotApplicable | Unproven:
    """Return the one key to judge, or the outcome where there is none."""
    if dkim.result.status == "error":
        return _unread(dkim)
    key = dkim.result.key
    return key if key is not None else NotApplicable(reason=dkim.result.problem)


def _unread(dkim: Dkim) -> Unproven:
    return Unproven(reason=dkim.result.problem, because=Key(Dkim, dkim.subject))


def _is_about(problem: str, *starts: str) -> bool:
    return problem.startswith(starts)


def _new_key(dkim: Dkim, observed: str, wanted: str, *, refused: bool = True) -> Words:
    return Words(
        means=_UNSIGNED if refused else "A forger with enough computers could sign as you.",
        observed=observed,
        wanted=wanted,
        fix=(
            _NEW_KEY.format(selector=dkim.selector),
            _PUBLISH_KEY.format(name=dkim.subject.name),
        ),
        effort_min=15,
    )
