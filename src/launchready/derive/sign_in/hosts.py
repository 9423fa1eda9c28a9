"""On which hosts members sign in or pay: what spoils those is graver."""

from __future__ import annotations

from launchready.facts.hops import host
from launchready.manifest import SIGN_IN_KINDS, Manifest


def leads_to_sign_in(manifest: Manifest, *hosts: str) -> bool:
    """Return whether members sign in, join or pay on one of the hosts, or come to that by them."""
    urls = [r.url for r in manifest.routes.values() if r.kind in SIGN_IN_KINDS]
    for account in manifest.accounts.values():
        urls += [account.login, *account.entrances]
    logins = {h.name for h in manifest.all_hosts.values() if h.login}
    return bool({*hosts} & ({host(url) for url in urls} | logins))
