"""The addresses of one lab: what its zones publish, and where on loopback that is dialled.

Zones publish documentation addresses (RFC 5737, RFC 3849), because a zone full of 127.x.y.z would be
a fault of its own. Each lab has a /16 of loopback to itself, so that several test processes,
or several people on one machine, can each run a lab on the real ports.
"""

import errno
import os
import socket
from dataclasses import dataclass

_LOCK_PORT = 7
_FIRST_BLOCK, _LAST_BLOCK = 64, 191
_NETWORKS = {"192.0.2": 0, "198.51.100": 1, "203.0.113": 2}
_PORTS = (25, 53, 80, 443)

ROOT_SERVER = "192.0.2.1"
NS_FIRST = "198.51.100.53"
NS_SECOND = "198.51.100.55"
NS_STALE = "198.51.100.54"
NS_SILENT = "198.51.100.99"

WEB = "203.0.113.10"
WEB_IPV6 = "2001:db8::10"
WEB_LEGACY_TLS = "203.0.113.11"
WEB_PORT_80_ONLY = "203.0.113.12"
WEB_HTTP_1 = "203.0.113.13"
WEB_NOT_TLS = "203.0.113.14"
WEB_WEAK_CERTIFICATE = "203.0.113.15"
WEB_APPLICATION = "203.0.113.20"

MX = "203.0.113.25"
MX_PLAIN = "203.0.113.26"
MX_SELF_SIGNED = "203.0.113.27"
MX_SILENT = "203.0.113.99"

# Not published anywhere: the lab's own, told to whoever asks the Lab.
RESOLVER = "192.0.2.201"
RESOLVER_STALE = "192.0.2.202"
RESOLVER_TRUSTING = "192.0.2.203"
APPLICATION_UPSTREAM = "192.0.2.210"

PUBLISHED = (
    ROOT_SERVER,
    NS_FIRST,
    NS_SECOND,
    NS_STALE,
    NS_SILENT,
    WEB,
    WEB_LEGACY_TLS,
    WEB_PORT_80_ONLY,
    WEB_HTTP_1,
    WEB_NOT_TLS,
    WEB_WEAK_CERTIFICATE,
    WEB_APPLICATION,
    MX,
    MX_PLAIN,
    MX_SELF_SIGNED,
    MX_SILENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A /16 of loopback that no other lab on this machine uses."""

    number: int
    lock: socket.socket

    def dialled(self, published: str) -> str:
        """Return the loopback address that stands for a published documentation address."""
        network, _, host = published.rpartition(".")
        return f"127.{self.number}.{_NETWORKS[network]}.{host}"

    def dial(self) -> dict[str, str]:
        """Return "published address:port" to "address:port on loopback", for every lab server.

        Ports where nothing listens are mapped too: a refused connection must come from the lab,
        not from the network that the machine happens to be in.
        """
        mapped = {
            f"{address}:{port}": f"{self.dialled(address)}:{port}"
            for address in PUBLISHED
            for port in _PORTS
        }
        for port in (80, 443):
            mapped[f"[{WEB_IPV6}]:{port}"] = f"{self.dialled(WEB)}:{port}"
        return mapped

    def release(self) -> None:
        """Let another lab have the block."""
        self.lock.close()


def claim() -> Block:
    """Return a free block. The lock is a bound socket, so it ends with the process that holds it.

    Raises RuntimeError when every block is taken.
    """
    count = _LAST_BLOCK - _FIRST_BLOCK + 1
    # Starting apart keeps parallel workers from racing through the same candidates.
    start = os.getpid() % count
    for offset in range(count):
        number = _FIRST_BLOCK + (start + offset) % count
        lock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            lock.bind((f"127.{number}.255.254", _LOCK_PORT))
            lock.listen(1)
        except OSError as error:
            lock.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        block = Block(number=number, lock=lock)
        if _is_unused(block):
            return block
        lock.close()
    raise RuntimeError(f"no free loopback block between 127.{_FIRST_BLOCK} and 127.{_LAST_BLOCK}")


def _is_unused(block: Block) -> bool:
    """Tell whether no server, of whatever owner, listens on the block's main addresses."""
    for published, port in ((NS_FIRST, 53), (WEB, 443), (MX, 25), (RESOLVER, 53)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((block.dialled(published), port))
            except OSError:
                return False
    return True
