"""One request as the guard sees it: who asks, for what, under which id."""

from __future__ import annotations

import os
import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchready.guard.asgi import RawHeaders, Scope
from launchready.guard.client import Proxies
from launchready.manifest import RouteEntry, RouteKind

if TYPE_CHECKING:
    from launchready.guard.webhooks import Event

KEY = "launchready"

request_id: ContextVar[str] = ContextVar("launchready_request_id", default="")
"""The id of the request that is being answered; empty outside of one."""

_ids: list[str] = []
_IDS_AT_ONCE = 256


def new_id() -> str:
    """Return a request id: 16 hexadecimal digits that nobody can guess."""
    if not _ids:
        # One question to the system for many: each costs as much as the rest of the id.
        drawn = os.urandom(8 * _IDS_AT_ONCE).hex()
        _ids.extend(drawn[at : at + 16] for at in range(0, len(drawn), 16))
    return _ids.pop()


if hasattr(os, "register_at_fork"):
    # A worker that was forked must not give the ids that its siblings give.
    os.register_at_fork(after_in_child=_ids.clear)


@dataclass  # by position: names cost each request as much again
class Visit:
    """One request. An app finds it by `visit(scope)`."""

    id: str
    """The request id: in the answer's X-Request-ID, in every log line and on error pages."""
    # Not the scope: the visit stands in it, and a circle would keep every request's objects until
    # the garbage collector comes, which costs more than all the rest of guard.
    peer: tuple[str, int] | None
    headers: RawHeaders
    proxies: Proxies
    route: RouteEntry | None
    """The declared route that holds for this path; None when none does."""
    # What most requests never set stands in the class, and costs them nothing.
    member: str | None = field(default=None, init=False)
    """Who is signed in, as the app says it; None when nobody is, or on routes that need not know."""
    right: bool | None = field(default=None, init=False)
    """Set by an app that answers attempts (log-in, invitation) in a way of its own: True does not
    count against the limits, False does. None: guard tells by the answer."""
    event: Event | None = field(default=None, init=False)
    """The verified event of a signed webhook."""

    @property
    def client(self) -> str:
        """Address of who asks, behind trusted proxies the one that they name."""
        return self.proxies.client(self.peer[0] if self.peer else None, self.headers)

    @property
    def over_tls(self) -> bool:
        """Whether a trusted proxy says that the visitor came to it over TLS."""
        return self.proxies.over_tls(self.peer[0] if self.peer else None, self.headers)

    @property
    def kind(self) -> RouteKind | None:
        """The kind of the route; None when none is declared."""
        return self.route.kind if self.route else None

    def form_token(self) -> str:
        """Return a new token for a form's hidden field `_submission`: sent twice, it counts once."""
        return secrets.token_urlsafe(18)


Noted = tuple[str, tuple[str, int] | None, RawHeaders, Proxies, RouteEntry | None]
"""What a Visit is made of. It stands in the scope until somebody asks: most requests never do."""


def visit(scope: Scope) -> Visit:
    """Return the visit of an ASGI scope. Raises LookupError when no guard is around the app."""
    try:
        found: Visit | Noted = scope[KEY]
    except KeyError:
        raise LookupError("this app runs without guard(app, …) around it") from None
    if isinstance(found, tuple):
        found = scope[KEY] = Visit(*found)
    return found
