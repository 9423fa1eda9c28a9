"""A demo launch served on loopback, with a manifest that leads there."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

import dns.flags
import dns.message
import dns.rdatatype

from launchready.demo.app import GuardedApp
from launchready.demo.certificates import Authority, server_context
from launchready.demo.description import DemoLaunch, Host
from launchready.demo.latency import TcpRelay
from launchready.demo.listening import LOOPBACK, ClosedPort, allow_many_sockets
from launchready.demo.manifest import (
    METRICS_ENV,
    PASSWORD_ENV,
    PAYMENTS_ENV,
    USERNAME_ENV,
    toml,
)
from launchready.demo.name_answers import Names, Responder, authority, recursive
from launchready.demo.name_server import NameListener
from launchready.demo.seeding import seeded
from launchready.demo.site import site
from launchready.demo.smtp_server import MailListener
from launchready.demo.state import AskedName, State
from launchready.demo.web_server import WebListener
from launchready.demo.zone_data import NameServer, Zone
from launchready.manifest import parse_manifest

_COMMENT = """\
The demo's manifest. It is written anew whenever the demo starts: [network] leads to the
servers that it has started on this machine, in place of the addresses that Willow publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A demo that runs: what to audit, and how it is reached."""

    launch: DemoLaunch
    manifest: Path
    """launchready.toml, `[network]` included."""
    ca: Path
    """PEM of the root to trust."""
    resolvers: tuple[tuple[str, int], ...]
    """(address, port) of the resolvers."""
    dial: tuple[str, ...]
    """Lines HOST-OR-ADDRESS:PORT=ADDRESS:PORT."""
    environment: dict[str, str]
    """The variables that hold what the audit needs: the test member's name and password, the webhook's
    secret, the token of guard's figures. They are set in this process already."""
    state: State

    def port(self, name: str, port: int) -> int:
        """Return the loopback port behind a published address or name. KeyError when there is none."""
        shown = f"[{name}]" if ":" in name else name
        for line in self.dial:
            left, _, right = line.partition("=")
            if left == f"{shown}:{port}":
                return int(right.rpartition(":")[2])
        raise KeyError(f"{name} has no port {port}")


class _Listener(Protocol):
    port: int

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def running(
    launch: DemoLaunch, directory: Path, *, latency_s: float = 0.0
) -> AsyncIterator[Running]:
    """Serve the launch on free loopback ports until the block ends.

    Writes `ca.pem`, `launchready.toml` and `requests.log`, a line for each request, into the
    directory, which is made if needed.
    `latency_s` is added to every round trip of a packet, in seconds.
    Raises OSError when no port is free or the directory cannot be written.
    """
    allow_many_sockets()
    authority_ = Authority()
    state = State()
    async with AsyncExitStack() as stack:
        ports = _Ports(stack, latency_s)
        resolvers = await _start_names(launch, state, ports)
        manifest_ = parse_manifest(toml(launch.manifest))
        log = stack.enter_context(_log(directory))
        app = await stack.enter_async_context(seeded(launch, state, manifest_, log))
        await _start_sites(launch, state, app, authority_, ports)
        await _start_mail(launch, authority_, ports)
        for address in launch.refused_addresses:
            for port in (25, 53, 80, 443):
                ports.refuse([address], port)
        environment = {
            USERNAME_ENV: state.username, PASSWORD_ENV: state.password,
            PAYMENTS_ENV: state.payments_secret, METRICS_ENV: state.metrics_token,
        }  # fmt: skip
        stack.enter_context(_environment(environment))
        ca, manifest = _write(launch, directory, authority_, resolvers, ports.dial)
        yield Running(
            launch=launch, manifest=manifest, ca=ca,
            resolvers=tuple((LOOPBACK, port) for port in resolvers), dial=tuple(ports.dial),
            environment=environment, state=state,
        )  # fmt: skip


def _log(directory: Path) -> TextIO:
    directory.mkdir(parents=True, exist_ok=True)
    return (directory / "requests.log").open("w", encoding="utf-8")


def _write(
    launch: DemoLaunch,
    directory: Path,
    authority_: Authority,
    resolvers: list[int],
    dial: list[str],
) -> tuple[Path, Path]:
    ca, manifest = directory / "ca.pem", directory / "launchready.toml"
    ca.write_bytes(authority_.root_pem)
    network = {
        "resolvers": [f"{LOOPBACK}:{port}" for port in resolvers],
        "dial": dial,
        "ca": str(ca.resolve()),
    }
    manifest.write_text(
        toml({**launch.manifest, "network": network}, comment=_COMMENT), encoding="utf-8"
    )
    return ca, manifest


class _Ports:
    """Starts listeners, with relays in front when there is latency, and notes the way to them.

    Name servers delay their answers themselves: a relay would need the same port for UDP.
    """

    def __init__(self, stack: AsyncExitStack, latency_s: float) -> None:
        self.stack = stack
        self.latency_s = latency_s
        self.dial: list[str] = []

    async def start(self, listener: _Listener) -> int:
        """Start the listener and return the port to connect to."""
        await listener.start()
        self.stack.push_async_callback(listener.close)
        if not self.latency_s or isinstance(listener, NameListener):
            return listener.port
        relay = TcpRelay(listener.port, self.latency_s)
        await relay.start()
        self.stack.push_async_callback(relay.close)
        return relay.port

    def lead(self, names: list[str], port: int, to: int) -> None:
        """Note that these names and addresses are reached at a loopback port."""
        for name in names:
            shown = f"[{name}]" if ":" in name else name
            self.dial.append(f"{shown}:{port}={LOOPBACK}:{to}")

    def refuse(self, names: list[str], port: int) -> None:
        """Note a port where whoever connects is refused."""
        closed = ClosedPort()
        self.stack.callback(closed.close)
        self.lead(names, port, closed.port)


async def _start_names(launch: DemoLaunch, state: State, ports: _Ports) -> list[int]:
    names = Names(launch.zones)
    held: dict[tuple[str, ...], list[tuple[Zone, NameServer]]] = {}
    for zone in launch.zones:
        for server in zone.servers:
            held.setdefault(tuple(server.addresses), []).append((zone, server))
    for addresses, zones in held.items():
        respond = _counted(authority(names, zones), addresses[0], state)
        tcp = all(server.tcp for _, server in zones)
        port = await ports.start(NameListener(respond, latency_s=ports.latency_s, tcp=tcp))
        ports.lead(list(addresses), 53, port)
    found = []
    for number, resolver in enumerate(launch.resolvers, 1):
        respond = _counted(recursive(names, resolver), f"resolver {number}", state)
        found.append(await ports.start(NameListener(respond, latency_s=ports.latency_s)))
    return found


def _counted(respond: Responder, server: str, state: State) -> Responder:
    def counted(query: dns.message.Message) -> dns.message.Message | None:
        asked = query.question[0]
        state.names[
            AskedName(
                server=server,
                name=asked.name.to_text().lower(),
                type=dns.rdatatype.to_text(asked.rdtype),
                checking_disabled=bool(query.flags & dns.flags.CD),
                dnssec=bool(query.ednsflags & dns.flags.DO),
            )
        ] += 1
        return respond(query)

    return counted


async def _start_sites(
    launch: DemoLaunch, state: State, app: GuardedApp, authority_: Authority, ports: _Ports
) -> None:
    for host in launch.hosts:
        application = site(launch, state, app, [host], direct=False)
        contexts = {host.name: _context(authority_, host)}
        secure = WebListener(application, contexts, garbled=host.garbled)
        await _web(ports, host.addresses, 443, secure if host.https_open else None)
        await _web(ports, host.addresses, 80, WebListener(application) if host.http_open else None)
        if host.name == "rdap.org":
            # Asked by its name, wherever that would lead.
            ports.lead([host.name], 443, int(ports.dial[-2].rpartition(":")[2]))
    behind: dict[str, list[Host]] = {}
    for host in launch.hosts:
        if host.origin is not None:
            behind.setdefault(host.origin.address, []).append(host)
    for address, hosts in behind.items():
        reachable = [h for h in hosts if h.origin is not None and h.origin.open]
        application = site(launch, state, app, reachable, direct=True)
        contexts = {h.name: _context(authority_, h) for h in reachable}
        await _web(ports, [address], 443, WebListener(application, contexts) if contexts else None)
        await _web(ports, [address], 80, WebListener(application) if contexts else None)


async def _web(
    ports: _Ports, addresses: list[str], port: int, listener: WebListener | None
) -> None:
    if listener is None:
        ports.refuse(addresses, port)
    else:
        ports.lead(addresses, port, await ports.start(listener))


def _context(authority_: Authority, host: Host) -> ssl.SSLContext:
    protocols = ("h2", "http/1.1") if host.http2 else ("http/1.1",)
    return server_context(
        authority_, host.certificate, versions=host.tls_versions, protocols=protocols
    )


async def _start_mail(launch: DemoLaunch, authority_: Authority, ports: _Ports) -> None:
    for host in launch.mail_hosts:
        if host.reachable:
            context = server_context(authority_, host.certificate)
            ports.lead(host.addresses, 25, await ports.start(MailListener(host, context)))
        else:
            ports.refuse(host.addresses, 25)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
