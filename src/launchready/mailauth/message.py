"""Verify a saved message as a receiver would: SPF, DKIM and DMARC with their steps."""

import re
from dataclasses import dataclass, replace

from launchready.mailauth.dkim import DkimVerdict, verify_parsed
from launchready.mailauth.dmarc import DmarcResult, evaluate_dmarc
from launchready.mailauth.lookups import Asking
from launchready.mailauth.mail_address import parse_mailboxes
from launchready.mailauth.mail_fields import MailMessage, parse_message
from launchready.mailauth.names import address, host_domain, printable
from launchready.mailauth.saved import unwrapped
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_result import SpfResult

_RECEIVED_MAX = 50
_RECEIVED_MAX_CHARS = 2048
_FROM_PART = re.compile(r"from\s+(\S+)", re.IGNORECASE)
_BY_PART = re.compile(r"\sby\s+(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"\[(?:ipv6:)?([0-9a-f.:]{2,45})\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedHop:
    """What one Received field says; anybody may have written it."""

    helo: str
    ip: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmlResult:
    """What a receiver would conclude from a message.

    `from_domain` is empty unless the message has exactly one author domain (RFC 9989, 5.3.1).
    `spf` is None where no client address was given. `received` are hints only, the latest hop
    first: nothing is concluded from them but the HELO name of the given address.
    """

    from_header: str
    from_domain: str
    mail_from: str
    helo: str
    spf: SpfResult | None
    dkim: tuple[DkimVerdict, ...]
    dmarc: DmarcResult | None
    received: tuple[ReceivedHop, ...]
    problems: tuple[str, ...]
    steps: tuple[str, ...]


def verify_eml(
    raw: bytes,
    *,
    ip: str | None = None,
    helo: str | None = None,
    mail_from: str | None = None,
    now_s: int | None = None,
) -> Asking[EmlResult]:
    """Return what SPF, DKIM and DMARC say about a message.

    `mail_from` defaults to the Return-Path field, `helo` to what a Received field says of `ip`;
    without `ip` SPF is left out. Raises ValueError if `ip` is no address.
    """
    saved = unwrapped(raw)
    message = parse_message(saved.raw)
    problems = [*saved.notes, *message.problems]
    received = _received(message)
    sender = _return_path(message) if mail_from is None else mail_from
    name = _helo_of(received, ip) if helo is None else helo
    if sender is None and ip is not None:
        problems.append(
            "the message has no Return-Path, so that the envelope's sender is not known"
        )
    author, from_header = _author(message, problems)
    steps = [*problems]
    spf: SpfResult | None = None
    if ip is None:
        steps.append("SPF is left out: no client address was given")
    else:
        spf = yield from evaluate_spf(ip=ip, helo=name, mail_from=sender or "", now_s=now_s or 0)
        steps.append(
            f"SPF for {spf.domain} from {ip}: {spf.result}"
            if spf.domain
            else f"SPF from {ip}: {spf.result}, as the message names neither its envelope's sender "
            "(Return-Path) nor the server's name in HELO"
        )
    verdicts = yield from verify_parsed(message, now_s=now_s)
    if not verdicts:
        steps.append("The message has no DKIM signature")
    steps += [
        f"DKIM {each.domain} ({each.selector}): {each.result}, {each.reason}" for each in verdicts
    ]
    dmarc: DmarcResult | None = None
    if author:
        dmarc = yield from evaluate_dmarc(
            author,
            spf_domain=spf.domain if spf and spf.result == "pass" else None,
            dkim_domains=[each.domain for each in verdicts if each.result == "pass"],
        )
        dmarc = _undecided(dmarc, spf, verdicts)
        steps += [f"DMARC: {step}" for step in dmarc.steps]
    return EmlResult(
        from_header=printable(from_header),
        from_domain=author,
        mail_from=printable(sender or ""),
        helo=printable(name),
        spf=spf,
        dkim=verdicts,
        dmarc=dmarc,
        received=received,
        problems=tuple(problems),
        steps=tuple(steps),
    )


def _undecided(
    dmarc: DmarcResult, spf: SpfResult | None, verdicts: tuple[DkimVerdict, ...]
) -> DmarcResult:
    """Take back a fail that a mechanism could still prevent when the DNS answers again."""
    waiting = (spf is not None and spf.result == "temperror") or any(
        each.result == "temperror" for each in verdicts
    )
    if dmarc.result != "fail" or not waiting:
        return dmarc
    step = "SPF or DKIM had a temporary error, so the result is temperror (RFC 9989, 5.3.6)"
    return replace(dmarc, result="temperror", steps=(*dmarc.steps, step))


def _author(message: MailMessage, problems: list[str]) -> tuple[str, str]:
    """Return the one author domain, or nothing where DMARC cannot be applied."""
    fields = message.named("from")
    if len(fields) != 1:
        problems.append(f"the message has {len(fields)} From fields where one is required")
        return "", fields[0].text if fields else ""
    text = fields[0].text
    mailboxes = parse_mailboxes(text)
    problems.extend(f"From: {problem}" for problem in mailboxes.problems)
    domains = {host_domain(domain) for domain in mailboxes.domains}
    if len(domains) != 1:
        problems.append(f"From names {len(domains)} domains where DMARC needs one")
        return "", text
    author = domains.pop()
    if author is None:
        problems.append("From has no valid domain")
    return author or "", text


def _return_path(message: MailMessage) -> str | None:
    fields = message.named("return-path")
    if not fields:
        return None
    addresses = parse_mailboxes(fields[0].text).addresses
    return addresses[0] if addresses else ""


def _received(message: MailMessage) -> tuple[ReceivedHop, ...]:
    hops: list[ReceivedHop] = []
    for field in message.named("received")[:_RECEIVED_MAX]:
        text = field.text[:_RECEIVED_MAX_CHARS]
        start = _FROM_PART.match(text)
        by = _BY_PART.search(text)
        before = text[: by.start()] if by else text
        found = _ADDRESS.search(before)
        client = address(found[1]) if found else None
        hops.append(
            ReceivedHop(
                helo=printable(start[1]) if start else "",
                ip=str(client) if client else "",
                by=printable(by[1].rstrip(";")) if by else "",
            )
        )
    return tuple(hops)


def _helo_of(received: tuple[ReceivedHop, ...], ip: str | None) -> str:
    client = str(address(ip)) if ip is not None else ""
    return next((hop.helo for hop in received if hop.ip and hop.ip == client), "")
