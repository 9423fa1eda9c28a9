"""Commands of dig, curl and openssl, led to where this run looked: its resolvers, its dial map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import pairwise
from shlex import quote
from urllib.parse import urlsplit

from launchready.facts import Fact, Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.mail import Mx
from launchready.facts.zone import Zone
from launchready.manifest.values import split_address, split_dial
from launchready.report.model import Looking
from launchready.report.shell_lines import shell_words

_URL = re.compile(r"https?://[^\s'\"<>]+")
_FOLLOWS = re.compile(r"-[a-zA-Z]*L[a-zA-Z]*")
_FORCED = re.compile(r"(?:::|[^:]+:\d+:)\[?([0-9a-fA-F.:]+?)\]?:?")
_PORTS = {"http": 80, "https": 443}
_DNS = 53

Place = tuple[str, int]
Led = tuple[list[str], bool]
"""The words of a command, and whether all of it looks where this run looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePlaces:
    """Where this run looked, for commands that would look elsewhere by themselves."""

    resolver: Place | None = None
    """The first one that was named, where it was reached; None where the machine's own were asked."""
    dial: Mapping[Place, Place] = field(default_factory=dict)
    ca: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The address at which each name was visited."""

    @classmethod
    def of(cls, looking: Looking, observed: Mapping[Key, Fact | Gap]) -> SamePlaces:
        """Return the places of a run, from how it looked and what it has looked up."""
        dial: dict[Place, Place] = {}
        for line in looking.dial:
            name, port, address, to = split_dial(line)
            dial[name, port] = (address, to)
        addresses: dict[str, str] = {}
        for found in observed.values():
            if isinstance(found, Mx):
                addresses |= {r.exchange: r.addresses[0] for r in found.records if r.addresses}
            elif isinstance(found, Zone):
                addresses |= {n.name: n.addresses[0] for n in found.nameservers if n.addresses}
            elif isinstance(found, Resolution) and found.to_visit:
                addresses[found.subject.name] = found.to_visit[0]
        asked = next(iter(looking.resolvers), "")
        resolver = split_address(asked, default_port=_DNS) if asked else None
        return cls(
            resolver=resolver and dial.get(resolver, resolver),
            dial=dial, ca=looking.ca, addresses=addresses,
        )  # fmt: skip

    def command(self, see: str, told: Iterable[str] = ()) -> str:
        """Return a command with the options that lead it there.

        `told` is what else the finding says: a command that follows redirects is led to the hosts
        of the URLs in it as well.
        """
        return self._whole(see, told)[0]

    def misses(self, see: str, told: Iterable[str] = ()) -> bool:
        """Return whether a part of the command goes elsewhere all the same."""
        return not self._whole(see, told)[1]

    def _whole(self, see: str, told: Iterable[str]) -> tuple[str, bool]:
        if not (self.resolver or self.dial or self.ca):
            return see, True
        written: list[str] = []
        all_led = True
        for command in _commands(shell_words(see)):
            words, led = self._led(command, " ".join(told))
            written += words
            all_led = all_led and led
        return " ".join(written), all_led

    def _led(self, words: list[str], told: str) -> Led:
        match words[0]:
            case "dig":
                return self._dig(words)
            case "curl":
                return self._curl(words, told)
            case "openssl" if "-connect" in words:
                return self._openssl(words)
            case _:
                return words, True

    def _dig(self, words: list[str]) -> Led:
        named = next((word for word in words if word.startswith("@")), "")
        if "-p" in words or (not named and self.resolver is None):
            return words, True
        place = self._place(named[1:], _DNS) if named else self.resolver
        # A trace asks the servers of the root and those below, each at its own address.
        if place is None or "+trace" in words:
            return words, self.resolver is None and not self.dial
        port = [] if place[1] == _DNS else ["-p", str(place[1])]
        rest = [word for word in words[1:] if word != named]
        return [words[0], f"@{place[0]}", *port, *rest], True

    def _curl(self, words: list[str], told: str) -> Led:
        urls = [word for word in words if word.lstrip("'").startswith("http")]
        asked = dict.fromkeys(_places(" ".join(urls)))
        if any(_FOLLOWS.fullmatch(word) for word in words):
            hosts = dict.fromkeys(host for host, _ in (*asked, *_places(told)))
            asked |= dict.fromkeys((host, port) for host in hosts for port in _PORTS.values())
        option, forced = next(
            ((a, b) for a, b in pairwise(words) if a in {"--connect-to", "--resolve"}), ("", "")
        )
        match = _FORCED.fullmatch(forced.strip("'"))
        secure = any("https://" in url for url in urls)
        options = ["--cacert", quote(self.ca)] if self.ca and secure else []
        led = True
        for host, port in asked:
            place = self._place(match[1] if match else host, port)
            if place is None:
                led = led and self.resolver is None
            elif match or self.resolver or place != (self.addresses.get(host), port):
                options += ["--connect-to", f"{host}:{port}:{_written(place)}"]
        kept = [word for word in words[1:] if not match or word not in {option, forced}]
        return [words[0], *options, *kept], led

    def _openssl(self, words: list[str]) -> Led:
        at = words.index("-connect") + 1
        host, _, port = words[at].rpartition(":")
        host = host.strip("[]")
        place = self._place(host, int(port)) if port.isdigit() else None
        if place is None:
            return words, self.resolver is None
        options = ["-CAfile", quote(self.ca)] if self.ca else []
        if "-servername" not in words and not _is_address(host):
            options += ["-servername", host]
        return [*words[:at], _written(place), *options, *words[at + 1 :]], True

    def _place(self, name: str, port: int) -> Place | None:
        """Return where a connection to a name or an address goes; None where that is not known."""
        if (name, port) in self.dial:
            return self.dial[name, port]
        address = name if _is_address(name) else self.addresses.get(name)
        return self.dial.get((address, port), (address, port)) if address else None


def _commands(words: list[str]) -> list[list[str]]:
    """Split the words of a line into its commands; what ends one stays with it."""
    commands: list[list[str]] = [[]]
    for word in words:
        commands[-1].append(word)
        if word == "do" or word.endswith((";", "|")):
            commands.append([])
    return [command for command in commands if command]


def _places(text: str) -> list[Place]:
    """Return host and port of every URL in a text, in order."""
    found = []
    for url in _URL.findall(text):
        try:
            split = urlsplit(url)
            host, port = split.hostname, split.port or _PORTS[split.scheme]
        except ValueError:
            continue
        if host:
            found.append((host, port))
    return found


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _written(place: Place) -> str:
    address, port = place
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
