"""Which submission this is: its key, what it holds, and who sends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from launchready.guard.asgi import RawHeaders

FORM_FIELD = "_submission"
KEY_MAX_LENGTH = 255
_FIELDS_MAX = 1000
_FORM = b"application/x-www-form-urlencoded"
_MULTIPART = b"multipart/form-data"

# RFC 8941 section 3.3.3, and what clients send that do not know it: a token, a UUID, base64.
_STRING = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\])*)"\Z')
_BARE = re.compile(rb"[A-Za-z0-9!#$%&'*+\-.^_`|~:/=]+\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
_PART = re.compile(rb'name="?_submission"?\r\n\r\n([^\r\n]{0,65})\r\n')
_BOUNDARY = re.compile(rb'boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))', re.IGNORECASE)
# Cookies that say who somebody is; a cookie that counts page views changes between two clicks.
_SESSION = re.compile(
    r"sess|sid|auth|token|jwt|login|user|uid|member|account|ident|signed|\Aid\Z", re.IGNORECASE
)
_NO_SESSION = re.compile(r"[cx]srf", re.IGNORECASE)
# The same for fields of programs that send no Authorization, such as X-Api-Key.
_CREDENTIAL = re.compile(rb"api-?key|auth|token|session|secret|jwt")
_NO_CREDENTIAL = re.compile(rb"[cx]srf")


class BadKeyError(ValueError):
    """The key of a submission is malformed; the text says to its sender how it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What names a submission; `form` when it is a form's token and not an Idempotency-Key."""

    value: str
    form: bool


def submission_key(headers: RawHeaders, body: bytes) -> Key | None:
    """Return the key of an unsafe request; None when it has none. Raises BadKeyError.

    The `Idempotency-Key` field (draft-ietf-httpapi-idempotency-key-header-07: an RFC 8941 string;
    a bare token is taken too), else the form's hidden field `_submission`.
    """
    values = [value for name, value in headers if name == b"idempotency-key"]
    if len(values) > 1:
        raise BadKeyError("Please send one Idempotency-Key, not several.")
    if values:
        return Key(value=parsed_key(values[0]), form=False)
    token = _form_token(_media(headers), body)
    if token is None:
        return None
    if not _TOKEN.match(token):
        raise BadKeyError(f"The form's {FORM_FIELD} is not one that we made. Please reload it.")
    return Key(value=token, form=True)


def parsed_key(value: bytes) -> str:
    """Return what an Idempotency-Key field holds: 1 to 255 characters. Raises BadKeyError."""
    value = value.strip(b" \t")
    key = b""
    if len(value) <= 2 * KEY_MAX_LENGTH + 2:
        if (string := _STRING.match(value)) is not None:
            key = re.sub(rb"\\(.)", rb"\1", string[1])
        elif _BARE.match(value):
            key = value
    if not 0 < len(key) <= KEY_MAX_LENGTH:
        raise BadKeyError(
            'An Idempotency-Key is a text in quotes of 1 to 255 ASCII characters, such as "7f3a91c0".'
        )
    return key.decode("ascii")


def comparable(headers: RawHeaders, body: bytes) -> bytes:
    """Return what must be the same when a submission is sent again.

    Browsers make up a new multipart boundary each time; what stands between is the same.
    """
    media = _media(headers)
    boundary = _BOUNDARY.search(media)
    if media[: len(_MULTIPART)].lower() == _MULTIPART and boundary:
        return body.replace(boundary[1] or boundary[2], b"")
    return media + b"\0" + body


def asker(headers: RawHeaders, client: str) -> str:
    """Return who sends it: by credentials and session cookies, else by the client's address.

    Nobody else gets the kept answer, whatever key they guess.
    """
    found = []
    for name, value in headers:
        if _CREDENTIAL.search(name) and not _NO_CREDENTIAL.search(name):
            found.append(f"{name.decode('latin-1')}: {value.decode('latin-1')}")
        elif name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                cookie = pair.partition("=")[0]
                if _SESSION.search(cookie) and not _NO_SESSION.search(cookie):
                    found.append(pair.strip())
    return "\n".join(["session", *sorted(found)] if found else ["address", client])


def _media(headers: RawHeaders) -> bytes:
    return next((value for name, value in headers if name == b"content-type"), b"")


def _form_token(media: bytes, body: bytes) -> str | None:
    """Return the form's token; None when the body is no form, or has no such field."""
    if FORM_FIELD.encode() not in body:
        return None
    kind = media.partition(b";")[0].strip().lower()
    if kind == _FORM:
        try:
            fields = parse_qsl(
                body.decode("latin-1"), keep_blank_values=True, max_num_fields=_FIELDS_MAX
            )
        except ValueError:
            return None
        return next((value for name, value in fields if name == FORM_FIELD), None)
    part = _PART.search(body) if kind == _MULTIPART else None
    return part[1].decode("latin-1") if part else None
