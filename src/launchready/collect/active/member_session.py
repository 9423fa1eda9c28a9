"""A session in which the test member is signed in, for what only members are answered."""

from __future__ import annotations

import asyncio
import os

from launchready.collect.active.journey import Journey, is_ok
from launchready.collect.active.json_calls import json_route, log_in_by_json
from launchready.collect.active.password_form import password_page, submit_password
from launchready.collect.active.session import Session
from launchready.collect.world import World
from launchready.expected import entrances
from launchready.facts import Gap, Key
from launchready.facts.active import SignIn
from launchready.facts.http import Exchange
from launchready.gather import Ask

_WHO = "the test member"


async def member_session(world: World, ask: Ask, key: Key) -> Session | None:
    """Return the one session of this run's test member; None when there is no way to sign in."""
    async with world.turns.setdefault(_WHO, asyncio.Lock()):
        if _WHO not in world.sessions:
            world.sessions[_WHO] = await _signed_in(world, ask, key)
        return world.sessions[_WHO]


async def _signed_in(world: World, ask: Ask, key: Key) -> Session | None:
    for entrance in entrances(world.manifest):
        found = await ask(SignIn, entrance)
        if not isinstance(found, SignIn) or found.fault:
            continue
        account = world.manifest.accounts[entrance.name.partition(" at ")[0]]
        session = Session(world=world, ask=ask, key=key, patient=True)
        journey = Journey(
            session=session, account=account,
            username=os.environ.get(account.username_env, ""),
            password=os.environ.get(account.password_env, ""),
        )  # fmt: skip
        route = json_route(world.manifest, account)
        page = await session.get(found.entrance)
        if route is not None:
            if isinstance(page, Exchange) and found.entrance != route.url:
                session.page = page.url
            if is_ok(await log_in_by_json(journey, route)(journey.password)):
                return session
            continue
        if not isinstance(page, Exchange):
            continue
        shown = await password_page(session, page, journey.username)
        if isinstance(shown, Gap) or shown.form is None:
            continue
        if is_ok(await submit_password(journey, shown, journey.password)):
            return session
    return None


def shut_out(world: World) -> Key | None:
    """Return the key of the first entrance, whose finding tells why there is no session."""
    return next((Key(SignIn, entrance) for entrance in entrances(world.manifest)), None)
