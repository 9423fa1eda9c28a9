"""The manifest, `launchready.toml`: what should be true of a launch."""

from launchready.manifest.app import ChatSection, GuardSection, ProviderEntry, VariableEntry
from launchready.manifest.load import ManifestError, load_manifest, parse_manifest
from launchready.manifest.model import (
    AlertsSection,
    BudgetsSection,
    DeploymentSection,
    HostEntry,
    LaunchSection,
    MailDomainEntry,
    MailSection,
    Manifest,
    NetworkSection,
    PeopleSection,
)
from launchready.manifest.problems import Problem
from launchready.manifest.routes import (
    CALLED_KINDS,
    PAGELESS_KINDS,
    ROUTE_KINDS,
    SIGN_IN_KINDS,
    AccountEntry,
    OldUrlEntry,
    RouteEntry,
    RouteKind,
)

__all__ = [
    "CALLED_KINDS",
    "PAGELESS_KINDS",
    "ROUTE_KINDS",
    "SIGN_IN_KINDS",
    "AccountEntry",
    "AlertsSection",
    "BudgetsSection",
    "ChatSection",
    "DeploymentSection",
    "GuardSection",
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
    "ProviderEntry",
    "RouteEntry",
    "RouteKind",
    "VariableEntry",
    "load_manifest",
    "parse_manifest",
]
