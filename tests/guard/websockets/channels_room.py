"""Django with Channels behind guard, as a server loads it: `tests.guard.websockets.channels_room:application`.

Who is signed in stands in the folder MEMBERS, a file for each. What a consumer heard of its end is
written there too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from launchready.guard import guard, presence, visit
from launchready.guard.asgi import Scope
from launchready.manifest import parse_manifest
from tests.guard.frameworks.two_pages import django_app
from tests.guard.websockets.rooms import INSIDE, MANIFEST, TOKEN, member

MEMBERS = Path(os.environ["MEMBERS"])
presence.ASKS_AGAIN_S = 0.4
django = django_app()
settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


class Chat(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()
        await self.send(text_data=str(visit(self.scope).member))

    async def receive(self, text_data: str = "", **_: Any) -> None:
        if text_data == "fail":
            raise RuntimeError(INSIDE)
        await self.channel_layer.group_send("room", {"type": "said", "words": text_data})

    async def said(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["words"])

    async def disconnect(self, code: int) -> None:
        (MEMBERS / "ended").write_text(str(code))
        await self.channel_layer.group_discard("room", self.channel_name)


async def signed_in(scope: Scope) -> str | None:
    name = await member(scope)
    return name if name and (MEMBERS / name).exists() else None


application = guard(
    ProtocolTypeRouter(
        {"http": django, "websocket": URLRouter([path("chat", Chat.as_asgi())])},
    ),
    parse_manifest(MANIFEST),
    member=signed_in,
    environ={"METRICS_TOKEN": TOKEN},
)
