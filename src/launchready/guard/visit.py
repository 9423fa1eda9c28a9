"""One request as the guard sees it: who asks, for what, under which id."""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.guard.asgi import Scope
from launchready.guard.client import Proxies
from launchready.manifest import RouteEntry, RouteKind

if TYPE_CHECKING:
    from launchready.guard.webhooks import Event

KEY = "launchready"

request_id: ContextVar[str] = ContextVar("launchready_request_id", default="")
"""The id of the request that is being answered; empty outside of one."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request. An app finds it by `visit(scope)`."""

    id: str
    """The request id: in the answer's X-Request-ID, in every log line and on error pages."""
    scope: Scope
    proxies: Proxies
    route: RouteEntry | None
    """The declared route that holds for this path; None when none does."""
    member: str | None = None
    """Who is signed in, as the app says it; None when nobody is, or on routes that need not know."""
    right: bool | None = None
    """Set by an app that answers attempts (log-in, invitation) in a way of its own: True does not
    count against the limits, False does. None: guard tells by the answer."""
    event: Event | None = None
    """The verified event of a signed webhook."""

    @property
    def client(self) -> str:
        """Address of who asks, behind trusted proxies the one that they name."""
        peer = self.scope.get("client")
        return self.proxies.client(peer[0] if peer else None, self.scope["headers"])

    @property
    def kind(self) -> RouteKind | None:
        """The kind of the route; None when none is declared."""
        return self.route.kind if self.route else None

    def form_token(self) -> str:
        """Return a new token for a form's hidden field `_submission`: sent twice, it counts once."""
        return secrets.token_urlsafe(18)


def visit(scope: Scope) -> Visit:
    """Return the visit of an ASGI scope. Raises LookupError when no guard is around the app."""
    try:
        found: Visit = scope[KEY]
    except KeyError:
        raise LookupError("this app runs without guard(app, …) around it") from None
    return found
