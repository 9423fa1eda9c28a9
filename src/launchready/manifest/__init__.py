"""The manifest, `launchready.toml`: what should be true of a launch."""

from launchready.manifest.load import ManifestError, load_manifest, parse_manifest
from launchready.manifest.model import (
    ROUTE_KINDS,
    AccountEntry,
    AlertsSection,
    BudgetsSection,
    DeploymentSection,
    HostEntry,
    LaunchSection,
    MailDomainEntry,
    MailSection,
    Manifest,
    NetworkSection,
    OldUrlEntry,
    PeopleSection,
    RouteEntry,
    RouteKind,
)
from launchready.manifest.problems import Problem

__all__ = [
    "ROUTE_KINDS",
    "AccountEntry",
    "AlertsSection",
    "BudgetsSection",
    "DeploymentSection",
    "HostEntry",
    "LaunchSection",
    "MailDomainEntry",
    "MailSection",
    "Manifest",
    "ManifestError",
    "NetworkSection",
    "OldUrlEntry",
    "PeopleSection",
    "Problem",
    "RouteEntry",
    "RouteKind",
    "load_manifest",
    "parse_manifest",
]
