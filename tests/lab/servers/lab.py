"""A running lab: every server started, every address and name that a test needs to reach it."""

import contextlib
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode

from . import addresses as at
from .addresses import Block, claim
from .certificates import new_authority
from .mail import start_mail
from .mail_zones import DkimKey, ed25519_key, rsa_key
from .nameservers import start_nameservers
from .process import START_DEADLINE_S, Server, ServerDidNotStartError
from .resolvers import start_resolvers
from .web import issue_certificates, start_web
from .web_hosts import HOSTS
from .zone import Zone
from .zones import RECORD_PURPOSES, all_zones

APPLICATION_PORT = 8080
_QUERY_TIMEOUT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """What a test may know of the lab; every "IP:PORT" is on loopback and answers now.

    `dial` maps each published "address:port" to the "address:port" to connect to instead, for DNS,
    web and mail alike. `web`, `domains` and `records` map a name to its fault in words.
    """

    resolver: str
    trusting_resolver: str
    """Does not validate."""
    stale_resolver: str
    parent_nameserver: str
    nameserver: str
    stale_nameserver: str
    ca_file: Path
    intermediate_file: Path
    dial: Mapping[str, str]
    web: Mapping[str, str]
    domains: Mapping[str, str]
    records: Mapping[str, str]
    dkim_keys: Mapping[str, DkimKey]
    directory: Path
    application_upstream: str
    logs: tuple[Path, ...]

    def dialled(self, published: str, port: int) -> tuple[str, int]:
        """Return the loopback address and port behind a published address; KeyError if unknown."""
        host = f"[{published}]" if ":" in published else published
        address, _, dialled_port = self.dial[f"{host}:{port}"].rpartition(":")
        return address, int(dialled_port)


@contextlib.contextmanager
def running_lab() -> Iterator[Lab]:
    """Run a lab, and end all its servers afterwards.

    Raises ServerDidNotStartError, with the end of the server's log, when one does not come up.
    """
    block = claim()
    # Not pytest's folder: it is closed to the users that Postfix's parts run as.
    directory = Path(tempfile.mkdtemp(prefix="launch-lab-"))
    directory.chmod(0o755)
    servers: list[Server] = []
    try:
        yield _start(block, directory, servers)
    finally:
        for server in servers:
            server.stop()
        block.release()
        shutil.rmtree(directory, ignore_errors=True)


def _start(block: Block, directory: Path, servers: list[Server]) -> Lab:
    now = dt.datetime.now(dt.UTC)
    zones = all_zones()
    certificates = directory / "certificates"
    certificates.mkdir()
    authority = new_authority(certificates, now)
    issue_certificates(authority)
    application_upstream = f"{block.dialled(at.APPLICATION_UPSTREAM)}:{APPLICATION_PORT}"

    # Postfix is the slowest to come up.
    servers.append(start_mail(block, directory, authority))
    servers.append(start_web(block, directory, authority, application_upstream))
    nameservers, trust_anchor = start_nameservers(block, directory, zones, now)
    servers.extend(nameservers)
    deadline = time.monotonic() + START_DEADLINE_S
    for server in nameservers:
        server.await_ready(deadline)
    # A resolver remembers a bad answer: it must not ask before the zones are loaded.
    _await_zones(block, zones, deadline)
    servers.extend(start_resolvers(block, directory, zones, trust_anchor))
    for server in servers:
        server.await_ready(deadline)

    rsa_2048 = rsa_key(2048)
    return Lab(
        resolver=f"{block.dialled(at.RESOLVER)}:53",
        trusting_resolver=f"{block.dialled(at.RESOLVER_TRUSTING)}:53",
        stale_resolver=f"{block.dialled(at.RESOLVER_STALE)}:53",
        parent_nameserver=f"{block.dialled(at.ROOT_SERVER)}:53",
        nameserver=f"{block.dialled(at.NS_FIRST)}:53",
        stale_nameserver=f"{block.dialled(at.NS_STALE)}:53",
        ca_file=authority.root_file,
        intermediate_file=authority.intermediate_file,
        dial=block.dial(),
        web={host.name: host.purpose for host in HOSTS},
        domains={zone.name: zone.purpose for zone in zones},
        records={f"{label}.lab.test": purpose for label, purpose in RECORD_PURPOSES.items()},
        dkim_keys={
            "s1._domainkey.brand.test": rsa_2048,
            "ed._domainkey.brand.test": ed25519_key(),
        },
        directory=directory,
        application_upstream=application_upstream,
        logs=tuple(server.log for server in servers),
    )


def _await_zones(block: Block, zones: list[Zone], deadline: float) -> None:
    loaded = [(zone.name, at.NS_FIRST) for zone in zones if zone.served]
    loaded += [(zone.name, at.NS_STALE) for zone in zones if zone.stale_records is not None]
    loaded += [(".", at.ROOT_SERVER), ("test", at.ROOT_SERVER)]
    for name, server in loaded:
        while not _answers(name, block.dialled(server)):
            if time.monotonic() > deadline:
                raise ServerDidNotStartError(f"{server} does not serve the zone {name}")
            time.sleep(0.02)


def _answers(zone: str, address: str) -> bool:
    query = dns.message.make_query(zone, "SOA")
    try:
        answer = dns.query.udp(query, address, timeout=_QUERY_TIMEOUT_S)
    except (OSError, dns.exception.DNSException):
        return False
    return answer.rcode() == dns.rcode.NOERROR and bool(answer.answer)
