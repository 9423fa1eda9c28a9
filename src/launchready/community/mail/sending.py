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
        try:
            async with asyncio.timeout(WITHIN_S):
                await aiosmtplib.send(
                    message,
                    hostname=server.hostname,
                    port=server.port or (465 if encrypted else 587),
                    username=unquote(server.username) if server.username else None,
                    password=unquote(server.password) if server.password else None,
                    use_tls=encrypted,
                    timeout=WITHIN_S,
                )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [r.code for r in refused.recipients]
            raise NotSent(
                f"the server refused the recipient ({codes[0]})", for_good=codes[0] >= 500
            ) from None
        except aiosmtplib.SMTPAuthenticationError as refused:
            # Somebody can set that right, so the letter waits.
            raise NotSent(f"the server refused our password ({refused.code})") from None
        except aiosmtplib.SMTPResponseException as refused:
            raise NotSent(
                f"the server refused the letter ({refused.code})", for_good=refused.code >= 500
            ) from None
        except TimeoutError:
            raise NotSent(f"the server did not answer within {WITHIN_S:g} s") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(f"the server cannot be reached ({type(error).__name__})") from None

    return send


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
