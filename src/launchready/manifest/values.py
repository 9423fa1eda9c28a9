"""Values that a manifest holds: host names, addresses, URLs, lines of the dial map."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")


def hostname(value: str) -> str:
    """Return a host or domain name in lower case as it stands in the DNS (IDNA), or raise ValueError."""
    name = value.strip().rstrip(".").lower()
    if not name.isascii():
        import idna  # noqa: PLC0415 - only names beyond ASCII pay for it

        _one_alphabet(value, name)
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError as error:
            raise ValueError(f"{value!r} is not a host name: {error}") from None
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise ValueError(f"{value!r} is not a host name such as app.example.org")
    return name


def domain_name(value: str) -> str:
    """Return the domain as it stands in the DNS, or raise ValueError: an address is none."""
    name = hostname(value)
    # No top-level domain is a number, so that this can only be an address.
    if name.rpartition(".")[2].isdigit():
        raise ValueError(
            f"{name} is an address; name the domain that members type, such as example.org"
        )
    return name


def _one_alphabet(value: str, name: str) -> None:
    """Raise ValueError where a letter of another alphabet only looks like a Latin one."""
    for label in name.split("."):
        names = {c: unicodedata.name(c, "") for c in label if c.isalpha()}
        others = [c for c, n in names.items() if n.startswith(("CYRILLIC", "GREEK", "ARMENIAN"))]
        if others and any(n.startswith("LATIN") for n in names.values()):
            raise ValueError(
                f"{value!r} is not a host name: it mixes alphabets, {others[0]!r} is "
                f"{names[others[0]].lower()}"
            )


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an IP address such as 203.0.113.5") from None


def one_or_many(value: Any) -> Any:
    """Return a tuple of one for a text alone, one of all for a list; everything else as it is."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _day(value: Any) -> Any:
    """Return the date that a text in quotes writes as TOML does without; else the value as it is."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        with suppress(ValueError):
            return dt.date.fromisoformat(value.strip())
    return value


def resolver(value: str) -> str:
    """Return the value when it is a resolver as IP or IP:PORT; ValueError when it is none."""
    try:
        split_address(value, default_port=53)
    except ValueError:
        raise ValueError(f"{value!r} is not an address such as 9.9.9.9 or 127.0.0.1:5353") from None
    return value


def split_address(value: str, *, default_port: int) -> tuple[str, int]:
    """Split `A`, `A:PORT` or `[A6]:PORT` into address and port; ValueError when it is neither."""
    match = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", value)
    if match:
        host, port = match[1], match[2]
    elif value.count(":") == 1:
        host, port = value.split(":")
    else:
        host, port = value, None
    number = int(port) if port is not None and port.isdigit() else default_port
    if (port is not None and not port.isdigit()) or not 0 < number < 65536:
        raise ValueError(f"{value!r} has no port between 1 and 65535 behind its colon")
    return str(ip_address(host)), number


def split_dial(value: str) -> tuple[str, int, str, int]:
    """Split `HOST-OR-ADDRESS:PORT=ADDRESS:PORT` into its four parts; ValueError when it is not that."""
    left, separator, right = value.partition("=")
    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})", left)
    if not separator or match is None or not 0 < int(match[3]) < 65536:
        raise ValueError(
            f"{value!r} is not HOST-OR-ADDRESS:PORT=ADDRESS:PORT, such as "
            "app.example.org:443=203.0.113.5:443"
        )
    try:
        address, port = split_address(right, default_port=0)
    except ValueError:
        raise ValueError(
            f"{value!r} leads nowhere: behind = stand an address and a port, such as "
            "203.0.113.5:443 or [2001:db8::5]:443"
        ) from None
    name = match[1] or match[2]
    try:
        name = str(ip_address(name))
    except ValueError:
        # As the DNS writes it, or the line would match nothing and nobody would be told.
        name = hostname(name)
    return name, int(match[3]), address, port


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        # The value is not repeated: whoever gets this wrong wrote the secret itself here.
        raise ValueError(
            "this is not the name of an environment variable such as MEMBER_PASSWORD; "
            "the value itself never belongs into this file"
        )
    return value


def dial_line(value: str) -> str:
    """Return the value when it is a line of the dial map; ValueError when it is none."""
    split_dial(value)
    return value


def route_url(value: str) -> str:
    """Return the full URL of `app.example.org/login` or `https://…`; ValueError when it is none."""
    url = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(url)
        number = parts.port
    except ValueError:
        raise ValueError(f"{value!r} is not a URL such as app.example.org/login") from None
    if parts.username is not None:
        # The value is not repeated: it may hold a password.
        raise ValueError(
            "a URL here holds no user name and no password; leave out what is before @"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is not a URL such as app.example.org/login")
    host = hostname(parts.hostname)
    port = f":{number}" if number else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path or '/'}{query}"


_LABEL_SHAPE = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_SHAPE = rf"[^\u0000-\u007f]|^\s*{_LABEL_SHAPE}(\.{_LABEL_SHAPE})+\.*\s*$"
"""What editors hold a host name to; one beyond ASCII only the program can judge."""
URL_SHAPE = (
    rf"[^\u0000-\u007f]|^\s*([Hh][Tt][Tt][Pp][Ss]?://)?{_LABEL_SHAPE}(\.{_LABEL_SHAPE})+\.*"
    r"(:[0-9]*)?(\s*|[/?#][\s\S]*)$"
)
VARIABLE_SHAPE = r"^\s*[A-Za-z_][A-Za-z0-9_]*\s*$"


def _shaped(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


Day = Annotated[dt.date, BeforeValidator(_day)]
Domain = Annotated[str, AfterValidator(domain_name), _shaped(HOST_SHAPE)]
Hostname = Annotated[str, AfterValidator(hostname), _shaped(HOST_SHAPE)]
RouteUrl = Annotated[str, AfterValidator(route_url), _shaped(URL_SHAPE)]
Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, AfterValidator(_variable), _shaped(VARIABLE_SHAPE)]
Names = Annotated[tuple[str, ...], BeforeValidator(one_or_many)]


def no_circle(leads: Mapping[str, str]) -> None:
    """Raise ValueError when following what leads where ends where it began."""
    passed: set[str] = set()
    for start in leads:
        way: list[str] = []
        here = start
        while here in leads and here not in passed:
            way.append(here)
            passed.add(here)
            here = leads[here]
        if here in way:
            around = " → ".join([*way[way.index(here) :], here])
            raise ValueError(f"these lead back to where they began: {around}")


def once(keys: Iterable[Any], meant: Callable[[str], str]) -> None:
    """Raise ValueError when two keys mean the same, of which one would be lost in silence."""
    seen: dict[str, str] = {}
    for key in keys:
        try:
            name = meant(key)
        except ValueError:
            continue
        if name in seen:
            raise ValueError(f"{seen[name]!r} and {key!r} are the same; put both into one")
        seen[name] = key


def headed(entries: dict[str, Any], key: str) -> dict[str, Any]:
    """Write into each entry what it stands under; ValueError where it states that by itself."""
    for name, entry in entries.items():
        if isinstance(entry, dict) and key in entry:
            raise ValueError(f"{name!r} has the key {key!r}, which its heading says; leave it out")
    return {k: {**e, key: k} if isinstance(e, dict) else e for k, e in entries.items()}
