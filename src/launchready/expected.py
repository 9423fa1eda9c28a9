"""Which keys a launch implies: pure, and written apart from the collectors.

The verdict asserts every one of them, so that a subject skipped in silence is an error of ours
and never a green.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from launchready.derive.exposure.whose_files import is_library, of_launch
from launchready.derive.pages.mixed import upgrades
from launchready.derive.pages.page import loads
from launchready.derive.pages.unseen import LOADS_NOTHING, unseen_page
from launchready.facts import (
    LAUNCH,
    Fact,
    Gap,
    Key,
    Subject,
    domain_subject,
    host_subject,
    route_subject,
    url_subject,
)
from launchready.facts.active import KeptBack, SignIn, Throttling
from launchready.facts.declared import Declared
from launchready.facts.dns import Caa, NeighbourNames, Registration, Resolution
from launchready.facts.exposure import (
    Cors,
    ErrorAnswers,
    LoadedLater,
    PageData,
    Probe,
    Reach,
    SecretScan,
    SourceMap,
)
from launchready.facts.guarding import GuardFigures
from launchready.facts.hops import is_plain, path
from launchready.facts.http import Exchange, HostAnswers, Repeat, StyleSheet
from launchready.facts.mail import Dkim, Dmarc, MailServer, MtaSts, Mx, Selectors, Spf, TlsRpt
from launchready.facts.services import HttpsRecord
from launchready.facts.tls import Handshake, HstsReach, OldProtocols
from launchready.facts.ways import Approach, Entrance, OldUrl, SecondVisitor, Visit
from launchready.facts.webhooks import WebhookTrial
from launchready.facts.zone import Zone
from launchready.manifest import SIGN_IN_KINDS, Manifest

DISCOVERS: frozenset[type[Fact]] = frozenset({Visit, LoadedLater, SourceMap, Mx, Selectors, SignIn})
"""Kinds of facts from which further keys follow."""

FOLLOWS: dict[type[Fact], frozenset[type[Fact]]] = {
    Repeat: frozenset({Visit}),
    KeptBack: frozenset({SignIn}),
    SecretScan: frozenset({Visit, LoadedLater, SourceMap}),
    SourceMap: frozenset({Visit, LoadedLater}),
    StyleSheet: frozenset({Visit}),
    MailServer: frozenset({Mx}),
    Dkim: frozenset({Selectors}),
}
"""Kinds that are expected only once other kinds were seen."""

THROTTLED_KINDS = frozenset({"auth", "reset", "invite", "signup", "chat", "webhook"})
# A checkout is often a payment provider's page, which must not get guard's token.
GUARDED_KINDS = THROTTLED_KINDS | {"api", "private"}
ASSETS_MAX = 100
"""So many scripts, styles, images and fonts of one page are looked at, scripts first.

The bound is a page's own: what one page loads must not push out what another does.
"""

_READ_KINDS = frozenset({"script", "style"})


def expected(
    manifest: Manifest,
    observed: Mapping[Key, Fact | Gap],
    read: dict[Key, frozenset[Key]] | None = None,
) -> set[Key]:
    """Return every key that the manifest, and what was observed so far, implies.

    A run asks again whenever something arrives: `read` holds what earlier calls for the same run
    found in the markup of each visit, so that no page is parsed again.
    """
    keys = {Key(Declared, LAUNCH)}
    for domain in _domains(manifest):
        keys |= {Key(kind, domain_subject(domain)) for kind in (Zone, Registration)}
    for host in manifest.all_hosts.values():
        subject = host_subject(host.name, zone_of(manifest, host.name))
        keys |= {Key(Resolution, subject)}
        if not host.web:
            continue
        keys |= {Key(k, subject) for k in (Caa, Handshake, OldProtocols, Entrance, HstsReach)}
        keys |= {Key(k, subject) for k in (HostAnswers, HttpsRecord)}
        if host.redirects_to is None:
            keys |= {Key(k, subject) for k in (Probe, ErrorAnswers)}
        if host.origin:
            keys.add(Key(Reach, subject))
    keys.add(Key(NeighbourNames, domain_subject(manifest.launch.domain)))
    for route in manifest.all_routes.values():
        subject = route_subject(route.url, zone_of(manifest, route.host))
        keys.add(Key(Visit, subject))
        if route.kind in {"api", "chat", "auth", "private"} or route.cors:
            keys.add(Key(Cors, subject))
        if route.kind in SIGN_IN_KINDS:
            keys.add(Key(Approach, subject))
        if route.kind in SIGN_IN_KINDS or route.kind == "private":
            keys.add(Key(SecondVisitor, subject))
        if route.kind == "private":
            keys.add(Key(PageData, subject))
        if route.kind in THROTTLED_KINDS:
            keys.add(Key(Throttling, subject))
        if route.kind == "webhook":
            keys.add(Key(WebhookTrial, subject))
    for old in manifest.redirects.values():
        origin = host_subject(urlsplit(old.source).hostname or "", zone_of(manifest, old.source))
        keys.add(Key(OldUrl, Subject("redirect", old.source, origin)))
    keys |= {Key(GuardFigures, subject) for subject in guarded_hosts(manifest)}
    keys |= _mail(manifest, observed)
    keys |= {Key(SignIn, subject) for subject in entrances(manifest)}
    closed = {f.kept_back for f in observed.values() if isinstance(f, SignIn) and f.kept_back}
    keys |= {Key(KeptBack, route_subject(url, zone_of(manifest, url))) for url in closed}
    keys |= _loaded(manifest, observed, {} if read is None else read)
    return keys


def zone_of(manifest: Manifest, name_or_url: str) -> str:
    """Return the domain of the launch that a host or URL lies in; the host itself when in none."""
    host = urlsplit(name_or_url).hostname if "://" in name_or_url else name_or_url
    host = host or name_or_url
    inside = [
        d
        for d in {manifest.launch.domain, *manifest.mail_domains}
        if host == d or host.endswith(f".{d}")
    ]
    # The shortest: a mail subdomain such as mail.example.org is no zone of its own to a founder.
    return min(inside, key=len) if inside else host


def entrances(manifest: Manifest) -> list[Subject]:
    """Return the subject of every entrance that every test member signs in by."""
    subjects = []
    for name, account in manifest.accounts.items():
        for url in account.entrances or (account.login,):
            host = host_subject(urlsplit(url).hostname or "", zone_of(manifest, url))
            subjects.append(Subject("account", f"{name} at {url}", host))
    if not subjects:
        subjects.append(Subject("account", "a test member", LAUNCH))
    return subjects


def guarded_hosts(manifest: Manifest) -> list[Subject]:
    """Return each host at which guard's figures are read; none where no token is declared for them."""
    if manifest.guard.metrics_token_env is None:
        return []
    declared = manifest.routes.values()
    names = manifest.guard.hosts or {r.host for r in declared if r.kind in GUARDED_KINDS}
    return [
        host_subject(name, zone_of(manifest, name))
        for name in sorted(names or {manifest.launch.domain})
    ]


def _domains(manifest: Manifest) -> list[str]:
    names = {zone_of(manifest, h) for h in manifest.all_hosts} | {
        zone_of(manifest, d) for d in manifest.mail_domains
    }
    return sorted(names)


def _mail(manifest: Manifest, observed: Mapping[Key, Fact | Gap]) -> set[Key]:
    keys: set[Key] = set()
    for entry in manifest.mail_domains.values():
        domain = mail_domain(manifest, entry.name)
        keys |= {Key(kind, domain) for kind in (Spf, Dmarc, Mx)}
        if entry.sends:
            keys.add(Key(Selectors, domain))
            known = observed.get(Key(Selectors, domain))
            names = known.names if isinstance(known, Selectors) else entry.selectors
            keys |= {
                Key(Dkim, Subject("selector", f"{s}._domainkey.{entry.name}", domain))
                for s in names
            }
        keys |= {Key(kind, domain) for kind in (MtaSts, TlsRpt)}
        mx = observed.get(Key(Mx, domain))
        if isinstance(mx, Mx):
            keys |= {
                Key(MailServer, Subject("mail server", r.exchange, domain)) for r in mx.records[:10]
            }
    return keys


def mail_domain(manifest: Manifest, name: str) -> Subject:
    """Return the subject of a mail domain, below the domain of the launch that holds it."""
    zone = zone_of(manifest, name)
    return domain_subject(name) if zone == name else Subject("domain", name, domain_subject(zone))


def _loaded(
    manifest: Manifest, observed: Mapping[Key, Fact | Gap], read: dict[Key, frozenset[Key]]
) -> set[Key]:
    """Return the keys of what the pages load: each body searched once, own assets asked twice.

    Of a page that was not seen, what it loads was not searched: its route has a key of its own, so
    that what others load does not speak for it.
    """
    keys: set[Key] = set()
    own = set(manifest.all_hosts)
    pages = {url for url, r in manifest.all_routes.items() if r.kind not in LOADS_NOTHING}
    keys |= {
        # What a map holds is public as well.
        Key(SecretScan, url_subject(f.map_url, zone_of(manifest, f.map_url)))
        for f in observed.values()
        if isinstance(f, SourceMap) and _holds_sources(f, own)
    }
    for key, visit in observed.items():
        if key.kind is Visit and key.subject.name in pages and not _shown(visit):
            keys.add(Key(SecretScan, key.subject))
        if not isinstance(visit, Visit) or visit.answer is None:
            continue
        # What an error page gives away is searched as well.
        if visit.walk.end != "answer" or visit.answer.fault:
            continue
        page = visit.answer
        if 200 <= page.status < 400 or page.body:
            keys.add(Key(SecretScan, url_subject(page.url, zone_of(manifest, page.url))))
        if page.content_type.endswith(("html", "javascript")):
            keys |= _later(manifest, observed, page.url)
        if "html" not in page.content_type:
            if visit.route.kind == "static" and visit.route.host in own:
                url = visit.subject.name
                subject = url_subject(url, zone_of(manifest, url))
                keys.add(Key(Repeat, subject))
                if page.content_type.endswith(("javascript", "/css")):
                    keys.add(Key(SourceMap, subject))
            continue
        if key not in read:
            read[key] = frozenset(_in_markup(manifest, page, own=visit.route.host in own))
        keys |= read[key]
    return keys


def _in_markup(manifest: Manifest, page: Exchange, *, own: bool) -> set[Key]:
    """Return the keys of what a page loads by its markup; `own`: it belongs to a host of the launch."""
    keys: set[Key] = set()
    assets = sorted(
        loads(page.text, base=page.url), key=lambda x: (x.kind not in _READ_KINDS, x.url)
    )
    plain_stays = own and not (is_plain(page.url) or upgrades(page))
    for loaded in assets[:ASSETS_MAX]:
        subject = url_subject(loaded.url, zone_of(manifest, loaded.url))
        if loaded.kind in _READ_KINDS:
            keys |= {Key(SecretScan, subject), Key(SourceMap, subject)}
        if urlsplit(loaded.url).hostname in manifest.all_hosts:
            keys.add(Key(Repeat, subject))
            if loaded.kind == "style" and plain_stays:
                keys.add(Key(StyleSheet, subject))
    return keys


def _holds_sources(found: SourceMap, own: Collection[str]) -> bool:
    """Return whether a file's map holds the text of sources that are the launch's own."""
    if not found.has_contents or not found.map_url.startswith("http"):
        return False
    parts = urlsplit(found.map_url)
    return of_launch(parts.hostname or "", own) and not is_library(path(found.subject.name))


def _shown(visit: Fact | Gap) -> bool:
    return isinstance(visit, Visit) and not unseen_page(visit)


def _later(manifest: Manifest, observed: Mapping[Key, Fact | Gap], page: str) -> set[Key]:
    """Return the keys of what one of our own pages, or scripts, loads once it runs."""
    if urlsplit(page).hostname not in manifest.all_hosts:
        return set()
    key = Key(LoadedLater, url_subject(page, zone_of(manifest, page)))
    found = observed.get(key)
    if not isinstance(found, LoadedLater):
        return {key}
    scripts = [url_subject(url, zone_of(manifest, url)) for url in found.scripts]
    others = [url_subject(url, zone_of(manifest, url)) for url in found.others]
    return {
        key,
        *(Key(SecretScan, subject) for subject in (*scripts, *others)),
        *(Key(SourceMap, subject) for subject in scripts),
    }
