"""What an answer costs: list prices that come with a package, or the price that the launch declares."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any, Protocol

from launchready.guard.chat.pieces import Usage
from launchready.manifest.app import ProviderEntry

NANO = 10**9
"""Money is counted in whole billionths of a US dollar: no rounding adds up."""

_TOKENS_A_MESSAGE = 16
_PROMPT_STEP_TOKENS = 256


class Price(Protocol):
    """The price of one model."""

    def nanodollars(self, usage: Usage) -> int:
        """Return what this usage costs, in billionths of a US dollar, rounded up."""


class DeclaredPrice:
    """What the manifest says: so much a million tokens asked, so much a million answered."""

    def __init__(self, prompt_dollars: float, answer_dollars: float) -> None:
        self._prompt, self._answer = Decimal(str(prompt_dollars)), Decimal(str(answer_dollars))

    def nanodollars(self, usage: Usage) -> int:
        """Return what this usage costs; cached tokens cost as much as others."""
        dollars = (usage.prompt * self._prompt + usage.answer * self._answer) / 1_000_000
        return _up(dollars)


class ListPrice:
    """A model's list price, from the data inside the genai-prices package; nothing is downloaded."""

    def __init__(self, model: str, base_url: str) -> None:
        """Find the price at this address, or of a model of this name. Raises LookupError."""
        # Half a second to load, and needed only here.
        from genai_prices import Usage as Tokens  # noqa: PLC0415
        from genai_prices import calc_price  # noqa: PLC0415

        def dollars(url: str | None, usage: Usage) -> Decimal:
            tokens = Tokens(
                input_tokens=usage.prompt,
                output_tokens=usage.answer,
                cache_read_tokens=usage.cached,
            )
            return calc_price(tokens, model, provider_api_url=url).total_price

        where: str | None = base_url
        try:
            dollars(where, Usage())
        except LookupError:
            # A proxy of one's own sells what others list.
            where = None
            dollars(where, Usage())
        # A look-up takes a quarter of a millisecond; worst cases repeat.
        self._dollars = lru_cache(maxsize=1024)(lambda usage: dollars(where, usage))

    def nanodollars(self, usage: Usage) -> int:
        """Return what this usage costs, in billionths of a US dollar, rounded up."""
        return _up(self._dollars(usage))


def price_of(entry: ProviderEntry) -> Price | None:
    """Return the declared price, else the list price; None when the model is in no list."""
    if entry.price is not None:
        return DeclaredPrice(*entry.price)
    try:
        return ListPrice(entry.model, entry.base_url)
    except LookupError:
        return None


def prompt_max_tokens(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any]) -> int:
    """Return a number of tokens that this prompt does not have more of, in steps.

    A token holds one byte or more, whatever the tokenizer; what a model wraps around a message is
    allowed for. Words only: an image behind an address has tokens that its address does not show.
    Raises TypeError or ValueError for what is not JSON.
    """
    written = json.dumps([*messages, *tools], ensure_ascii=False)
    bound = len(written.encode("utf-8", "surrogatepass")) + _TOKENS_A_MESSAGE * (len(messages) + 1)
    return -(-bound // _PROMPT_STEP_TOKENS) * _PROMPT_STEP_TOKENS


def _up(dollars: Decimal) -> int:
    return int((dollars * NANO).to_integral_value(ROUND_CEILING))
