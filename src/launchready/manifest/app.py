"""What the app itself needs and enforces: its environment, its AI provider, its guard."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from launchready.manifest.section import Section
from launchready.manifest.values import Hostname, Variable, one_or_many

VariableKind = Literal["text", "secret", "url", "email", "number", "flag"]
EDGE_NETWORKS = ("cloudflare",)


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is not a URL such as https://api.openai.com/v1")
    if parts.username is not None:
        # The value is not repeated: it may hold a password.
        raise ValueError(
            "a URL here holds no user name and no password; leave out what is before @"
        )
    return value.rstrip("/")


def _proxy(value: str) -> str:
    if value in EDGE_NETWORKS:
        return value
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not a network such as 10.0.0.0/8, an address, or cloudflare"
        ) from None


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class VariableEntry(Section):
    """`[environment.SESSION_SECRET]`: a variable that the app needs, by name, never by value."""

    name: Variable = ""
    kind: VariableKind = Field(
        "text",
        description="What it holds: text, secret (16 characters or more), url, email, number, "
        "or flag (true or false).",
    )
    required: bool = Field(True, description="false when the app starts without it.")
    begins: str = Field(
        "", max_length=32, description="What a right value begins with, such as sk_live_."
    )


Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Price = Annotated[
    tuple[Dollars, Dollars] | None,
    BeforeValidator(one_or_many),
    Field(
        description="US dollars for a million tokens asked and for a million answered, such as "
        "[0.15, 0.6]; [0, 0] for a model of your own. Unset: the list price, where it is known."
    ),
]


class ProviderEntry(Section):
    """`[chat.second]`: an OpenAI-compatible server."""

    base_url: BaseUrl = Field(description="Where it answers, such as https://api.openai.com/v1.")
    model: str = Field(min_length=1, description="The model to ask.")
    key_env: Variable | None = Field(None, description="Environment variable with the API key.")
    price: Price = None


class ChatSection(Section):
    """`[chat]`: the AI provider behind the chatbot, and how long members wait for it."""

    base_url: BaseUrl | None = Field(
        None, description="The OpenAI-compatible server; unset: none is called."
    )
    model: str = Field("", description="The model to ask.")
    key_env: Variable | None = Field(None, description="Environment variable with the API key.")
    price: Price = None
    second: ProviderEntry | None = Field(
        None, description="The provider to ask when the first cannot answer."
    )
    first_token_s: float = Field(
        8.0, gt=0, description="Seconds until a member sees the first word or the fallback."
    )
    answer_s: float = Field(60.0, gt=0, description="Seconds that a whole answer may take.")
    answer_max_tokens: int = Field(1000, ge=1, description="Tokens that one answer may have.")
    fallback: str = Field(
        "The guide cannot answer right now. Your question is not lost: please ask again in a few "
        "minutes.",
        min_length=1,
        description="What members read when no provider answers.",
    )

    @property
    def first(self) -> ProviderEntry | None:
        """The provider that is asked first; None when none is declared."""
        if self.base_url is None:
            return None
        return ProviderEntry(
            base_url=self.base_url,
            model=self.model or "-",
            key_env=self.key_env,
            price=self.price,
        )


def _sources(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name, sources in value.items():
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
            raise ValueError(f"{name!r} is not a directive such as script-src")
        for source in sources:
            if not re.fullmatch(r"[!-+\--:<-~]+", source):
                raise ValueError(f"{source!r} is not a source such as https://js.stripe.com")
    return value


class GuardSection(Section):
    """`[guard]`: what guard needs to know beyond the routes."""

    proxies: Annotated[
        tuple[Annotated[str, AfterValidator(_proxy)], ...], BeforeValidator(one_or_many)
    ] = Field(
        (),
        description="Who may say for whom it asks: addresses, networks, or cloudflare for its "
        "published ranges. An edge declared at [launch] counts without being named here.",
    )
    proxy_header: Annotated[str, AfterValidator(str.lower)] = Field(
        "", pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="The header in which those proxies name the visitor, such as x-forwarded-for: "
        "only it is read. Unset: forwarded and x-forwarded-for, and a visitor for whom they differ "
        "counts as the proxy.",
    )  # fmt: skip
    allow: Annotated[
        dict[str, Annotated[tuple[str, ...], BeforeValidator(one_or_many)]],
        AfterValidator(_sources),
    ] = Field(
        default_factory=dict,
        description="What pages may load beyond the launch's own hosts, by directive: "
        '{ script-src = ["https://js.stripe.com"] }.',
    )
    compress: bool = Field(
        False,
        description="true when nothing in front of the app compresses: guard then does, for pages, "
        "files and data that hold nothing of one member's.",
    )
    store_env: Variable | None = Field(
        None,
        description="Environment variable with the URL of the Redis or Valkey that counts for "
        "every process; unset: each process counts for itself.",
    )
    metrics_token_env: Variable | None = Field(
        None, description="Environment variable with the token that may read /metrics."
    )
    hosts: Annotated[tuple[Hostname, ...], BeforeValidator(one_or_many)] = Field(
        (),
        description="Hosts that the guarded app answers at, where `audit --active` reads /metrics "
        "with that token. Unset: those with a log-in, a sign-up, an invitation, a reset, a chat, a "
        "webhook, an API or a private page.",
    )
    sentry_env: Variable | None = Field(
        None, description="Environment variable with the Sentry DSN that exceptions go to."
    )
