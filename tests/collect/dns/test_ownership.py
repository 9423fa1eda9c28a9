"""Whether a domain proves that its owner asked: the record, the file, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from launchready.facts import Subject, domain_subject
from launchready.facts.dns import Ownership
from launchready.facts.http import Exchange
from tests.collect.dns.test_hosts import DOMAIN, MANIFEST, gathering
from tests.collect.nameserver import (
    resolver,
    serving,
)
from tests.making import exchange

TOKEN = MANIFEST + 'token = "a-token-of-ours"\n'


async def owned(
    records: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    manifest: str = TOKEN,
    body: str = "",
    verified: bool = True,
) -> Ownership:
    async def page(subject: Subject, _world: object, _ask: object) -> Exchange:
        return exchange(subject.name, body=body, verified=verified)

    async with (
        serving(resolver(records)) as one,
        gathering(one, manifest=manifest, collectors={Exchange: page}) as gatherer,
    ):
        found = await gatherer.ask(Ownership, domain_subject(DOMAIN))
    assert isinstance(found, Ownership), found
    return found


async def test_a_txt_record_with_the_token_proves_ownership() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['"a-token-of-ours"']}})
    assert found.proven


async def test_a_txt_record_that_only_contains_the_token_proves_nothing() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['"x a-token-of-ours y"']}})
    assert not found.proven


async def test_the_file_with_the_token_proves_ownership() -> None:
    assert (await owned({}, body="a-token-of-ours\n")).proven


async def test_the_file_behind_a_certificate_that_browsers_refuse_proves_nothing() -> None:
    assert not (await owned({}, body="a-token-of-ours\n", verified=False)).proven


async def test_without_a_token_nothing_is_proven() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['""']}}, manifest=MANIFEST)
    assert not found.proven
    assert found.detail == "the manifest has no [launch] token"
