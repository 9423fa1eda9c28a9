"""Run checkdmarc's command line against the demo: `python tool_checkdmarc.py SERVING.json DOMAIN…`.

checkdmarc knows no ports, so names are resolved and connections made here as the demo's dial map
says: the same way that the audit goes, at no cost worth measuring.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import dns.nameserver
import dns.resolver


def main() -> None:
    """Point the resolver and the sockets of this process to the demo, then run the tool."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    dial = dict(line.split("=", 1) for line in told["dial"])
    address, port = told["resolvers"][0]
    find = socket.getaddrinfo

    def configured(self: dns.resolver.BaseResolver, _path: Any) -> None:
        self.nameservers = [address]

    def named(self: dns.nameserver.Do53Nameserver, _address: str, _port: int = 53) -> None:
        self.address, self.port = address, port

    def new_find(host: Any, service: Any, *rest: Any, **options: Any) -> Any:
        published = told["addresses"].get(str(host).rstrip("."), [host])[0]
        to = dial.get(f"{published}:{service}")
        if to is None:
            return find(host, service, *rest, **options)
        return find(to.rpartition(":")[0], int(to.rpartition(":")[2]), *rest, **options)

    dns.resolver.BaseResolver.read_resolv_conf = configured  # type: ignore[assignment,method-assign]
    dns.nameserver.Do53Nameserver.__init__ = named  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = new_find  # type: ignore[assignment]
    from checkdmarc._cli import _main  # noqa: PLC0415 - after the patches

    sys.argv = ["checkdmarc", *sys.argv[2:]]
    _main()


if __name__ == "__main__":
    main()
