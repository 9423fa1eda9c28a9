"""Opening the world of one run: its options from the manifest and the command line, its clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from launchready.collect.dial import DialMap
from launchready.collect.dns.client import NameClient
from launchready.collect.web.client import HttpClient
from launchready.collect.web.secret_engine import SecretSearch
from launchready.collect.world import World
from launchready.manifest import Manifest
from launchready.manifest.values import split_address


@asynccontextmanager
async def open_world(
    manifest: Manifest,
    *,
    from_file: bool = True,
    resolvers: Sequence[str] = (),
    dial: Sequence[str] = (),
    ca: Path | None = None,
    active: bool = False,
    request_s: float = 10.0,
    query_s: float = 4.0,
    deadline_s: float = 45.0,
) -> AsyncIterator[World]:
    """Yield the world of one run; its clients are closed behind it.

    What is given here goes before the manifest's `[network]`: resolvers and the certificate file
    replace the manifest's, dial lines are added and win where both name the same host and port.
    Raises ValueError on a line that cannot be read, OSError on a certificate file that cannot.
    """
    network = manifest.network
    servers = tuple(split_address(r, default_port=53) for r in resolvers or network.resolvers)
    routes = DialMap.parse([*network.dial, *dial])
    ca_file = ca or (Path(network.ca) if network.ca else None)
    names = NameClient(dial=routes, resolvers=servers, query_s=query_s)
    http = HttpClient(dial=routes, ca_file=ca_file)
    try:
        yield World(
            manifest=manifest,
            from_file=from_file,
            dial=routes,
            resolvers=names.resolvers,
            ca_file=ca_file,
            active=active,
            deadline_s=deadline_s,
            request_s=request_s,
            query_s=query_s,
            # Equal values have equal fingerprints within one launch, and mean nothing elsewhere.
            secrets=SecretSearch(f"{manifest.launch.domain} {manifest.launch.token}".encode()),
            http=http,
            names=names,
        )
    finally:
        await http.aclose()
        await names.close()
