"""Unbound resolvers: one that is right, one with old data for two names, one that does not validate."""

from collections.abc import Sequence
from pathlib import Path

from . import addresses as at
from .addresses import Block
from .process import Server, start
from .zone import Zone

STALE_ADDRESS = "203.0.113.97"


def start_resolvers(
    block: Block, directory: Path, zones: Sequence[Zone], trust_anchor: str
) -> list[Server]:
    """Start the resolvers; those that validate trust the DS record `trust_anchor` for the root."""
    anchor = f'  trust-anchor: "{trust_anchor.strip()}"\n'
    old_data = (
        '  local-zone: "moved.lab.test." redirect\n'
        f'  local-data: "moved.lab.test. 300 A {STALE_ADDRESS}"\n'
        '  local-zone: "vanished.lab.test." always_nxdomain\n'
    )
    stubs = _stubs(block, zones)
    return [
        _start("unbound", block.dialled(at.RESOLVER), directory, f"{anchor}{stubs}"),
        _start(
            "unbound-stale",
            block.dialled(at.RESOLVER_STALE),
            directory,
            f"{anchor}{old_data}{stubs}",
        ),
        _start(
            "unbound-trusting",
            block.dialled(at.RESOLVER_TRUSTING),
            directory,
            stubs,
            modules="iterator",
        ),
    ]


def _stubs(block: Block, zones: Sequence[Zone]) -> str:
    """Return whom to ask for each zone; validation still follows the DS records from the root.

    The zones publish documentation addresses, which nothing routes, so Unbound cannot follow the
    referrals by itself. Of several servers it is told the right ones: it would choose among them at
    random, and its answers must not depend on which of a zone's faulty servers it met.
    """
    parent = [block.dialled(at.ROOT_SERVER)]
    right = [block.dialled(at.NS_FIRST), block.dialled(at.NS_SECOND)]
    refusing = [block.dialled(at.NS_STALE)]
    return (
        _stub(".", parent)
        + _stub("test.", parent)
        + "".join(_stub(f"{zone.name}.", right if zone.served else refusing) for zone in zones)
    )


def _start(
    name: str, address: str, directory: Path, data: str, *, modules: str = "validator iterator"
) -> Server:
    home = directory / name
    home.mkdir()
    configuration = home / "unbound.conf"
    configuration.write_text(
        f"""server:
  directory: "{home}"
  chroot: ""
  username: ""
  pidfile: "{home}/unbound.pid"
  use-syslog: no
  logfile: ""
  verbosity: 1
  do-daemonize: no
  num-threads: 1
  interface: {address}
  outgoing-interface: {address}
  port: 53
  do-ip6: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "{modules}"
  val-log-level: 2
  local-zone: "test." nodefault
  so-rcvbuf: 0
  so-sndbuf: 0
  edns-buffer-size: 1232
{data}"""
    )
    return start(
        name,
        ["unbound", "-d", "-c", str(configuration)],
        directory=home,
        listens=[(address, 53)],
    )


def _stub(zone: str, addresses: Sequence[str]) -> str:
    lines = "".join(f"  stub-addr: {address}\n" for address in addresses)
    return f'stub-zone:\n  name: "{zone}"\n{lines}'
