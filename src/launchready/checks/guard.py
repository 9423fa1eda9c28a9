"""Guard: what the running process says of itself, where nothing outside can tell."""

from __future__ import annotations

from launchready.facts import Key
from launchready.facts.guarding import GuardFigures
from launchready.facts.ways import Entrance
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

_REFUSED = frozenset({401, 403, 429})
# Of guard's own answers none is among them: something in front lets only some ask.
_MEANS = {
    "start-up": "A secret that is missing, or still a placeholder, shows when the first member needs it and not at the deploy.",
    "limits": "The app lets anybody try passwords, codes and the chatbot as often as they like.",
    "submissions": "Members who press a button twice, or whose connection breaks, post or pay twice.",
    "bodies": "One visitor can fill the server's memory with an endless upload, or hold it up with slow ones, while members wait.",
    "websockets": "A page of another site can open a chat in a member's name, and nothing limits what comes over it.",
    "caching": "Caches may keep what one member sees for the next, and browsers may fetch the same files again on every visit.",
    "logs": "When members report an error, nobody finds in the log what happened, and secrets that the app logs are not hidden.",
}

_PURGE = "Purge the caches in front of the app: they may hold what one member saw."


@check(severity=Severity.RISK, impact=Impact.BLINDNESS, active=True)
def metrics_not_readable(here: GuardFigures) -> Result:
    """Guard's figures do not come, although their token is sent.

    Why: Whoever watches the launch reads failed log-ins, latency and the queue of letters there; without them an outage is told by members.

    Fix: Give the app the variable that holds the token, leave guard's figures switched on, and let /metrics through to the app.
    """
    if here.parts:
        return Passed(evidence=f"/metrics with the token: {here.seen}")
    if here.status in _REFUSED:
        return _refused(here)
    return Failed(
        means="Nobody can read how many log-ins fail, how slow pages are and what waits in the queue.",
        observed=f"/metrics with the token: {here.seen}",
        wanted="200 and guard's figures",
        fix=(
            f"Set {here.token_env} where the app runs, to the same value as for the audit, and deploy.",
            'Where the app calls guard(…), take "figures" out of without=(…).',
            "Where an edge or a server in front answers /metrics itself, let those who hold the token through to the app.",
            "Where another program answers at this host, name the hosts of the guarded app in launchready.toml, under [guard]: hosts = […]",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="at the next deploy",
        see=here.how,
        # A host that leads elsewhere leads this away as well.
        because=Key(Entrance, here.subject) if 300 <= here.status < 400 else None,
    )


@check(
    severity=Severity.RISK, impact=Impact.EXPOSURE, active=True,
    prevents=[(GuardFigures, "limits-off"), (GuardFigures, "caching-off")],
)  # fmt: skip
def guard_part_off(here: GuardFigures) -> Result:
    """A part of guard is switched off in the running app.

    It judges the parts that nothing outside can see, or only as many symptoms: the check at the start, limits, submissions, bodies, websockets, caching and the log. The others show in the app's answers.

    Why: What launchready.toml states is then not what runs, and nobody sees it before members feel it.

    Fix: Take the part out of without=(…) where the app calls guard, and deploy.
    """
    if not here.parts:
        if here.status in _REFUSED:
            return _refused(here)
        return NotApplicable(reason="guard's figures do not come, which is a finding of its own")
    if not here.off:
        return Passed(evidence=f"on in the running app: {', '.join(p for p, _ in here.parts)}")
    words = ", ".join(f'"{part}"' for part in here.off)
    return Failed(
        means=" ".join(_MEANS[part] for part in here.off),
        observed=f"switched off in the running app: {', '.join(here.off)}",
        wanted="every part on",
        fix=(
            f"Where the app calls guard(…), take {words} out of without=(…), and deploy.",
            *((_PURGE,) if "caching" in here.off else ()),
            "Then run `launchready audit --active --only guard-part-off`.",
        ),
        who="your developer",
        effort_min=10,
        takes_effect="at the next deploy",
        see=f"{here.how} | grep guard_part",
    )


def _refused(here: GuardFigures) -> Unproven:
    return Unproven(
        reason=f"/metrics is refused from here ({here.status}), whatever the token",
        how_to_prove="Audit from where your monitoring reads /metrics.",
    )
