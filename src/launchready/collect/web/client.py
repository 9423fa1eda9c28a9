"""The HTTP client: libcurl on the event loop, bounded in time, in size and in number."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import pycurl

from launchready.collect.dial import DialMap
from launchready.collect.tls.offer import CIPHERS
from launchready.collect.web.message import CONTROL, Failure, Intake, Request, Response, Verify
from launchready.collect.web.outcome import CONNECT_SHARE, PerformResult, Target, outcome
from launchready.collect.web.places import Places

AT_ONCE = 192
"""Enough that two dozen hosts which never answer leave room for the others."""
AT_ONCE_PER_HOST = 8
AT_ONCE_PER_HOST_HTTP2 = 24
# After so many vain waits in a row a host is asked by one request at a time, until it answers.
_SILENT = 4


@dataclass(slots=True)
class _Patience:
    """What is known of a server that keeps us waiting."""

    vain: int = 0
    trying: bool = False
    failure: Failure | None = None


class HttpClient:
    """Sends requests and raw handles; holds connections open for further ones until closed."""

    def __init__(
        self,
        *,
        dial: DialMap | None = None,
        ca_file: Path | None = None,
        at_once: int | None = None,
    ) -> None:
        """Trust certifi's authorities and those of `ca_file`. Raises OSError when it is unreadable."""
        self._dial = dial or DialMap()
        self._all = asyncio.Semaphore(at_once or min(AT_ONCE, _files_max() // 2))
        self._per_host: defaultdict[str, Places] = defaultdict(lambda: Places(AT_ONCE_PER_HOST))
        self._multi = pycurl.AsyncCurlMulti()
        self._patience: defaultdict[tuple[str, Target], _Patience] = defaultdict(_Patience)
        self._routes: dict[str, bool] = {}
        self._bundle: tempfile.TemporaryDirectory[str] | None = None
        self.unverified: set[str] = set()
        """Hosts (with port) whose certificate browsers do not accept, so that it is found out once."""
        self.ca_file = certifi.where()
        """The bundle of trusted authorities."""
        if ca_file is not None:
            # A file and not a blob: libcurl keeps a parsed file for all connections, a blob for none.
            self._bundle = tempfile.TemporaryDirectory(prefix="launchready-")
            both = Path(self._bundle.name) / "trusted.pem"
            both.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes())
            self.ca_file = str(both)

    async def aclose(self) -> None:
        """Stop every transfer, close every connection."""
        await self._multi.aclose()
        if self._bundle is not None:
            self._bundle.cleanup()

    async def perform(self, handle: pycurl.Curl, *, host: str = "") -> PerformResult:
        """Run a handle to its end within the client's bounds; the caller has set its deadline.

        Time spent waiting for a place does not count towards the handle's TIMEOUT_MS.
        """
        async with self._place(host):
            return await self._run(handle)

    async def _run(self, handle: pycurl.Curl) -> PerformResult:
        try:
            await self._multi.perform(handle)
        except pycurl.error as error:
            code, message = error.args
            return PerformResult(code=code, message=str(message))
        return PerformResult(code=0)

    def handle(
        self,
        url: str,
        addresses: Sequence[str],
        *,
        deadline_s: float,
        verify: Verify = "full",
    ) -> pycurl.Curl | Failure:
        """Return a handle that connects to the published addresses of the URL's host, racing them.

        It uses no proxy, no resolver, no cookies, no stored credentials, follows no redirect and
        speaks HTTP only. A Failure of our own is returned when this machine has no route to any
        of the addresses. Where the dial map sends addresses to different ports, only those of
        the first port are dialled (`send` tries the others after them).
        """
        targets = self._targets(url, addresses)
        if isinstance(targets, Failure):
            return targets
        return self._handle(url, targets[0], deadline_s, verify)

    async def send(self, request: Request) -> Response | Failure:
        """Return the answer to one request, or why there is none. Redirects are not followed."""
        groups = self._targets(request.url, request.addresses, around=request.around)
        if isinstance(groups, Failure):
            return groups
        result: Response | Failure = Failure(kind="closed", reason="no address to ask")
        for targets in groups:
            result = await self._exchange(request, targets)
            if not (isinstance(result, Failure) and result.kind == "closed"):
                break
        return result

    @asynccontextmanager
    async def _place(self, host: str) -> AsyncIterator[None]:
        async with AsyncExitStack() as held:
            if host:
                await held.enter_async_context(self._per_host[host].one())
            await held.enter_async_context(self._all)
            yield

    def _targets(
        self, url: str, addresses: Sequence[str], *, around: bool = False
    ) -> list[list[Target]] | Failure:
        """Return the targets this machine has a route to, grouped by port."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        groups: dict[int, list[Target]] = {}
        for address in addresses:
            name = address if around else parts.hostname or ""
            dialled, to = self._dial.target(name, address, port)
            if self._has_route(dialled, to):
                groups.setdefault(to, []).append(Target(address, dialled, to))
        if groups:
            return list(groups.values())
        if not addresses:
            return Failure(kind="refused by us", reason="there is no address to ask")
        only = " by IPv6" if all(":" in a for a in addresses) else ""
        reason = f"this machine has no route to {addresses[0]}; it cannot reach the host{only}"
        return Failure(kind="no route", reason=reason, address=addresses[0], ours=True)

    def _has_route(self, address: str, port: int) -> bool:
        """Return whether the system knows a way to an address; nothing is sent."""
        if address not in self._routes:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as probe:
                    probe.connect((address, port))
                self._routes[address] = True
            except OSError:
                self._routes[address] = False
        return self._routes[address]

    def _handle(
        self, url: str, targets: Sequence[Target], deadline_s: float, verify: Verify
    ) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.PROXY, "")
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.NETRC, 0)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.FOLLOWLOCATION, 0)
        handle.setopt(pycurl.TIMEOUT_MS, max(1, int(deadline_s * 1000)))
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(deadline_s * 1000 * CONNECT_SHARE)))
        handle.setopt(pycurl.SSL_VERIFYPEER, 1 if verify == "full" else 0)
        handle.setopt(pycurl.SSL_VERIFYHOST, 0 if verify == "none" else 2)
        handle.setopt(pycurl.CAINFO, self.ca_file)
        if url.startswith("https:"):
            # Where HTTP/2 is spoken one connection carries all; each handshake spared is a millisecond.
            handle.setopt(pycurl.PIPEWAIT, 1)
            handle.setopt(pycurl.SSL_CIPHER_LIST, CIPHERS)
        port = targets[0].port
        if len(targets) == 1:
            handle.setopt(pycurl.CONNECT_TO, [f"::{_bracketed(targets[0].dialled)}:{port}"])
            return handle
        # One name that stands for all addresses, so that libcurl races them (RFC 8305).
        # The cache of names is shared by all handles; the same name always has the same addresses.
        joined = ",".join(dict.fromkeys(_bracketed(t.dialled) for t in targets))
        name = f"{hashlib.sha256(joined.encode()).hexdigest()[:32]}.invalid"
        handle.setopt(pycurl.CONNECT_TO, [f"::{name}:{port}"])
        handle.setopt(pycurl.RESOLVE, [f"{name}:{port}:{joined}"])
        return handle

    async def _exchange(self, request: Request, targets: Sequence[Target]) -> Response | Failure:
        host = urlsplit(request.url).netloc
        async with self._place(host):
            patience = self._patience[request.url.partition(":")[0] + host, targets[0]]
            on_trial = patience.vain >= _SILENT and not request.insists
            if on_trial and patience.trying and patience.failure is not None:
                earlier = patience.failure
                reason = f"{earlier.reason} to what was asked before"
                return replace(earlier, reason=reason, not_asked=True)
            patience.trying = patience.trying or on_trial
            try:
                found, timed_out = await self._attempt(request, targets)
                if isinstance(found, Failure) and found.unsent:
                    # Where the first request is not answered, libcurl leaves the one that would
                    # share its connection waiting, also when no connection is shared after all.
                    alone = replace(request, fresh=True)
                    found, timed_out = await self._attempt(alone, targets)
            finally:
                if on_trial:
                    patience.trying = False
            if isinstance(found, Failure) and timed_out:
                patience.vain += 1
                patience.failure = found
            else:
                patience.vain = 0
            places = self._per_host[host]
            now_s = asyncio.get_running_loop().time()
            if isinstance(found, Response):
                if found.http_version == "2":
                    places.widen(AT_ONCE_PER_HOST_HTTP2)
                begun_s = now_s - found.timing.total_s
                places.waited(begun_s, begun_s + found.timing.first_byte_s)
            elif timed_out:
                places.waited(now_s - request.deadline_s, now_s)
            return found

    async def _attempt(
        self, request: Request, targets: Sequence[Target]
    ) -> tuple[Response | Failure, bool]:
        """Return what came of one transfer, and whether its time was over."""
        handle = self._handle(request.url, targets, request.deadline_s, request.verify)
        intake = Intake(body_max_bytes=request.body_max_bytes)
        try:
            _describe(handle, request, intake)
            result = await self._run(handle)
            found = outcome(handle, request, targets, intake, result)
        finally:
            handle.close()
        return found, result.code == pycurl.E_OPERATION_TIMEDOUT


def _files_max() -> int:
    """Return how many files and sockets this process may have open."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return 2 * AT_ONCE
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft > 0 else 2 * AT_ONCE


def _describe(handle: pycurl.Curl, request: Request, intake: Intake) -> None:
    handle.setopt(pycurl.HEADERFUNCTION, intake.header)
    handle.setopt(pycurl.WRITEFUNCTION, intake.chunk)
    # All that this libcurl can decode: what it cannot would come as noise.
    handle.setopt(pycurl.ACCEPT_ENCODING, "")
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    if request.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    elif request.body is not None:
        handle.setopt(pycurl.POSTFIELDS, request.body)
        handle.setopt(pycurl.CUSTOMREQUEST, request.method)
    elif request.method == "POST":
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.POSTFIELDS, b"")
    elif request.method != "GET":
        handle.setopt(pycurl.CUSTOMREQUEST, request.method)
    # A server's own words go back to it in some, a line break of which would begin another field.
    lines = [CONTROL.sub("?", f"{n}: {v}" if v else f"{n};") for n, v in request.headers]
    if request.body is not None or request.method == "POST":
        lines.append("Expect:")
    if lines:
        handle.setopt(pycurl.HTTPHEADER, [line.encode("latin-1", "replace") for line in lines])
    if request.certificates:
        # A resumed session carries no chain.
        handle.setopt(pycurl.OPT_CERTINFO, 1)
        handle.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
    if request.fresh or request.certificates:
        handle.setopt(pycurl.FRESH_CONNECT, 1)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
