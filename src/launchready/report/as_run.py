"""What a verdict tells people to run and to edit, named as this run named it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath
from shlex import quote

from launchready.finding import Failed, Finding, Outcome
from launchready.report.model import Looking
from launchready.report.same_places import SamePlaces
from launchready.verdict import Verdict

_USUAL = "launchready.toml"
_WORD = re.compile(r"(?<![\w./-])launchready\.toml\b")
_AGAIN = re.compile(r"launchready (?:recheck [\w-]+|smoke|audit --active)")
_MAIL = re.compile(r"launchready mail [^;|]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    path: str
    manifest: str
    """What `recheck`, `smoke` and `audit --active` need behind them to read the same manifest."""
    domain: str
    """What `recheck` needs where there is none; the others cannot do without."""
    ways: str
    """What else they need to look there as the command line said."""
    mail: str
    """What `mail` needs, which reads no manifest."""
    places: SamePlaces

    def step(self, text: str) -> str:
        text = _WORD.sub(lambda _: self.path, text)
        # A sentence stays one: by which ways this run went is known to who reads it.
        return _AGAIN.sub(self._again, text)

    def command(self, failure: Failed) -> str:
        see = failure.see
        if _AGAIN.match(see):
            return _AGAIN.sub(lambda found: self._again(found) + self.ways, see)
        if _MAIL.match(see):
            return _MAIL.sub(lambda found: found[0].rstrip() + self.mail, see)
        see = _WORD.sub(lambda _: quote(self.path), see)
        return self.places.command(see, said(failure))

    def _again(self, found: re.Match[str]) -> str:
        return found[0] + (self.domain if "recheck" in found[0] else "") + self.manifest


_AS_ANYBODY = SamePlaces()


def as_run(
    verdict: Verdict,
    *,
    manifest_file: str,
    given: Looking,
    domain: str = "",
    resolvers: Iterable[str] = (),
    places: SamePlaces = _AS_ANYBODY,
) -> Verdict:
    """Return the verdict with the manifest's own path in steps and commands.

    `given` is what the command line said, which a command of ours needs as well to see the same;
    `resolvers` are those that were asked, and `places` what leads other programs to where this run
    looked; `manifest_file` is empty when there is no manifest, but a `domain`.
    """
    path = manifest_file or _USUAL
    asked = [word for each in resolvers for word in ("--resolver", each)]
    ways = [word for each in given.resolvers for word in ("--resolver", each)]
    ways += [word for each in given.dial for word in ("--dial", each)]
    ways += ["--ca", given.ca] if given.ca else []
    named = _Named(
        path=path,
        manifest=_words(["--manifest", path] if PurePath(path) != PurePath(_USUAL) else []),
        domain=_words([domain] if domain and not manifest_file else []),
        ways=_words(ways),
        mail=_words(asked),
        places=places,
    )
    # An outcome stands at several places of a verdict and stays one and the same.
    known: dict[int, Outcome] = {}

    def told(outcome: Outcome) -> Outcome:
        if id(outcome) not in known:
            known[id(outcome)] = _outcome(outcome, named)
        return known[id(outcome)]

    def found(finding: Finding) -> Finding:
        followed = tuple(map(told, finding.consequences))
        return replace(finding, outcome=told(finding.outcome), consequences=followed)

    return replace(
        verdict,
        findings=tuple(map(found, verdict.findings)),
        unchecked=tuple(map(told, verdict.unchecked)),
        outcomes=tuple(map(told, verdict.outcomes)),
    )


def said(failure: Failed) -> tuple[str, ...]:
    """Return the texts of a finding that may name where its command is led to."""
    return (failure.observed, failure.wanted, failure.evidence)


def _outcome(outcome: Outcome, named: _Named) -> Outcome:
    failure = outcome.failure
    return replace(
        outcome,
        how_to_prove=named.step(outcome.how_to_prove),
        failure=failure
        and replace(
            failure,
            fix=tuple(map(named.step, failure.fix)),
            see=named.command(failure),
        ),
    )


def _words(words: list[str]) -> str:
    return "".join(f" {quote(word)}" for word in words)
