"""What was found about a domain, and the manifest that it makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import get_args

from launchready.manifest import RouteKind
from launchready.manifest.model import EdgeName
from launchready.manifest.values import hostname, route_url


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHost:
    """A host of the domain that answers."""

    name: str
    redirects_to: str = ""
    edge: str = ""
    platform: str = ""
    web: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that looking at a domain from outside told."""

    domain: str
    name: str = ""
    hosts: tuple[FoundHost, ...] = ()
    routes: tuple[tuple[str, RouteKind], ...] = ()
    """(URL, kind) without scheme where it is https."""
    senders: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    sends: bool | None = True
    """None where nothing says so: no record for mail, and no page by which members sign in or pay."""
    notes: tuple[str, ...] = ()
    """What could not be seen, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What only the founder knows; None or empty stands in the file as a line to fill in."""

    date: str = ""
    people: dict[str, str] = field(default_factory=dict)
    monitor: str = ""
    rollback: str = ""


def manifest_text(found: Found, answers: Answers | None = None, *, token: str = "") -> str:
    """Return a commented launchready.toml of what was found; what is not known is left to fill in.

    Whatever was found, the text can be read back: a name that no manifest takes is left out.
    Raises ValueError when the domain itself is no host name.
    """
    found = _readable(found)
    answers = answers or Answers()
    edges = {h.edge for h in found.hosts if h.edge}
    one_edge = edges.pop() if len(edges) == 1 else ""
    lines = [
        "# What should be true of this launch. `launchready audit` proves it.",
        "# Every key that is left out has the launch's default; lines with TODO wait for you.",
        "",
        "[launch]",
        f"domain = {_text(found.domain)}",
    ]
    if found.name:
        lines.append(f"name = {_text(found.name)}")
    lines.append(
        f"date = {answers.date}"
        if _is_date(answers.date)
        else "# TODO the day the doors open: date = 2026-12-01"
    )
    if one_edge:
        lines.append(f"edge = {_text(one_edge)}   # every host was seen behind it")
    if token:
        lines += [
            f"token = {_text(token)}",
            (
                "# To allow `--active`, publish that token: a TXT record at "
                f"_launchready.{found.domain},"
            ),
            f"# or the file https://{found.domain}/.well-known/launchready.txt.",
        ]
    lines += ["", *_people(answers), "", *_hosts(found, one_edge), *_routes(found)]
    lines += [*_mail(found), "", *_rest(answers, found)]
    return "\n".join(lines) + "\n"


def _people(answers: Answers) -> list[str]:
    lines = ["# Who can log in where. Two names for each are safer than one.", "[people]"]
    for thing in ("domain", "dns", "hosting", "mail", "payments", "alerts"):
        who = answers.people.get(thing, "")
        names = _list([n.strip() for n in who.split(",") if n.strip()])
        lines.append(f"{thing} = {names}" if who else f'# TODO {thing} = ["Name <address>"]')
    return lines


def _hosts(found: Found, one_edge: str) -> list[str]:
    lines = ["# Every host of the community."]
    lines += [f"# {_one_line(note)}" for note in found.notes]
    for host in found.hosts:
        lines.append(
            f"[hosts.{_text(host.name)}]"
            + (f"   # {_one_line(host.platform)}" if host.platform else "")
        )
        if host.redirects_to:
            lines.append(f"redirects_to = {_text(host.redirects_to)}")
        if host.edge != one_edge:
            lines.append(f"edge = {_text(host.edge or 'none')}")
        if not host.web:
            lines.append("web = false   # it resolves, but serves no pages")
        if one_edge or host.edge:
            lines.append(
                '# TODO the server behind the edge, so that it can be tried: origin = ["…"]'
            )
        lines.append("")
    return lines


def _routes(found: Found) -> list[str]:
    lines = [
        "# URLs and what they are for: page, static, auth, signup, invite, reset, checkout, webhook,",
        "# chat, api, private or health.",
        "[routes]",
    ]
    lines += [f"{_text(url)} = {_text(kind)}" for url, kind in found.routes]
    kinds = {kind for _, kind in found.routes}
    examples: tuple[tuple[RouteKind, str], ...] = (
        ("auth", "login"), ("private", "members"), ("chat", "api/chat"),
        ("webhook", "webhooks/stripe"), ("reset", "password/reset"),
    )  # fmt: skip
    lines += [
        f'# TODO "{found.domain}/{path}" = "{kind}"' for kind, path in examples if kind not in kinds
    ]
    lines += ["", "# Old URLs and where they must lead.", "[redirects]"]
    lines += [f'# "{found.domain}/old-page" = "{found.domain}/new-page"', ""]
    return lines


def _mail(found: Found) -> list[str]:
    lines = ["# Domains in the From of your mail."]
    if found.sends is None:
        return [
            *lines,
            f"# Nothing says whether mail is sent as {found.domain}: it has no record for mail.",
            f"# TODO [mail.domains.{_text(found.domain)}]",
            '# TODO either sends = false or the services that send: senders = ["google", "postmark"]',
        ]
    lines.append(f"[mail.domains.{_text(found.domain)}]")
    if not found.sends:
        lines.append("sends = false   # its records say that it never sends")
        return lines
    if found.senders:
        lines.append(f"senders = {_list(found.senders)}")
    else:
        lines.append(
            '# TODO the services and addresses that send: senders = ["google", "postmark"]'
        )
    if found.selectors:
        lines.append(f"selectors = {_list(found.selectors)}")
    else:
        lines.append('# TODO the DKIM selectors that your mail provider names: selectors = ["s1"]')
    return lines


def _rest(answers: Answers, found: Found) -> list[str]:
    login = next((url for url, kind in found.routes if kind == "auth"), f"{found.domain}/login")
    return [
        "# A test member, by the names of environment variables; never a password itself.",
        "# [accounts.member]",
        '# username_env = "MEMBER_USERNAME"',
        '# password_env = "MEMBER_PASSWORD"',
        f"# login = {_text(login)}",
        f'# private = "{found.domain}/members"',
        "",
        "[alerts]",
        f"monitor = {_text(answers.monitor)}"
        if answers.monitor
        else '# TODO what watches the launch: monitor = "name or URL"',
        "# TODO the day a test alert reached a person: tested = 2026-12-01",
        "",
        "[deployment]",
        f"rollback = {_text(answers.rollback)}"
        if answers.rollback
        else '# TODO how to go back to the last version: rollback = "…"',
    ]


def _readable(found: Found) -> Found:
    """Return what was found as a manifest takes it: names in their usual form, each once."""
    hosts: dict[str, FoundHost] = {}
    for host in found.hosts:
        name, to = _or_nothing(hostname, host.name), _or_nothing(hostname, host.redirects_to)
        if name and name not in hosts:
            edge = host.edge if host.edge in get_args(EdgeName) else ""
            if _end(to, hosts) == name:
                # Nobody means a circle: the audit tells of it.
                to = ""
            hosts[name] = replace(host, name=name, edge=edge, redirects_to=to)
    routes: dict[str, RouteKind] = {}
    for url, kind in found.routes:
        full = _or_nothing(route_url, url)
        if full:
            routes.setdefault(full.removeprefix("https://"), kind)
    return replace(
        found,
        domain=hostname(found.domain),
        name=_one_line(found.name)[:200].strip(),
        hosts=tuple(hosts.values()),
        routes=tuple(routes.items()),
        senders=tuple(filter(None, map(_one_line, found.senders))),
        selectors=tuple(filter(None, map(_one_line, found.selectors))),
    )


def _end(name: str, hosts: Mapping[str, FoundHost]) -> str:
    """Return the host that a name leads to in the end."""
    while (host := hosts.get(name)) is not None and host.redirects_to:
        name = host.redirects_to
    return name


def _or_nothing(read: Callable[[str], str], value: str) -> str:
    try:
        return read(value)
    except ValueError:
        return ""


def _one_line(value: str) -> str:
    """Return the printable characters of a text from outside, on one line."""
    printable = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(printable.split())


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    """Return a TOML basic string: JSON's escapes are a part of TOML's, DEL is not."""
    return json.dumps(_one_line(value), ensure_ascii=False).replace("\x7f", "\\u007f")
