"""Three Knot DNS servers: the parents, the children, and the secondary that was forgotten."""

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.transaction
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm, DSDigest

from . import addresses as at
from .addresses import Block
from .process import Server, run_tool, start
from .zone import Zone
from .zones import parent_text, root_text

_DAY = dt.timedelta(days=1)
_SIGNED_BY_KNOT = ("signed", "wrong-ds")


def start_nameservers(
    block: Block, directory: Path, zones: Sequence[Zone], now: dt.datetime
) -> tuple[list[Server], str]:
    """Start the three servers; return them and the root's DS record, the trust anchor."""
    children = _Knot(block, directory / "children", "children", (at.NS_FIRST, at.NS_SECOND))
    parents = _Knot(block, directory / "parents", "parents", (at.ROOT_SERVER,))
    stale = _Knot(block, directory / "stale", "stale", (at.NS_STALE,))

    delegation_signers = ""
    for zone in zones:
        if zone.served:
            match zone.signing:
                case "unsigned":
                    children.add(zone.name, zone.text())
                case "corrupt" | "one-corrupt" | "lapsed":
                    text, ds = _sign_badly(zone, now)
                    children.add(zone.name, text)
                    delegation_signers += ds
                case "signed" | "wrong-ds":
                    children.add(zone.name, zone.text(), signed=True)
        if zone.stale_records is not None:
            stale.add(zone.name, zone.stale_text())

    signed = [zone for zone in zones if zone.signing in _SIGNED_BY_KNOT]
    for zone in signed:
        ds = children.new_key(zone.name)
        if zone.signing == "wrong-ds":
            fields = ds.split()
            # Another digest under the same key tag: what a forgotten key roll-over leaves behind.
            fields[-1] = "0" * len(fields[-1])
            ds = " ".join(fields) + "\n"
        delegation_signers += ds

    parents.add("test", parent_text(list(zones), delegation_signers), signed=True)
    test_ds = parents.new_key("test")
    parents.add(".", root_text(test_ds), signed=True)
    anchor = parents.new_key(".")
    return [knot.start() for knot in (parents, children, stale)], anchor


class _Knot:
    """The configuration of one server, grown zone by zone and then started."""

    def __init__(self, block: Block, directory: Path, name: str, published: Iterable[str]) -> None:
        directory.mkdir()
        self._directory = directory
        self._name = f"knot-{name}"
        self._listens = [(block.dialled(address), 53) for address in published]
        self._zones: list[str] = []

    @property
    def _configuration(self) -> Path:
        return self._directory / "knot.conf"

    def add(self, zone: str, text: str, *, signed: bool = False) -> None:
        """Serve a zone; where `signed`, with a key that new_key() makes before the start."""
        file = f"{zone.strip('.') or 'root'}.zone"
        (self._directory / file).write_text(text)
        signing = "    dnssec-signing: on\n    dnssec-policy: lab\n" if signed else ""
        self._zones.append(f"  - domain: {zone}\n    file: {file}\n{signing}")

    def new_key(self, zone: str) -> str:
        """Make the zone's key; return its DS record with SHA-256, owner included."""
        self._write_configuration()
        arguments = ("keymgr", "-c", str(self._configuration), f"{zone.rstrip('.')}.")
        run_tool(*arguments, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes")
        answer = run_tool(*arguments, "ds")
        return next(line for line in answer.splitlines(keepends=True) if " 13 2 " in line)

    def start(self) -> Server:
        self._write_configuration()
        return start(
            self._name,
            ["knotd", "-c", str(self._configuration)],
            directory=self._directory,
            listens=self._listens,
        )

    def _write_configuration(self) -> None:
        listen = ", ".join(f"{address}@{port}" for address, port in self._listens)
        self._configuration.write_text(
            f"""server:
  rundir: "{self._directory}"
  listen: [ {listen} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: {min(2, os.cpu_count() or 1)}
  version: ""
  identity: ""
log:
  - target: stderr
    any: info
database:
  storage: "{self._directory}"
  journal-db-max-size: 32M
  kasp-db-max-size: 32M
  timer-db-max-size: 8M
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
    manual: on
template:
  - id: default
    storage: "{self._directory}"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    semantic-checks: soft
zone:
{"".join(self._zones)}"""
        )


def _sign_badly(zone: Zone, now: dt.datetime) -> tuple[str, str]:
    """Return a zone with signatures that lapsed or never verified, and the DS of its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = dns.dnssec.make_dnskey(private.public_key(), Algorithm.ECDSAP256SHA256, flags=257)
    origin = dns.name.from_text(zone.name)
    parsed = dns.zone.from_text(zone.text(), origin=origin, relativize=False)
    lapsed = zone.signing == "lapsed"
    with parsed.writer() as transaction:
        dns.dnssec.sign_zone(
            parsed,
            transaction,
            keys=[(private, key)],
            inception=now - 30 * _DAY,
            expiration=now - 2 * _DAY if lapsed else now + 30 * _DAY,
        )
    if not lapsed:
        only = dns.name.from_text(f"www.{zone.name}") if zone.signing == "one-corrupt" else None
        _corrupt_signatures(parsed, only)
    ds = dns.dnssec.make_ds(origin, key, DSDigest.SHA256)
    return parsed.to_text(relativize=False), f"{origin} DS {ds.to_text()}\n"


def _corrupt_signatures(zone: dns.zone.Zone, only: dns.name.Name | None) -> None:
    """Flip the last byte of every signature but the key set's, as a damaged transfer would.

    Of one name's signatures alone, where one is given.
    """
    for name, node in zone.nodes.items():
        if only not in {None, name}:
            continue
        for rdataset in list(node.rdatasets):
            if rdataset.rdtype != dns.rdatatype.RRSIG or rdataset.covers == dns.rdatatype.DNSKEY:
                continue
            damaged = [
                rdata.replace(signature=rdata.signature[:-1] + bytes([rdata.signature[-1] ^ 1]))
                for rdata in rdataset
            ]
            node.replace_rdataset(dns.rdataset.from_rdata_list(rdataset.ttl, damaged))
