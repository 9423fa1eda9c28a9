"""The header fields and body of a message as octets, as hostile as they come (RFC 5322, 2)."""

import re
from codecs import BOM_UTF8
from dataclasses import dataclass

_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:")
_LINE_END = re.compile(rb"\r?\n")
_FIELDS_MAX = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailField:
    """One header field. `raw` is the whole field with its folds, without the final CRLF."""

    name: str
    raw: bytes

    @property
    def value(self) -> bytes:
        """What stands after the colon."""
        return self.raw.split(b":", 1)[1]

    @property
    def text(self) -> str:
        """The value unfolded, in UTF-8 where it is."""
        unfolded = self.value.replace(b"\r\n", b"")
        return unfolded.decode("utf-8", "replace").strip(" \t")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailMessage:
    """A message with CRLF line ends; `problems` say which lines of the header are none."""

    fields: tuple[MailField, ...]
    body: bytes
    problems: tuple[str, ...]

    def named(self, name: str) -> tuple[MailField, ...]:
        """Return the fields of a lower-case name, the first one first."""
        return tuple(field for field in self.fields if field.name == name)


def parse_message(raw: bytes) -> MailMessage:
    """Split a message into fields and body. Never raises; at most 2,000 fields are kept.

    A saved message may have bare LF line ends, which become CRLF as SMTP would have it, and the
    byte order mark that some editors put before a text.
    """
    data = _LINE_END.sub(b"\r\n", raw.removeprefix(BOM_UTF8))
    header, found, body = data.partition(b"\r\n\r\n")
    if data.startswith(b"\r\n"):
        header, found, body = b"", b"\r\n", data[2:]
    if not found:
        header, body = data.removesuffix(b"\r\n"), b""
    problems: list[str] = []
    collected: list[list[bytes]] = []
    for number, line in enumerate(header.split(b"\r\n") if header else (), start=1):
        if line[:1] in (b" ", b"\t"):
            if collected:
                collected[-1].append(line)
            else:
                problems.append(f"line {number} continues a field, but none has begun")
        elif _NAME.match(line):
            collected.append([line])
        elif not (number == 1 and line.startswith((b"From ", b">From "))):
            problems.append(f"line {number} of the header is no header field")
    if len(collected) > _FIELDS_MAX:
        problems.append(f"{len(collected)} header fields; those after {_FIELDS_MAX} are ignored")
    fields = tuple(
        MailField(
            name=lines[0].split(b":", 1)[0].rstrip(b" \t").decode("ascii").lower(),
            raw=b"\r\n".join(lines),
        )
        for lines in collected[:_FIELDS_MAX]
    )
    return MailMessage(fields=fields, body=body, problems=tuple(problems[:20]))
