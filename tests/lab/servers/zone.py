"""A zone of the lab: what its primary serves, and how its parent delegates it."""

from dataclasses import dataclass
from typing import Literal

Signing = Literal["unsigned", "signed", "corrupt", "one-corrupt", "lapsed", "wrong-ds"]

NAMESERVERS = ("ns1.hosting.test.", "ns2.hosting.test.")
SERIAL = 2024010203
STALE_SERIAL = 2023050601


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One domain.

    `delegated` is the parent's NS set where it differs from the child's own `nameservers`;
    `stale_records` is what the stale secondary answers, and None where it refuses.
    """

    name: str
    purpose: str
    records: str
    signing: Signing = "unsigned"
    nameservers: tuple[str, ...] = NAMESERVERS
    delegated: tuple[str, ...] | None = None
    served: bool = True
    stale_records: str | None = None

    @property
    def parent_nameservers(self) -> tuple[str, ...]:
        """The NS set that the parent publishes for this zone."""
        return self.delegated if self.delegated is not None else self.nameservers

    def text(self) -> str:
        """Return the zone in master-file form (RFC 1035, section 5)."""
        return self._text(SERIAL, self.records)

    def stale_text(self) -> str:
        """Return what the secondary that no longer gets transfers still serves."""
        return self._text(STALE_SERIAL, self.stale_records or "")

    def _text(self, serial: int, records: str) -> str:
        name_servers = "".join(f"@ NS {server}\n" for server in self.nameservers)
        return (
            f"$ORIGIN {self.name}.\n$TTL 300\n"
            f"@ SOA {self.nameservers[0]} hostmaster.hosting.test. {serial} 3600 600 1209600 300\n"
            f"{name_servers}{records}"
        )
