"""What a URL of the launch is for, where old ones lead, and who tries the log-in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from launchready.manifest.section import Section
from launchready.manifest.values import Names, RouteUrl, Variable, one_or_many

RouteKind = Literal[
    "page", "static", "auth", "signup", "invite", "reset", "checkout", "webhook", "chat", "api",
    "private", "health",
]  # fmt: skip
ROUTE_KINDS: tuple[str, ...] = get_args(RouteKind)
SIGN_IN_KINDS: frozenset[RouteKind] = frozenset({"auth", "signup", "invite", "reset", "checkout"})
"""Kinds of the pages by which members sign in, join or pay."""
CALLED_KINDS: frozenset[RouteKind] = frozenset({"webhook", "chat", "api"})
"""Kinds that programs call and nobody opens."""
PAGELESS_KINDS: frozenset[RouteKind] = CALLED_KINDS | {"health", "static"}
"""Kinds that are no page: nobody types the name of a host that has no others."""


class RouteEntry(Section):
    """`[routes]`: one URL and its kind, which decides what is expected of it."""

    url: RouteUrl = ""
    kind: RouteKind = Field(description="What this URL is for: " + ", ".join(ROUTE_KINDS) + ".")
    method: Literal["GET", "POST", "PUT", "DELETE"] | None = Field(
        None, description="How it is called, when the kind's default does not fit."
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="What the fields of the form or of the JSON are called: username, password, "
        "email, message, code. In JSON user.email stands inside user.",
    )
    json_body: bool = Field(
        False,
        description="true when it takes JSON instead of a form, as a single-page app sends it.",
    )
    cors: Names = Field((), description="Origins that may read it from a browser.")
    cacheable: bool | None = Field(None, description="true when shared caches may store it.")
    limit: int | None = Field(
        None, ge=1, le=60, description="How many requests in a minute before it must throttle."
    )
    status: int | None = Field(None, ge=100, le=599, description="The status that it answers with.")
    signature: Literal["stripe", "standard"] | None = Field(
        None, description="How a webhook's sender signs: Stripe's way, or Standard Webhooks."
    )
    secret_env: Annotated[tuple[Variable, ...], BeforeValidator(one_or_many)] = Field(
        (),
        description="Environment variables that hold the webhook's signing secrets; two while a "
        "key changes.",
    )
    body_max_bytes: int | None = Field(
        None, ge=0, description="Largest body that guard lets through; the kind's default if unset."
    )
    timeout_s: float | None = Field(
        None,
        gt=0,
        description="Seconds until guard wants an answer to begin, and then to go on; the kind's "
        "default if unset.",
    )

    @model_validator(mode="after")
    def _signed(self) -> RouteEntry:
        if self.signature is not None and self.kind != "webhook":
            raise ValueError(
                f"signature is for webhooks, and this is of kind {self.kind!r}; "
                'write kind = "webhook", or leave signature out'
            )
        if self.signature is not None and not self.secret_env:
            raise ValueError(
                f'signature is "{self.signature}", but nothing says where the secret is; add '
                'secret_env = "WEBHOOK_SECRET", the name of the environment variable that holds it'
            )
        if self.secret_env and self.signature is None:
            raise ValueError(
                "secret_env names a secret, but nothing says how the sender signs; "
                'add signature = "stripe" or signature = "standard"'
            )
        return self

    @property
    def host(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or ""


_CALLED_LABELS = frozenset(
    {"api", "cdn", "static", "assets", "media", "img", "ws", "hooks", "webhooks", "id", "auth", "sso"}
)  # fmt: skip


def with_roots(declared: Mapping[str, RouteEntry], hosts: Collection[str]) -> dict[str, RouteEntry]:
    """Return the declared routes, and the root of each of the hosts with pages that none of them names.

    At the root of an API there is often no page.
    """
    paged = {r.host for r in declared.values() if r.kind not in PAGELESS_KINDS}
    roots = [
        f"https://{host}/"
        for host in hosts
        if host.split(".", maxsplit=1)[0] not in _CALLED_LABELS or host in paged
    ]
    added = {url: RouteEntry(url=url, kind="page") for url in roots if url not in declared}
    return {**declared, **added}


class OldUrlEntry(Section):
    """`[redirects]`: an old URL and where it must lead."""

    source: RouteUrl
    target: RouteUrl


class AccountEntry(Section):
    """`[accounts.member]`: a test member, by the names of environment variables, never by value."""

    username_env: Variable = Field(description="Environment variable that holds the user name.")
    password_env: Variable = Field(description="Environment variable that holds the password.")
    login: RouteUrl = Field(
        description="URL of the log-in page, such as app.example.org/login; where its script sends "
        "JSON, the route of kind auth with json_body = true that takes it."
    )
    private: RouteUrl = Field(
        description="URL of a page that only members see; where a script draws it, the URL that it "
        "fetches from."
    )
    logout: RouteUrl | None = Field(None, description="URL that logs out.")
    entrances: Annotated[tuple[RouteUrl, ...], BeforeValidator(one_or_many)] = Field(
        (), description="URLs that members begin at, when not only the log-in page itself."
    )
    says: str = Field("", description="A text on the private page that only a member sees.")
