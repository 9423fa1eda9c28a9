from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.chat import Usage
from launchready.guard.chat.prices import DeclaredPrice, ListPrice, price_of, prompt_max_tokens
from launchready.manifest.app import ProviderEntry

OPENAI = "https://api.openai.com/v1"


def entry(model: str, base_url: str = OPENAI, **more: object) -> ProviderEntry:
    return ProviderEntry.model_validate({"base_url": base_url, "model": model, **more})


def test_a_declared_price_is_what_counts() -> None:
    price = price_of(entry("gpt-4o-mini", price=[1.0, 2.0]))
    assert isinstance(price, DeclaredPrice)
    assert price.nanodollars(Usage(prompt=1_000_000, answer=1_000_000)) == 3_000_000_000


def test_a_known_model_has_its_list_price_and_kept_tokens_cost_less() -> None:
    price = price_of(entry("gpt-4o-mini"))
    assert price is not None
    whole = price.nanodollars(Usage(prompt=1_000, answer=1_000))
    assert whole == 1_000 * 150 + 1_000 * 600
    assert price.nanodollars(Usage(prompt=1_000, answer=1_000, cached=1_000)) < whole


def test_a_proxy_of_ones_own_sells_what_others_list() -> None:
    direct, proxied = (
        ListPrice("gpt-4o-mini", OPENAI),
        ListPrice("gpt-4o-mini", "http://10.0.0.7/v1"),
    )
    usage = Usage(prompt=1_000, answer=1_000)
    assert direct.nanodollars(usage) == proxied.nanodollars(usage)


def test_a_model_that_nobody_lists_has_no_price() -> None:
    assert price_of(entry("a-model-of-our-own", "http://127.0.0.1:9/v1")) is None


def test_prices_are_rounded_up() -> None:
    assert DeclaredPrice(0.0001, 0).nanodollars(Usage(prompt=1)) == 1
    assert DeclaredPrice(0, 0).nanodollars(Usage(prompt=1)) == 0


@given(st.text(max_size=400))
def test_a_prompt_has_no_more_tokens_than_bytes(words: str) -> None:
    bound = prompt_max_tokens([{"role": "user", "content": words}], [])
    assert bound >= len(words.encode("utf-8", "surrogatepass"))


def test_tools_are_part_of_the_prompt() -> None:
    tools = [{"type": "function", "function": {"name": "x" * 1000}}]
    assert prompt_max_tokens([], tools) > prompt_max_tokens([], [])


def test_what_is_not_json_is_said_at_once() -> None:
    with pytest.raises(TypeError):
        prompt_max_tokens([{"role": "user", "content": object()}], [])
