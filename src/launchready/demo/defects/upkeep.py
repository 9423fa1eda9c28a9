"""What the manifest leaves unsaid, or says too much of."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("nobody-named")
def nobody(launch: DemoLaunch) -> None:
    """Nobody is named for the DNS."""
    launch.declare("people", dns=None)


@defect("only-one-person-can-reach")
def alone(launch: DemoLaunch) -> None:
    """One person alone can reach the hosting."""
    launch.declare("people", hosting=["developer"])


@defect("no-rollback-named")
def no_way_back(launch: DemoLaunch) -> None:
    """Nobody has said how to go back to the last version."""
    launch.declare("deployment", rollback=None)


@defect("no-ai-spending-limit")
def no_limit(launch: DemoLaunch) -> None:
    """The AI provider may be used without a limit to what it costs."""
    launch.declare("budgets", ai_monthly=None)


@defect("more-than-a-launch-needs")
def too_much(launch: DemoLaunch) -> None:
    """Three regions and a database in four pieces wait for the first hundred members."""
    launch.declare("deployment", regions=3, shards=4)
