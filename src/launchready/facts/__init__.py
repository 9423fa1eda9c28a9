"""Facts: what is true of the world, frozen, each with when and how it was observed."""

from launchready.facts.subject import (
    LAUNCH,
    Fact,
    Fault,
    Gap,
    GapNature,
    Key,
    Subject,
    domain_subject,
    host_subject,
    route_subject,
    url_subject,
)

__all__ = [
    "LAUNCH",
    "Fact",
    "Fault",
    "Gap",
    "GapNature",
    "Key",
    "Subject",
    "domain_subject",
    "host_subject",
    "route_subject",
    "url_subject",
]
