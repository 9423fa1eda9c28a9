"""`mail spf`, `mail dmarc`, `mail verify`: the RFC's result, with the steps that led to it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from launchready.cli.options import Dials, Resolvers, UsageError, contents, terminal_or_json
from launchready.cli.screen import write_json
from launchready.collect.dial import DialMap
from launchready.mailauth.lookups import Answer, Asking, Question, arun
from launchready.mailauth.spf_result import SpfNode
from launchready.manifest.values import split_address
from launchready.report.plain_text import one_line

T = TypeVar("T")
MESSAGE_MAX_BYTES = 50_000_000

app = typer.Typer(
    help="Evaluate SPF, DKIM and DMARC as a receiver would, with the steps.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Form = Annotated[
    str,
    typer.Option(
        "--format", "-f", metavar="FORMAT", parser=terminal_or_json, help="terminal or json."
    ),
]


def _domain(value: str) -> str:
    # Odd names pass: RFC 7208 has a result of its own for them.
    if not value.strip():
        raise UsageError("the domain is empty; name one such as example.org")
    return value


@app.command("spf", short_help="Say whether an address may send for a domain.")
def spf_command(
    domain: Annotated[
        str,
        typer.Argument(
            metavar="DOMAIN", parser=_domain, help="The domain whose SPF record is evaluated."
        ),
    ],
    ip: Annotated[str, typer.Option("--ip", metavar="IP", help="Address of the sending server.")],
    mail_from: Annotated[
        str,
        typer.Option("--mail-from", metavar="ADDRESS", help="The envelope's sender (MAIL FROM)."),
    ] = "",
    helo: Annotated[
        str, typer.Option("--helo", metavar="NAME", help="The name that the server says in HELO.")
    ] = "",
    form: Form = "terminal",
    resolver: Resolvers = None,
    dial: Dials = None,
) -> None:
    """Say whether an address may send for a domain (RFC 7208)."""
    from launchready.mailauth.spf import evaluate_spf  # noqa: PLC0415 - only this command needs it

    sender = mail_from or ("" if helo else f"postmaster@{domain}")
    try:
        evaluation = evaluate_spf(
            ip=ip, helo=helo or domain, mail_from=sender, domain=domain, now_s=int(time.time())
        )
        result = _evaluate(evaluation, resolver, dial)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if form == "json":
        _json(dataclasses.asdict(result))
        return
    typer.echo(f"SPF for {one_line(domain)} from {ip}: {result.result}")
    if result.mechanism:
        typer.echo(f"decided by {one_line(result.mechanism)}")
    if result.problem:
        typer.echo(one_line(result.problem))
    if result.explanation:
        typer.echo(f"the domain says: {one_line(result.explanation)}")
    typer.echo(f"{result.lookups} of 10 look-ups, {result.void_lookups} of 2 void ones")
    typer.echo("")
    _tree(result.tree, 0)
    _steps(result.steps)


@app.command("dmarc", short_help="Say which DMARC policy applies to a domain.")
def dmarc_command(
    domain: Annotated[
        str,
        typer.Argument(
            metavar="DOMAIN", parser=_domain, help="The domain in the From of the mail."
        ),
    ],
    spf_domain: Annotated[
        str | None,
        typer.Option(
            "--spf-domain", metavar="DOMAIN", help="Domain of the MAIL FROM that SPF passed."
        ),
    ] = None,
    dkim_domain: Annotated[
        list[str] | None,
        typer.Option(
            "--dkim-domain", metavar="DOMAIN", help="d= of a signature that verified. Repeatable."
        ),
    ] = None,
    form: Form = "terminal",
    resolver: Resolvers = None,
    dial: Dials = None,
) -> None:
    """Say which DMARC policy applies to a domain, and whether mail passes it (RFC 9989)."""
    from launchready.mailauth.dmarc import evaluate_dmarc  # noqa: PLC0415 - only this command

    authenticated = spf_domain is not None or bool(dkim_domain)
    result = _evaluate(
        evaluate_dmarc(domain, spf_domain=spf_domain, dkim_domains=dkim_domain or ()),
        resolver,
        dial,
    )
    # Without an authenticated domain there is nothing to align; a fault of the record still shows.
    outcome = result.result if authenticated or result.result != "fail" else None
    if form == "json":
        _json(dataclasses.asdict(result) | {"result": outcome})
        return
    typer.echo(f"DMARC for {one_line(domain)}: {result.policy or 'no policy applies'}")
    if result.policy_domain:
        typer.echo(f"policy from {result.policy_domain}: {one_line(result.record)}")
    typer.echo(f"organizational domain: {result.organizational_domain or 'not known'}")
    if outcome:
        typer.echo(f"result: {outcome}")
    for problem in result.problems:
        typer.echo(f"problem: {one_line(problem)}")
    _steps(result.steps)


@app.command("verify", short_help="Judge a saved message as a receiver would.")
def verify_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.eml", help="A message, saved with all its headers.")
    ],
    ip: Annotated[
        str | None,
        typer.Option("--ip", metavar="IP", help="Address of the server that delivered it."),
    ] = None,
    helo: Annotated[
        str | None, typer.Option("--helo", metavar="NAME", help="What that server said in HELO.")
    ] = None,
    mail_from: Annotated[
        str | None,
        typer.Option(
            "--mail-from", metavar="ADDRESS", help="The envelope's sender, if not Return-Path."
        ),
    ] = None,
    form: Form = "terminal",
    resolver: Resolvers = None,
    dial: Dials = None,
) -> None:
    """Say what SPF, DKIM and DMARC make of a saved message."""
    from launchready.mailauth.message import verify_eml  # noqa: PLC0415 - only this command
    from launchready.mailauth.saved import not_a_message  # noqa: PLC0415 - only this command

    larger = "50 MB, more than any mail server takes"
    raw = contents(file, bytes_max=MESSAGE_MAX_BYTES, larger=larger)
    if not raw.strip():
        raise UsageError(f"{file} is empty")
    if reason := not_a_message(raw):
        raise UsageError(f"{file} {reason}")
    try:
        evaluation = verify_eml(raw, ip=ip, helo=helo, mail_from=mail_from, now_s=int(time.time()))
        result = _evaluate(evaluation, resolver, dial)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if form == "json":
        _json(dataclasses.asdict(result))
        return
    typer.echo(f"From: {one_line(result.from_header)}")
    # Without an address, or without any name to ask for, SPF was not looked at.
    known = result.spf if result.spf is not None and result.spf.domain else None
    add = "add --ip" if result.spf is None else "add --mail-from or --helo"
    spf = f"{known.result} ({one_line(known.domain)})" if known else f"not checked: {add}"
    typer.echo(f"SPF:   {spf}")
    for signature in result.dkim:
        typer.echo(
            f"DKIM:  {signature.result} ({one_line(signature.domain)}, selector "
            f"{one_line(signature.selector)}): {one_line(signature.reason)}"
        )
    if not result.dkim:
        typer.echo("DKIM:  none: the message has no signature")
    if result.dmarc is None:
        typer.echo("DMARC: permerror: the message has no single author")
    else:
        policy = result.dmarc.policy or "no policy"
        open_ = "" if known else f", unless SPF passes: {add}"
        outcome = "fail" + open_ if result.dmarc.result == "fail" else result.dmarc.result
        typer.echo(f"DMARC: {outcome} ({policy} for {one_line(result.from_domain)})")
    _steps(result.steps)


def _evaluate(evaluation: Asking[T], resolver: list[str] | None, dial: list[str] | None) -> T:
    return asyncio.run(_asked(evaluation, resolver or (), dial or ()))


async def _asked(evaluation: Asking[T], resolvers: Sequence[str], dial: Sequence[str]) -> T:
    from launchready.collect.dns.client import NameClient  # noqa: PLC0415 - costs 80 ms

    servers = tuple(split_address(r, default_port=53) for r in resolvers)
    names = NameClient(dial=DialMap.parse(dial), resolvers=servers)

    async def resolve(question: Question) -> Answer:
        return await names.answer(question)

    try:
        return await arun(evaluation, resolve)
    finally:
        await names.close()


def _tree(node: SpfNode, depth: int) -> None:
    typer.echo("  " * depth + f"{one_line(node.domain)}: {one_line(node.record or 'no record')}")
    for term in node.terms:
        noun = "look-up" if term.lookups == 1 else "look-ups"
        count = f"  [{term.lookups} {noun}]" if term.lookups else ""
        typer.echo("  " * depth + f"  {one_line(term.text)}: {term.outcome}{count}")
        if term.child is not None:
            _tree(term.child, depth + 2)


def _steps(steps: Sequence[str]) -> None:
    typer.echo("\nSteps:")
    for number, step in enumerate(steps, start=1):
        typer.echo(f"{number:3}. {one_line(step)}")


def _json(data: dict[str, Any]) -> None:
    def plain(value: object) -> object:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    write_json(data, plain)
