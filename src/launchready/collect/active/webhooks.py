"""What a webhook answers to harmless events: at most five, of a type that no app acts on.

One that a limit refuses is sent once more when the limit has opened.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass, field

from launchready.collect.active.permission import refusal
from launchready.collect.explained import asks_who, behind_lock, explained
from launchready.collect.web.address import url_host
from launchready.collect.web.exchange import Asking, answer_to
from launchready.collect.world import World
from launchready.derive.sign_in.throttle import asks_to_wait, worth_waiting_s
from launchready.derive.sign_in.webhook_event import Scheme, event, signature, signing_key
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.http import Exchange
from launchready.facts.webhooks import Delivery, Signing, WebhookTrial
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry

SECRETS_MAX = 2
"""So many hold at once while a key changes."""
OLD_S = 3600
BODY_MAX_BYTES = 2_000


async def webhook_trial(subject: Subject, world: World, ask: Ask) -> WebhookTrial | Gap:
    """Return what a webhook answers to events, or why none was sent.

    Rightly signed ones go first: a limit may count what it refuses.
    """
    key = Key(WebhookTrial, subject)
    route = world.manifest.all_routes[subject.name]
    refused = await refusal(key, route.url, world, ask)
    if refused is not None:
        return refused
    trial = _Trial(key=key, route=route, world=world, ask=ask)
    scheme, not_signed, how_to_sign = route.signature, "", ""
    keys: list[tuple[str, bytes]] = []
    if scheme is not None:
        keys, not_signed, how_to_sign = _keys(route, scheme)
    async with world.turns.setdefault(url_host(route.url), asyncio.Lock()):
        gap = await trial.run(scheme or "stripe", keys)
    if gap is not None:
        return gap
    return WebhookTrial(
        subject=subject,
        at=world.now(),
        how=f"{trial.method} {route.url}, {len(trial.done)} harmless events",
        route=route,
        deliveries=tuple(trial.done),
        not_signed=not_signed,
        how_to_sign=how_to_sign,
    )


def _keys(route: RouteEntry, scheme: Scheme) -> tuple[list[tuple[str, bytes]], str, str]:
    """Return the signing keys that this environment holds, by the names of their variables.

    When there is none also why, and how to have one.
    """
    found: list[tuple[str, bytes]] = []
    missing: list[str] = []
    broken: list[str] = []
    for variable in route.secret_env:
        value = os.environ.get(variable, "")
        key = signing_key(scheme, value)
        if key is not None:
            found.append((variable, key))
        else:
            (broken if value.strip() else missing).append(variable)
    if found:
        return found[:SECRETS_MAX], "", ""
    named = " or ".join((*missing, *broken))
    reason = f"the environment has no {' and no '.join(missing)}"
    if broken:
        reason = f"what {broken[0]} holds is no secret of Standard Webhooks (whsec_ and base64)"
    return [], reason, (
        f"Set {named} for this run to the signing secret that the app has: harmless events are "
        "signed with it, and it goes nowhere."
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Trial:
    """The events sent to one webhook, one after the other."""

    key: Key
    route: RouteEntry
    world: World
    ask: Ask
    done: list[Delivery] = field(default_factory=list)
    waited: bool = False
    """A limit was waited for, which is done once."""

    @property
    def method(self) -> str:
        return self.route.method or "POST"

    async def run(self, scheme: Scheme, keys: list[tuple[str, bytes]]) -> Gap | None:
        """Send every event; a Gap when one got no answer."""
        for variable, key in keys:
            gap = await self._send(scheme, "signed", key, variable=variable)
            if gap is not None:
                return gap
        if keys:
            variable, key = keys[0]
            other = secrets.token_bytes(24)
            gap = await self._send(scheme, "another secret", other)
            gap = gap or await self._send(scheme, "an hour ago", key, variable=variable)
            if gap is not None:
                return gap
        return await self._send(scheme, "unsigned", None)

    async def _send(
        self, scheme: Scheme, signing: Signing, key: bytes | None, *, variable: str = ""
    ) -> Gap | None:
        found = await self._answer(scheme, signing, key)
        pause_s = worth_waiting_s(found) if isinstance(found, Exchange) else None
        if isinstance(found, Exchange) and pause_s is not None and not self.waited:
            # Once it opens, all have room.
            self.waited = True
            await self.world.wait_at(found.url, pause_s)
            found = await self._answer(scheme, signing, key)
        if isinstance(found, Gap):
            return found
        self.done.append(_delivery(found, signing, variable))
        return None

    async def _answer(self, scheme: Scheme, signing: Signing, key: bytes | None) -> Exchange | Gap:
        id_ = f"evt_launchready_{secrets.token_hex(12)}"
        then_s = int(self.world.now().timestamp()) - (OLD_S if signing == "an hour ago" else 0)
        body = event(scheme, id_, now_s=then_s)
        signed = signature(scheme, key, id_, body, signed_s=then_s) if key is not None else ()
        asking = Asking(
            url=self.route.url,
            method=self.method,
            headers=(("Content-Type", "application/json"), *signed),
            body=body,
            body_max_bytes=BODY_MAX_BYTES,
            verified_only=True,
        )
        found = await answer_to(asking, self.world, self.ask, key=self.key)
        if isinstance(found, Gap):
            return found
        if found.challenge:
            return Gap(
                key=self.key,
                reason=f"bot protection ({found.challenge}) answered instead of the webhook",
                how_to_prove="Let the bot protection leave this path alone, for your provider's "
                "events as well, and audit again.",
            )
        if found.trouble:
            because = await explained(found, self.world, self.ask)
            return Gap(key=self.key, reason=found.trouble, because=because)
        if asks_who(found):
            lock = await behind_lock(self.key, found.url, self.world, self.ask)
            if lock is not None:
                return lock
        self.world.events[self.route.url] = self.world.events.get(self.route.url, 0) + 1
        return found


def _delivery(found: Exchange, signing: Signing, variable: str) -> Delivery:
    to = f" to {found.location[:80]}" if found.location else ""
    return Delivery(
        signing=signing,
        variable=variable,
        status=found.status,
        seen=f"{found.status} {found.content_type[:60]}".strip() + to,
        limited=asks_to_wait(found),
    )


COLLECTORS: dict[type[Fact], Collector] = {WebhookTrial: webhook_trial}
