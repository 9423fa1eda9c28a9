"""What the DNS says of a domain's mail: SPF, DKIM, DMARC, MX, MTA-STS and TLS-RPT."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network

from launchready.collect.dns.reply import GOOD
from launchready.collect.mail.denied import absence, denied, entry_of, said
from launchready.collect.mail.misplaced import (
    dead_alias,
    misplaced_key,
    misplaced_policy,
    misplaced_spf,
)
from launchready.collect.mail.signs import keys, meant_as_spf, silent
from launchready.collect.world import World
from launchready.derive.mail.mta_sts import (
    parse_sts_policy,
    sts_record_problem,
    sts_records,
    tls_rpt_problem,
    tls_rpt_records,
)
from launchready.derive.mail.senders import COMMON_SELECTORS, known_selectors
from launchready.expected import zone_of
from launchready.facts import Fact, Gap, Key, Subject, url_subject
from launchready.facts.http import Exchange
from launchready.facts.mail import (
    Dkim,
    Dmarc,
    MtaSts,
    Mx,
    MxRecord,
    Selectors,
    Spf,
    TlsRpt,
)
from launchready.facts.spf_faults import has_exists, sender_dependent
from launchready.gather import Ask, Collector
from launchready.mailauth.dkim_key import find_dkim_key, key_name
from launchready.mailauth.dmarc import evaluate_dmarc
from launchready.mailauth.dmarc_reports import ReportAddress, audit_report_addresses
from launchready.mailauth.lookups import arun
from launchready.mailauth.names import host_domain, printable
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_audit import audit_spf
from launchready.mailauth.spf_record import select_records
from launchready.mailauth.spf_result import SpfResult

EXCHANGES_MAX = 50


STRANGER = "240.0.0.1"
"""Reserved by RFC 1112 section 4: no sender has it, so no record can mean it."""


async def spf(subject: Subject, world: World, ask: Ask) -> Spf | Gap:
    """Return the SPF record of a domain as a tree, and SPF's result for each declared address."""
    domain, entry = subject.name, entry_of(world, subject)
    audit = await arun(audit_spf(domain), world.names.answer)
    if audit.tree.found in {"error", "none"}:
        gap = await denied(Key(Spf, subject), world, ask, await world.names.ask(domain, "TXT"))
        if gap is not None:
            return gap
    dependent = bool(sender_dependent(audit)) or has_exists(audit)
    stranger = await _spf_result(world, domain, STRANGER) if dependent else None
    texts = (await world.names.ask(domain, "TXT")).as_answer().texts
    meant = [t for t in texts if meant_as_spf(t) and not select_records((t,))]
    senders: list[tuple[str, SpfResult | None]] = []
    for sender in entry.senders:
        addresses = _ends(sender)
        results = await asyncio.gather(*(_spf_result(world, domain, a) for a in addresses))
        senders += [(sender, result) for result in results] if addresses else [(sender, None)]
    because = None
    exchanges: tuple[str, ...] = ()
    misplaced = None
    if audit.tree.found == "none":
        because = await absence(domain, world, ask)
        found = (await world.names.ask(domain, "MX")).as_answer().exchanges
        exchanges = tuple(name for _, name in found[:EXCHANGES_MAX])
        misplaced = await misplaced_spf(domain, world)
    return Spf(
        subject=subject, at=world.now(), how=f"dig +short TXT {domain}", because=because,
        entry=entry, audit=audit,
        senders=tuple(senders), stranger=stranger,
        lookalikes=tuple(printable(t.decode("utf-8", "backslashreplace")) for t in meant),
        exchanges=exchanges, misplaced=misplaced,
        silent=await silent(domain, world),
    )  # fmt: skip


async def _spf_result(world: World, domain: str, address: str) -> SpfResult:
    evaluation = evaluate_spf(
        ip=address,
        helo=domain,
        mail_from=f"postmaster@{domain}",
        now_s=int(world.now().timestamp()),
    )
    return await arun(evaluation, world.names.answer)


def _ends(sender: str) -> tuple[str, ...]:
    """Return the address that a sender is, or a network's first and last; nothing for a service."""
    try:
        if "/" not in sender:
            return (str(ip_address(sender)),)
        network = ip_network(sender, strict=False)
    except ValueError:
        return ()
    return tuple(dict.fromkeys((str(network[0]), str(network[-1]))))


async def selectors(subject: Subject, world: World, ask: Ask) -> Selectors | Gap:
    """Return the declared selectors of a domain; without any, the common ones that hold a key."""
    domain, entry = subject.name, entry_of(world, subject)
    how = f"dig TXT _domainkey.{domain}"
    if entry.selectors:
        return Selectors(
            subject=subject, at=world.now(), how=how, entry=entry, names=entry.selectors
        )
    guessed = tuple(dict.fromkeys((*known_selectors(entry.senders), *COMMON_SELECTORS)))
    # Both in one: whoever is stopped while waiting for one must not leave the other behind.
    above, found = await asyncio.gather(
        world.names.ask(f"_domainkey.{domain}", "TXT"), keys(domain, guessed, world)
    )
    gap = await denied(Key(Selectors, subject), world, ask, above)
    if gap is not None:
        return gap
    return Selectors(
        subject=subject, at=world.now(), how=how, entry=entry, guessed=guessed,
        names=found, silent=await silent(domain, world),
        none_exist=above.rcode == "NXDOMAIN" and not found,
        trouble=said(above) if above.rcode not in GOOD and not found else "",
    )  # fmt: skip


async def dkim(subject: Subject, world: World, ask: Ask) -> Dkim | Gap:
    """Return the key that a selector publishes (RFC 6376 section 3.6.2)."""
    selector, _, domain = subject.name.partition("._domainkey.")
    result = await arun(find_dkim_key(domain, selector), world.names.answer)
    name = key_name(domain, selector)
    if name is not None and result.status in {"error", "missing"}:
        gap = await denied(
            Key(Dkim, subject), world, ask, await world.names.ask(name, "TXT"), domain
        )
        if gap is not None:
            return gap
    return Dkim(
        subject=subject, at=world.now(), how=f"dig +short TXT {subject.name}", domain=domain,
        selector=selector, result=result,
        misplaced=await misplaced_key(selector, domain, world) if result.status == "missing" else None,
        alias=await dead_alias(subject.name, world) if result.status == "missing" else "",
    )  # fmt: skip


async def dmarc(subject: Subject, world: World, ask: Ask) -> Dmarc | Gap:
    """Return the policy for a domain, and whether its report addresses agreed (RFC 9989, 9990)."""
    domain, entry = subject.name, entry_of(world, subject)
    launch = host_domain(world.manifest.launch.domain) or domain
    result, brand = await asyncio.gather(
        arun(evaluate_dmarc(domain), world.names.answer),
        arun(evaluate_dmarc(launch), world.names.answer),
    )
    if result.policy_domain is None or result.result == "temperror":
        gap = await denied(
            Key(Dmarc, subject),
            world,
            ask,
            await world.names.ask(f"_dmarc.{domain}", "TXT"),
            domain,
        )
        if gap is not None:
            return gap
    misplaced, alias = None, ""
    if result.policy_domain is None and result.result == "none":
        misplaced = await misplaced_policy(domain, world)
        alias = await dead_alias(f"_dmarc.{domain}", world)
    addresses: tuple[ReportAddress, ...] = ()
    if result.parsed is not None and result.policy_domain is not None:
        addresses = await arun(
            audit_report_addresses(result.policy_domain, result.parsed), world.names.answer
        )
    return Dmarc(
        subject=subject, at=world.now(), how=f"dig +short TXT _dmarc.{domain}", entry=entry,
        result=result, report_addresses=addresses, brand_domain=brand.organizational_domain or launch,
        silent=await silent(domain, world), misplaced=misplaced, alias=alias,
    )  # fmt: skip


async def mx(subject: Subject, world: World, ask: Ask) -> Mx | Gap:
    """Return the mail exchanges of a domain with their addresses."""
    domain, entry = subject.name, entry_of(world, subject)
    reply = await world.names.ask(domain, "MX")
    gap = await denied(Key(Mx, subject), world, ask, reply)
    if gap is not None:
        return gap
    answer = reply.as_answer()
    exchanges = [(p, e.rstrip(".").lower()) for p, e in answer.exchanges[:EXCHANGES_MAX]]
    null = any(not e for _, e in exchanges)
    records = await asyncio.gather(*(_mx_record(world, p, e) for p, e in exchanges if e))
    implicit = False
    if not exchanges and not answer.failed:
        replies = await asyncio.gather(*(world.names.ask(domain, kind) for kind in ("A", "AAAA")))
        implicit = any(r.texts for r in replies)
    return Mx(
        subject=subject, at=world.now(), how=f"dig +short MX {domain}", entry=entry,
        records=tuple(records), null=null, implicit_address=implicit,
        trouble=answer.detail or "error" if answer.failed else "",
        silent=await silent(domain, world),
    )  # fmt: skip


async def _mx_record(world: World, preference: int, exchange: str) -> MxRecord:
    replies = await asyncio.gather(*(world.names.ask(exchange, kind) for kind in ("A", "AAAA")))
    addresses = tuple(address for reply in replies for address in reply.texts)
    failed = next((r for r in replies if r.as_answer().failed and not r.loop), None)
    alias = next((r.aliases[0].target for r in replies if r.aliases), "")
    return MxRecord(
        preference=preference, exchange=exchange, addresses=addresses, alias=alias,
        trouble=said(failed) if failed is not None and not addresses else "",
    )  # fmt: skip


async def mta_sts(subject: Subject, world: World, ask: Ask) -> MtaSts | Gap:
    """Return the MTA-STS record and the policy that its web host serves (RFC 8461)."""
    domain, key = subject.name, Key(MtaSts, subject)
    reply = await world.names.ask(f"_mta-sts.{domain}", "TXT")
    gap = await denied(key, world, ask, reply, domain)
    if gap is not None:
        return gap
    if reply.as_answer().failed:
        return Gap(key=key, reason=f"_mta-sts.{domain} could not be looked up ({said(reply)})")
    records = sts_records(reply.as_answer().texts)
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    how = f"dig +short TXT _mta-sts.{domain}; curl -sS {url}"
    problem, because, text = "", None, ""
    parsed = parse_sts_policy(b"")
    if records:
        problem = sts_record_problem(records)
        found = await ask(Exchange, url_subject(url, zone_of(world.manifest, f"mta-sts.{domain}")))
        if isinstance(found, Gap):
            if found.ours:
                return Gap(key=key, reason=found.reason, because=found.key, ours=True)
            fetched, because = f"{url} cannot be fetched: {found.reason}", found.because
        else:
            fetched = _fetch_problem(url, found)
            if not fetched:
                parsed, text = parse_sts_policy(found.body), found.text
        problem = problem or fetched or parsed.problem
    return MtaSts(
        subject=subject, at=world.now(), how=how, record="\n".join(records), policy=text,
        mode=parsed.mode, mx_patterns=parsed.mx_patterns, max_age_s=parsed.max_age_s,
        problem=problem, because=because,
    )  # fmt: skip


def _fetch_problem(url: str, found: Exchange) -> str:
    """Return why senders do not take this answer for a policy (RFC 8461 section 3.3)."""
    if not found.verified:
        return f"the certificate of {url.split('/')[2]} is not one that senders accept"
    if found.challenge:
        return f"{url} is answered by bot protection ({found.challenge})"
    if found.trouble:
        return f"{url} gives no usable answer: {found.trouble}"
    if 300 <= found.status < 400:
        return f"{url} redirects (status {found.status}), which senders do not follow"
    if found.status != 200:
        return f"{url} answers with status {found.status}"
    if found.content_type != "text/plain":
        return f"{url} is sent as {found.content_type or 'nothing named'!a}, not text/plain"
    return ""


async def tls_rpt(subject: Subject, world: World, ask: Ask) -> TlsRpt | Gap:
    """Return the TLS reporting record of a domain (RFC 8460)."""
    domain, key = subject.name, Key(TlsRpt, subject)
    reply = await world.names.ask(f"_smtp._tls.{domain}", "TXT")
    gap = await denied(key, world, ask, reply, domain)
    if gap is not None:
        return gap
    if reply.as_answer().failed:
        return Gap(key=key, reason=f"_smtp._tls.{domain} could not be looked up ({said(reply)})")
    records = tls_rpt_records(reply.as_answer().texts)
    return TlsRpt(
        subject=subject, at=world.now(), how=f"dig +short TXT _smtp._tls.{domain}",
        records=records, problem=tls_rpt_problem(records) if records else "",
    )  # fmt: skip


COLLECTORS: dict[type[Fact], Collector] = {
    Spf: spf,
    Selectors: selectors,
    Dkim: dkim,
    Dmarc: dmarc,
    Mx: mx,
    MtaSts: mta_sts,
    TlsRpt: tls_rpt,
}
