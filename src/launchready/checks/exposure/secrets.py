"""What browsers load: secrets in pages and bundles, readable source code beside them."""

from __future__ import annotations

import re
from shlex import quote

from launchready.derive.exposure.whose_files import is_library, of_launch
from launchready.facts.declared import Declared
from launchready.facts.exposure import SecretScan, SecretSighting, SourceMap
from launchready.facts.hops import host, path
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

# Rules that go by the look of a value alone; what they find is often an id or a hash.
_GUESSED = re.compile(r"generic|high entropy|keyword|password in|base64", re.IGNORECASE)
# The sources in a map as they were searched: one behind the other.
_SOURCES = "jq -r '(., .sections[]?.map) | .sourcesContent[]? | strings' | "


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="secrets")
def secret_in_page(scan: SecretScan, launch: Parent[Declared]) -> Result:
    """A secret key stands in what every visitor's browser loads.

    Why: Whoever opens the page's source can use the key: read members' data, send mail in your name, spend your money.

    Fix: Revoke the key, make a new one, and let only the server know it; the page asks the server.
    """
    secret = [s for s in scan.sightings if not s.public_by_design]
    if not secret:
        if not scan.complete:
            return Unproven(
                reason=f"only its first {scan.scanned_bytes:,} bytes could be searched",
                how_to_prove="Search the whole file, or split the bundle into smaller ones.",
            )
        public = len(scan.sightings)
        known = f", {public} made for browsers" if public else ""
        return Passed(evidence=f"{scan.scanned_bytes:,} bytes searched{known}")
    url = scan.subject.name
    kinds = tuple(dict.fromkeys(s.rule for s in secret))
    guessed = all(_GUESSED.search(s.rule) for s in secret)
    own = of_launch(host(url), launch.manifest.all_hosts)
    line = secret[0].line
    place = "map of its source code" if scan.of_sources else "page's source"
    shown = ", ".join(kinds[:3])
    return Failed(
        severity=Severity.RISK if guessed or not own else None,
        means=f"Everybody who opens the {place} can use this key, at your members' or your own cost."
        if not guessed
        else f"What looks like a password or key can be read by everybody who opens the {place}.",
        observed=f"{shown} in line {line}"
        + (" of the sources in the map" if scan.of_sources else ""),
        wanted="no secret in what browsers load",
        evidence="; ".join(_sighting(s) for s in secret[:8]),
        fix=(
            f"Revoke it where it was made ({shown}), and make a new one: it counts as known.",
            "Keep the new one in the server's environment, without a prefix such as NEXT_PUBLIC_ or VITE_ that copies it into the bundle.",
            "Let the page call your server, and the server call the service.",
        )
        + (() if own else ("If the file belongs to a service that you use, tell them.",)),
        who="your developer",
        effort_min=60,
        takes_effect="at once, when the old key is revoked",
        see=f"curl -sS {quote(url)} | {_SOURCES if scan.of_sources else ''}sed -n {line}p",
    )


def _sighting(sighting: SecretSighting) -> str:
    return f"line {sighting.line}: {sighting.rule} (fingerprint {sighting.fingerprint})"


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="secrets")
def source_map_public(source: SourceMap, launch: Parent[Declared]) -> Result:
    """The readable source code of the app lies beside its bundle.

    Why: A source map gives everybody the code as you wrote it, with comments, names of internal endpoints and what was left out of the page.

    Fix: Do not deploy .map files; send them to the error tracker instead.
    """
    url = source.subject.name
    if host(url) not in launch.manifest.all_hosts:
        return NotApplicable(reason="a file of another service")
    if not source.public:
        seen = f"{source.map_url} holds no sources" if source.map_url else "no source map"
        return Passed(evidence=seen)
    if is_library(path(url)):
        return Passed(evidence="the source map of a library that is public anyway")
    style = path(url).endswith(".css")
    inline = source.map_url == "inside the file itself"
    where = source.map_url if not inline else url
    count = f"{source.sources} source{'s' if source.sources != 1 else ''}"
    return Failed(
        # Styles hold no logic, and names alone no code.
        severity=None if source.has_contents and not style else Severity.ADVICE,
        means="Everybody can read your app's source code as you wrote it, with its comments.",
        observed=f"{where} with {count}" + ("" if source.has_contents else ", names only"),
        wanted="no public source map",
        evidence=f"named by {url}",
        fix=(
            "Turn public maps off in the build. Vite: build.sourcemap = 'hidden'; webpack: devtool: 'hidden-source-map'; Next.js: productionBrowserSourceMaps: false.",
            "Delete *.map from what is deployed, or block them. nginx: location ~ \\.map$ { return 404; }",
            "Read the sources once as a stranger would: what stood in them counts as known.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="with the next deploy, after the caches were purged",
        see=f"curl -sS {quote(where)} | tail -c 300"
        if inline
        else f"curl -sS {quote(where)} | head -c 300",
    )
