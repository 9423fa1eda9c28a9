"""Where letters go: to a mail server, or into a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from launchready.community.settings import Settings

WITHIN_S = 20.0
"""So long a server may take to greet, encrypt and let us in."""
ANSWERED_S = 75.0
"""And so long to take the letter. A server that looks through it may be slow to say that it has it (RFC
5321 section 4.5.3.2.6), and who does not wait for that sends it twice."""
LEAVES_S = 5.0
Carrier = Callable[[EmailMessage], Awaitable[None]]
"""Carries one letter away; raises NotSent when it could not."""


class NotSent(Exception):  # noqa: N818 - said of a letter
    """The letter is still here. `for_good`: trying again will not help."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


def carrier(settings: Settings) -> Carrier | None:
    """Return what carries letters away; None when nothing is set up, so that they wait."""
    if settings.smtp_url is not None:
        return _smtp(settings.smtp_url)
    if settings.mail_folder is not None:
        return _folder(settings.mail_folder)
    return None


def _smtp(url: str) -> Carrier:
    server = urlsplit(url)
    if server.scheme not in {"smtp", "smtps"} or not server.hostname:
        # The URL itself may hold a password.
        raise ValueError("smtp_url begins with smtp:// or smtps:// and names a server")
    encrypted = server.scheme == "smtps"

    async def send(message: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=server.hostname,
            port=server.port or (465 if encrypted else 587),
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=encrypted,
            timeout=ANSWERED_S,
        )
        try:
            async with asyncio.timeout(WITHIN_S):
                await client.connect()
            async with asyncio.timeout(ANSWERED_S):
                await client.send_message(message)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _not_sent(error) from None
        finally:
            await _leave(client)

    return send


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye. Whatever comes of it, the letter has gone or has not gone already."""
    try:
        async with asyncio.timeout(LEAVES_S):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        pass
    finally:
        client.close()


def _not_sent(error: Exception) -> NotSent:
    """Return what went wrong, and whether it is about the letter or about us.

    What somebody can set right (our password, our address, a relay that wants a log-in or a record in
    the DNS) leaves the letter waiting; a recipient or a letter that is refused as such does not.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refused = error.recipients[0]
        why, for_good = f"the server refused the recipient ({refused.code})", _for_good(refused)
    elif isinstance(error, aiosmtplib.SMTPDataError):
        why, for_good = f"the server refused the letter ({error.code})", _for_good(error)
    elif isinstance(error, aiosmtplib.SMTPAuthenticationError):
        why, for_good = f"the server refused our password ({error.code})", False
    elif isinstance(error, aiosmtplib.SMTPSenderRefused):
        why, for_good = f"the server refused our address or wants a log-in ({error.code})", False
    elif isinstance(error, aiosmtplib.SMTPResponseException):
        why, for_good = f"the server refused us ({error.code})", False
    elif isinstance(error, TimeoutError):
        why, for_good = "the server did not answer in time", False
    else:
        why, for_good = f"the server cannot be reached ({type(error).__name__})", False
    return NotSent(why, for_good=for_good)


def _for_good(refused: aiosmtplib.SMTPResponseException) -> bool:
    # X.7.X is security and policy (RFC 3463 section 3.8): relaying denied, no SPF, no log-in.
    return refused.code >= 500 and not refused.message.startswith("5.7.")


def _folder(folder: Path) -> Carrier:
    def write(message: EmailMessage) -> None:
        name = str(message["Message-ID"]).strip("<>").replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name}.part"
        part.write_bytes(bytes(message))
        # Under its name a letter is whole, and one that is sent again is the same file.
        part.replace(folder / f"{name}.eml")

    async def send(message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(write, message)
        except OSError as error:
            raise NotSent(f"the folder cannot be written ({type(error).__name__})") from None

    return send
