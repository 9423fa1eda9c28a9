"""What a visitor typed into a form or a JSON body, as far as guard decides by it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from email.message import Message as MailMessage
from urllib.parse import parse_qsl

from launchready.manifest import RouteEntry

FIELDS_MAX = 200
_ACCOUNT_FIELDS = ("username", "email")
_CODE_FIELDS = ("code",)


def typed(body: bytes, content_type: bytes | None) -> Mapping[str, str]:
    """Return the texts of a urlencoded form or of a JSON object; empty for anything else."""
    media, charset = _media(content_type)
    if media == "application/x-www-form-urlencoded":
        text = body.decode(charset, errors="replace")
        try:
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
        except ValueError:
            return {}
    if media == "application/json" or media.endswith("+json"):
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        if isinstance(value, dict):
            return {k: v for k, v in value.items() if isinstance(v, str)}
    return {}


def account(entry: RouteEntry, said: Mapping[str, str]) -> str | None:
    """Return the account's name, or the invitation's code, that an attempt is for; None without one."""
    names = _CODE_FIELDS if entry.kind == "invite" else _ACCOUNT_FIELDS
    return _first(said, [entry.fields.get(name, name) for name in names])


def _first(said: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((said[name] for name in names if said.get(name)), None)


def _media(content_type: bytes | None) -> tuple[str, str]:
    if content_type is None:
        return "", "utf-8"
    message = MailMessage()
    message["content-type"] = (
        content_type.decode("latin-1")[:200].replace("\r", "").replace("\n", "")
    )
    charset = message.get_content_charset("utf-8")
    try:
        "".encode(charset)
    except (LookupError, ValueError):
        charset = "utf-8"
    return message.get_content_type(), charset
