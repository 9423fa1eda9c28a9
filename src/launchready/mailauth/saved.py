"""Messages as mail programs save them: what they put around one, and files that hold none."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass

_FIELD = re.compile(rb"[\x21-\x39\x3b-\x7e]+[ \t]*:")
_MBOX = re.compile(rb">?From ")
# An mbox puts this line before each message, after an empty one (RFC 4155, appendix A).
_NEXT = re.compile(
    rb"\n\r?\n(?=From [^\r\n]{0,200}[0-9]{1,2}:[0-9]{2}[^\r\n]{0,60}\r?\n[\x21-\x39\x3b-\x7e]{1,80}:)"
)
_QUOTED = re.compile(rb"^>(?=>{0,20}From )", re.MULTILINE)
_LENGTH = re.compile(rb"([0-9]{1,12})[ \t]*\r?\n")
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_START_MAX_CHARS = 4096
_HOW = (
    "Save the message as it was sent: Gmail: More > Show original > Download original; Outlook: "
    "More actions > Save as (.eml); Apple Mail: File > Save As > Raw Message Source; Thunderbird: "
    "Save As > File"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """The message alone; `notes` say what was taken away or read in another way."""

    raw: bytes
    notes: tuple[str, ...]


def unwrapped(raw: bytes) -> Unwrapped:
    """Return a saved message without what the program that saved it put around it. Never raises.

    Known are the mbox of Thunderbird, the length and the property list of Apple Mail, UTF-16, and
    line ends that are not those of a message.
    """
    notes: list[str] = []
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode()
        notes.append("the file is UTF-16; it is read as if it were UTF-8")
    raw = _line_ends(raw.removeprefix(BOM_UTF8))
    if raw.startswith((b"\n", b"\r\n")) and raw.strip(b"\r\n"):
        raw = raw.lstrip(b"\r\n")
        notes.append("empty lines before the header are left out")
    length = _LENGTH.match(raw)
    if length is not None and length.end() + int(length[1]) <= len(raw):
        start, octets = length.end(), int(length[1])
        if _FIELD.match(raw, start):
            raw = raw[start : start + octets]
            notes.append(f"the first line says that the message has {octets} octets")
    if raw.startswith(b"From "):
        raw = _first_of_mbox(raw, notes)
    return Unwrapped(raw=raw, notes=tuple(notes))


def _line_ends(raw: bytes) -> bytes:
    if b"\n" not in raw:
        return raw.replace(b"\r", b"\r\n")
    if b"\r\r\n" in raw and raw.count(b"\r\r\n") == raw.count(b"\n"):
        return raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _first_of_mbox(raw: bytes, notes: list[str]) -> bytes:
    others = list(_NEXT.finditer(raw))
    if others:
        notes.append(f"the file holds {len(others) + 1} messages; the first one is judged")
        raw = raw[: others[0].start() + 1]
    plain, quoted = _QUOTED.subn(b"", raw)
    if quoted:
        notes.append("the > that an mbox puts before From at the start of a line is left out")
    return plain


def not_a_message(raw: bytes) -> str:
    """Return why a file cannot be a mail message and how to save one, or nothing if it may be."""
    if raw.startswith(_OLE):
        return f"is an Outlook item (.msg), which is not the message as it was sent. {_HOW}"
    start = unwrapped(raw[:_START_MAX_CHARS]).raw
    if (length := _LENGTH.match(start)) is not None:  # cut short here, so left in place
        start = start[length.end() :]
    if _PAGE.match(start):
        return f"is a web page, not a message. {_HOW}"
    if start and not _FIELD.match(start) and not _MBOX.match(start):
        return f"is no mail message: its first line is no header field. {_HOW}"
    return ""
