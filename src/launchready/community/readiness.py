"""What `/readyz` of the community asks: each part that it cannot do without, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

from launchready.community.mail.worker import BEATS_WITHIN_S
from launchready.community.running import Community
from launchready.guard import probes
from launchready.guard.health import Probe
from launchready.manifest import Manifest


def readiness(
    community: Community, manifest: Manifest, environ: Mapping[str, str] | None = None
) -> dict[str, Probe]:
    """Return the probes for what this community is set up with."""
    environ = os.environ if environ is None else environ
    found: dict[str, Probe] = {"database": probes.database(community.database.writing, writes=True)}
    if (folder := community.database.folder) is not None:
        found["disk"] = probes.disk(folder)
    if community.settings.smtp_url is not None:
        found["mail"] = _mail(community.settings.smtp_url)
    if community.post_office.carries:
        found["worker"] = probes.worker(community.post_office.beat, fresh_s=BEATS_WITHIN_S)
    for route in manifest.routes.values():
        for variable in route.secret_env:
            found["payments"] = probes.payments(variable, environ)
    providers = {"AI provider": manifest.chat.first, "second AI provider": manifest.chat.second}
    chat = community.guide.chat
    for (name, provider), known_as in zip(providers.items(), ("first", "second"), strict=True):
        if provider is not None:
            key = environ.get(provider.key_env) if provider.key_env else None
            doubted = None if chat is None else partial(chat.doubts, known_as)
            found[name] = probes.openai_provider(provider.base_url, key, doubted=doubted)
    store = environ.get(manifest.guard.store_env) if manifest.guard.store_env else None
    if store:
        found["cache"] = probes.store(store)
    return found


def _mail(url: str) -> Probe:
    server = urlsplit(url)
    encrypted = server.scheme == "smtps"
    return probes.mail(
        server.hostname or "",
        server.port or (465 if encrypted else 587),
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        # Letters go encrypted where the server can; a password never goes otherwise.
        encryption="tls" if encrypted else "starttls" if server.username else "none",
    )
