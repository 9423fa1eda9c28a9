"""The resolvers that the operating system names."""

from __future__ import annotations

from pathlib import Path

from launchready.manifest.values import split_address


def system_resolvers(path: Path = Path("/etc/resolv.conf")) -> tuple[tuple[str, int], ...]:
    """Return the resolvers that the system names, at most three as its own library uses."""
    found: list[tuple[str, int]] = []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = [f"nameserver {address}" for address in _from_registry()]
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                found.append(split_address(words[1], default_port=53))
            except ValueError:
                continue
    return tuple(found[:3])


def _from_registry() -> list[str]:
    """Return the name servers where there is no resolv.conf (Windows keeps them elsewhere)."""
    import dns.resolver  # noqa: PLC0415 - costs 90 ms and only Windows needs it

    try:
        return [str(n) for n in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        return []
