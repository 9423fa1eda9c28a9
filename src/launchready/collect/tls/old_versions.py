"""Whether a server still accepts an old TLS version, asked with a client hello of our own.

No library of today is asked for it: OpenSSL 3 has dropped ciphers that old servers still choose,
and its refusal would read as the server's.
"""

from __future__ import annotations

import asyncio
import os
import struct

from launchready.collect.world import World

TLS10, TLS11 = 0x0301, 0x0302
# Every suite that TLS 1.0 and 1.1 servers choose in practice: ECDHE, DHE, RSA; AES, 3DES, RC4,
# Camellia, SEED, IDEA, the export and DES ones that came before.
_SUITES = bytes.fromhex(
    "c014c00a00390038c00fc0050035c013c00900330032c00ec004002f00880087008400450044004100960007"
    "c012c008001600130010000dc00dc003000ac011c007c00cc00200050004001500120009001400110008000600030"
    "0ff"
)
_RECORD_ALERT, _RECORD_HANDSHAKE = 21, 22
_ALERT_WARNING = 1
_RECORDS_MAX = 8
_RECORD_BYTES_MAX = 1 << 14


async def accepts(world: World, host: str, address: str, version: int) -> bool | None:
    """Return whether an address chooses a TLS version when it is the best on offer.

    False: it answered with an alert, another version, or closed the connection.
    None: nothing could be told (no connection, silence, an answer that is not TLS).
    """
    target, port = world.dial.target(host, address, 443)
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(world.request_s):
            reader, writer = await asyncio.open_connection(target, port, limit=_RECORD_BYTES_MAX)
            try:
                writer.write(client_hello(host, version))
                await writer.drain()
                return await _chosen(reader, version)
            except (asyncio.IncompleteReadError, OSError):
                return False
    except (OSError, TimeoutError):
        return None
    finally:
        if writer is not None:
            writer.transport.abort()


def client_hello(host: str, version: int) -> bytes:
    """Return the record of a client hello whose best version is the given one (RFC 4346 section 7.4.1.2)."""
    name = host.encode("ascii", errors="ignore")[:255]
    server_name = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    groups = struct.pack("!H6H", 12, 29, 23, 24, 25, 22, 14)
    extensions = b"".join(
        struct.pack("!HH", number, len(body)) + body
        for number, body in ((0, server_name), (10, groups), (11, b"\x01\x00"))
    )
    body = (
        struct.pack("!H", version)
        + os.urandom(32)
        + b"\x00"
        + struct.pack("!H", len(_SUITES))
        + _SUITES
        + b"\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return struct.pack("!BHH", _RECORD_HANDSHAKE, TLS10, len(message)) + message


async def _chosen(reader: asyncio.StreamReader, version: int) -> bool | None:
    """Read records up to the server hello (RFC 5246 section 7.4.1.3) and compare its version."""
    message = b""
    for _ in range(_RECORDS_MAX):
        kind, record_version, length = struct.unpack("!BHH", await reader.readexactly(5))
        if record_version >> 8 != 3 or length > _RECORD_BYTES_MAX + 2048:
            return None
        if kind not in {_RECORD_ALERT, _RECORD_HANDSHAKE}:
            return None
        record = await reader.readexactly(length)
        if kind == _RECORD_ALERT:
            if record[:1] == bytes([_ALERT_WARNING]):
                continue  # such as unrecognized_name (RFC 6066 section 3); the server goes on
            return False
        message += record
        if len(message) >= 6:
            return message[0] == 2 and struct.unpack("!H", message[4:6])[0] == version
    return None
