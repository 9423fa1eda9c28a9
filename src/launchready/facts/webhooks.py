"""What a webhook answers to harmless events: signed, signed wrongly, long ago, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from launchready.facts.subject import Fact
from launchready.manifest import RouteEntry

Signing = Literal["signed", "another secret", "an hour ago", "unsigned"]

# Servers that answer so may not have come to the question of who sent it.
_NOT_REACHED = frozenset({404, 405, 406, 410, 415, 501})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event that was sent, and what came of it."""

    signing: Signing
    variable: str = ""
    """The name of the environment variable whose secret signed it."""
    status: int
    seen: str
    """Status and media type."""
    limited: bool = False
    """The answer asks to wait."""

    @property
    def taken(self) -> bool:
        """Whether a sender would count it as delivered: any 2xx, and no redirect."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTrial(Fact):
    """Harmless events sent to a webhook once each, of a type that no app acts on."""

    plain: ClassVar[str] = "the webhook's answers to events"
    patience: ClassVar[int] = 3

    route: RouteEntry
    deliveries: tuple[Delivery, ...]
    not_signed: str = ""
    """Why none was signed; empty when some were, or when the manifest says of no signature."""
    how_to_sign: str = ""

    def of(self, signing: Signing) -> tuple[Delivery, ...]:
        """Return the deliveries of this kind."""
        return tuple(d for d in self.deliveries if d.signing == signing)

    @property
    def works(self) -> bool:
        """Whether every event that was rightly signed was taken, and one was sent."""
        signed = self.of("signed")
        return bool(signed) and all(d.taken for d in signed)

    @property
    def fault(self) -> str:
        """`refuses-signed` when an event that is rightly signed is refused."""
        refused = any(not d.taken and not d.limited for d in self.of("signed"))
        return "refuses-signed" if refused else ""

    def tells(self, delivery: Delivery) -> bool:
        """Return whether an answer is about the event, and not about a limit or a broken route.

        Of a redirect it is not known what stands at its end, which senders never see.
        """
        if delivery.taken or delivery.limited:
            return delivery.taken
        reached = 400 <= delivery.status < 500 and delivery.status not in _NOT_REACHED
        return reached or self.works
