"""What libcurl's end of a transfer means: an answer, an answer with trouble, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pycurl

from launchready.collect.web.message import Failure, FailureKind, Intake, Request, Response
from launchready.facts.http import Headers, Timing

# A host that does not take the connection up by then is not going to within the deadline.
CONNECT_SHARE = 0.6

CLOSED_SILENTLY = "the connection was closed without an answer"
"""The trouble of a connection that was taken and given up, which may have been chance."""
SEVERAL_LOCATIONS = "several different Location fields"
"""The trouble of a redirect that browsers and libcurl refuse to follow."""

# libcurl-errors(3); pycurl names no constants for these.
_HTTP2_STREAM, _HTTP3, _TOO_LARGE = 92, 95, 100
_GARBLED = {
    pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_FTP_WEIRD_SERVER_REPLY, pycurl.E_BAD_CONTENT_ENCODING,
    pycurl.E_HTTP2, _HTTP3, _TOO_LARGE, pycurl.E_WRITE_ERROR,
}  # fmt: skip
BROKEN_OFF = {
    pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR, pycurl.E_GOT_NOTHING, pycurl.E_PARTIAL_FILE,
    pycurl.E_SSL_SHUTDOWN_FAILED, _HTTP2_STREAM,
}  # fmt: skip
"""Codes of a connection that ended before the answer did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformResult:
    """How a transfer ended: libcurl's error code (0 when it went well) and its message."""

    code: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A published address and where it is dialled."""

    published: str
    dialled: str
    port: int


def outcome(
    handle: pycurl.Curl,
    request: Request,
    targets: Sequence[Target],
    intake: Intake,
    result: PerformResult,
) -> Response | Failure:
    """Return what came of a transfer. Read before the handle is closed."""
    address = _published(handle, targets)
    trouble = ""
    if result.code and not (intake.body_cut and result.code == pycurl.E_WRITE_ERROR):
        if not intake.complete_head:
            failure = _failure(handle, request, intake, result, address)
            if failure.kind not in {"garbled", "silent"}:
                return failure
            trouble = failure.reason
        elif result.code == pycurl.E_OPERATION_TIMEDOUT:
            intake.body_cut = True
        else:
            trouble = _broken(intake, result)
    elif not intake.complete_head:
        trouble = "the answer has no complete head"
    usable = intake.complete_head
    chain = handle.getinfo(pycurl.INFO_CERTINFO) if request.certificates else ()
    return Response(
        url=request.url,
        method=request.method,
        status=intake.status if usable else 0,
        headers=Headers(tuple(intake.fields)) if usable else Headers(),
        body=b"".join(intake.chunks),
        body_cut=intake.body_cut,
        wire_bytes=int(handle.getinfo(pycurl.SIZE_DOWNLOAD_T)),
        http_version=intake.version if usable else "",
        address=address,
        timing=Timing(
            name_s=handle.getinfo(pycurl.NAMELOOKUP_TIME),
            connect_s=handle.getinfo(pycurl.CONNECT_TIME),
            tls_s=handle.getinfo(pycurl.APPCONNECT_TIME),
            first_byte_s=handle.getinfo(pycurl.STARTTRANSFER_TIME),
            total_s=handle.getinfo(pycurl.TOTAL_TIME),
        ),
        trouble=trouble,
        certificates=tuple(tuple(tuple(pair) for pair in one) for one in chain),
    )


def _failure(
    handle: pycurl.Curl, request: Request, intake: Intake, result: PerformResult, address: str
) -> Failure:
    secure = urlsplit(request.url).scheme == "https"
    # A connection that stood already has no times of its own, but an address at its other end;
    # one that is still waited for has none.
    shared = not handle.getinfo(pycurl.NUM_CONNECTS) and bool(handle.getinfo(pycurl.PRIMARY_IP))
    connected = shared or handle.getinfo(pycurl.CONNECT_TIME) > 0
    shaken = shared or not secure or handle.getinfo(pycurl.APPCONNECT_TIME) > 0
    where = address or request.addresses[0]
    if intake.stopped:
        return Failure(kind="garbled", reason=intake.stopped, address=where)
    if result.code == pycurl.E_OPERATION_TIMEDOUT:
        if connected and shaken:
            reason = f"no answer within {request.deadline_s:g} seconds"
            return Failure(kind="timeout", reason=reason, address=where, late=True)
        # libcurl counts the TLS handshake towards the connection.
        waited = f"within {request.deadline_s * CONNECT_SHARE:g} seconds"
        # One that waited to share another's connection never opened its own.
        if connected or (secure and not handle.getinfo(pycurl.NUM_CONNECTS)):
            reason = f"no TLS handshake {waited}"
            return Failure(
                kind="tls", reason=reason, address=where, late=connected, unsent=not connected
            )
        return Failure(kind="closed", reason=f"{where} takes no connection {waited}", address=where)
    if result.code == pycurl.E_COULDNT_CONNECT:
        return Failure(kind="closed", reason=f"{where} refuses the connection", address=where)
    if result.code == pycurl.E_PEER_FAILED_VERIFICATION:
        return Failure(kind="certificate", reason=_said(result.message), address=where)
    if result.code in BROKEN_OFF | _GARBLED and shaken:
        silent = result.code in BROKEN_OFF and not intake.version
        kind: FailureKind = "silent" if silent else "garbled"
        return Failure(kind=kind, reason=_broken(intake, result), address=where)
    if secure and not shaken:
        return Failure(kind="tls", reason=_said(result.message), address=where)
    return Failure(kind="garbled", reason=_said(result.message), address=where)


def _broken(intake: Intake, result: PerformResult) -> str:
    if intake.stopped:
        return intake.stopped
    if result.code == pycurl.E_UNSUPPORTED_PROTOCOL:
        return "the answer is not HTTP"
    if "Multiple Location" in result.message:
        return SEVERAL_LOCATIONS
    if result.code in BROKEN_OFF:
        return (
            "the connection was closed before the answer ended"
            if intake.version
            else CLOSED_SILENTLY
        )
    if result.code == pycurl.E_BAD_CONTENT_ENCODING:
        return "the body is not encoded as its Content-Encoding says"
    return f"the answer is not valid HTTP: {_said(result.message)}"


def _said(message: str) -> str:
    """Return libcurl's message, bounded and printable: parts of it may come from the peer."""
    return "".join(c if c.isprintable() else "\ufffd" for c in message[:200])


def _published(handle: pycurl.Curl, targets: Sequence[Target]) -> str:
    """Return the published address of the connection made, or the only one there was."""
    dialled = str(handle.getinfo(pycurl.PRIMARY_IP))
    for target in targets:
        if target.dialled == dialled:
            return target.published
    return targets[0].published if len(targets) == 1 else ""
