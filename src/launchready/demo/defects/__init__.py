'''Defects to switch on, one file a family: `defects/<family>.py`, scanned by name.

How to write one
----------------
A defect is a function that edits a healthy `DemoLaunch` and is named by the id of the check that
must find it, and nothing else as a root cause:

    from launchready.demo.defects.registry import defect
    from launchready.demo.description import DemoLaunch

    @defect("spf-missing")
    def spf_missing(launch: DemoLaunch) -> None:
        """The domain that sends mail has no SPF record."""
        launch.zone().drop("TXT", "@", containing="v=spf1")

A second defect of the same check has a variant: `@defect("spf-too-many-lookups", variant="nested")`
is switched on as `spf-too-many-lookups/nested`. Give each function a name of its own: the scan
looks at the module's members.

What can be edited (everything is a mutable dataclass; see description.py and zone_data.py)
------------------------------------------------------------------------------------------
DNS     launch.zone()                      the launch's own zone; launch.zone("post.example") others:
                                           `.`, `example`, `post.example` (the mail service), `rdap.org`
        .add("A", "new", "203.0.113.9")    names are relative, `@` the apex, a final dot is absolute
        .drop("TXT", "_dmarc")             also drop("TXT", "@", containing="v=spf1"); `*` = every type
        .replace("MX", "@", "10 mx2")      keeps the TTL
        .texts("TXT", "@")                 to build a new text from the old one
        .set_ttl(86400, "A", "app")        all records without type and name
        .servers[1].mode = "silent"        or refuses, lame, fails; .servers[1].serial = 1
        .servers[1].tcp = False            answers over UDP alone
        .own_records(1).replace(...)       records that only this server has
        .signed, .ds, .signatures_days     DNSSEC: `ds = "other"` or `signatures_days = -1` are bogus
        .damaged.add("app")                one host's signature; resolvers answer it all the same
        .delegated = ["ns1.willow.example", "ns9.willow.example"]   what the parent says
        .child_ns = [...]                  what the zone itself says
        launch.resolvers[1].say("app.willow.example", "A", ["203.0.113.13"])
                                           or "NXDOMAIN", "SERVFAIL", "REFUSED", "SILENT"
        launch.resolvers[1].mode, .validates
TLS     launch.host("app").certificate     names, days_left, days_old, key, signature_hash, issuer,
                                           complete_chain, must_staple
        launch.host("app").tls_versions = ("1.0", "1.1", "1.2", "1.3"); .http2; .https_open; .garbled
Web     launch.host()                      the apex; "www", "app", "community", "api", "static",
                                           "mta-sts", or a full name such as "rdap.org"
        The healthy site is the reference community with guard around it, as its manifest says. A
        fault is what it would be in life:
        .without_guard.add("framing")      a part of guard is switched off for the host
        launch.guard_forgets.add("app.willow.example/login")    the app's copy of the manifest
                                           lacks a route, so that guard does nothing for it
        launch.declare("guard", allow={...})    or has it loosened in the manifest itself
        .headers["..."] = None             a server in front of the app puts a header over every
                                           answer (lower case), or takes it away
        .route("/members").headers["cache-control"] = "public, max-age=600"; .cors = Cors(...)
        .rewrites_cookies = lambda line: line.replace("; HttpOnly", "")    or edits each Set-Cookie
        .serve("/.env", Answer(body="..."))     something else answers in the app's place; what
                                           guard adds to answers it gets all the same
        .serve("/login", asked_otherwise(edit), methods="POST")   the app gets another request
        .serve("/", changed(edit))         the visitor gets another answer than the app gave
        .send("/old", "https://...")       a redirect
        .before.insert(0, behaviour)       asked first; Answer(status=0) lets a request pass
        .otherwise = behaviour             instead of the app, where no route is
        .front = "/pricing"                the page of the app that `/` shows
        .http_redirect = None              plain HTTP serves the pages themselves
        .http_redirect.to = "http://{host}/"    placeholders {host}, {path}, {query}
        .http_open = False; .redirect = Redirect(to="...")
        .edge = None; .edge.headers; .edge.compresses; .edge.caches
        .edge.caches_always.add("/members")     a private page served from the cache
        .origin.open = True                the origin answers whoever comes directly
        launch.session_cookie = "session"; launch.registration.days_left = 5
        A behaviour is `def f(request: Request) -> Answer` (or async); `from_app` is the healthy
        one. Request has path, query, headers, form, json, state (`request.state.count("name")`)
        and app, whose `cookie` is a signed-in member's; webhooks are signed with
        `request.state.payments_secret`. An Answer may have delay_s, stream (endless bodies) and
        raw (bytes that are no HTTP).
        The community itself has no fault in it and no switch for one.
Mail    launch.mail_host("mx1")            reachable, starttls, certificate, banner
Other   launch.declare("alerts", monitor=None)   a table of the manifest; None takes a key away
        launch.manifest["hosts"]["app.willow.example"]["addresses"] = [...]
        launch.refused_addresses           published addresses (203.0.113.99) where every port refuses

Addresses that no listener has lead nowhere (and cost the audit its time-out): use those of other
hosts (`willow.addresses("community")`) or 203.0.113.99. A defect must change the launch; drop()
raises when what it names is not there.
'''

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable

from launchready.demo.defects.registry import Defect
from launchready.demo.description import DemoLaunch

SHOWCASE: tuple[str, ...] = (
    "environment-file-exposed",
    "does-not-resolve",
    "log-out-leaves-session-open",
    "certificate-expires-soon/this-week",
    "private-answer-storable",
    "wrong-passwords-not-limited",
    "chat-not-limited",
    "origin-reachable-directly",
    "spf-too-many-lookups",
    "dmarc-missing",
    "redirect-drops-path",
    "old-url-broken",
    "static-not-cached-long",
    "test-alert-never-proven",
    "only-one-person-can-reach",
)
"""Defects that together make an instructive no-go."""


class UnknownDefectError(ValueError):
    """No defect has this id; the message names the nearest one."""


def defects() -> dict[str, Defect]:
    """Return every defect by its id, ordered by family. Raises ValueError when an id stands twice."""
    found: dict[str, Defect] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        members = vars(importlib.import_module(f"{__name__}.{module}"))
        for each in (m for m in members.values() if isinstance(m, Defect)):
            if found.setdefault(each.id, each) is not each:
                raise ValueError(f"two defects have the id {each.id}")
    return found


def apply(launch: DemoLaunch, ids: Iterable[str]) -> None:
    """Switch these defects on, in order. Raises UnknownDefectError on an id that no defect has."""
    known = defects()
    for id_ in ids:
        if id_ not in known:
            near = difflib.get_close_matches(id_, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownDefectError(f"no defect is called {id_!r}.{hint}")
        known[id_].edit(launch)
