"""What can be wrong with the edge and the server behind it."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.willow import ORIGIN


@defect("edge-not-in-front")
def edge_not_in_front(launch: DemoLaunch) -> None:
    """The community's record was set to “DNS only”: its server answers visitors itself."""
    launch.host("community").edge = None


@defect("origin-reachable-directly")
def origin_reachable_directly(launch: DemoLaunch) -> None:
    """The server behind the edge answers whoever asks it directly."""
    origin = launch.host("community").origin
    assert origin is not None  # noqa: S101 - the healthy launch says so
    origin.open = True


@defect("origin-address-given-away")
def origin_address_given_away(launch: DemoLaunch) -> None:
    """A record from the time of moving in publishes the server's address."""
    launch.zone().add("A", "direct", ORIGIN)


@defect("origin-address-given-away", variant="spf")
def origin_address_in_spf(launch: DemoLaunch) -> None:
    """The SPF record names the server's address, from the time when it sent the letters itself."""
    (old,) = (text for text in launch.zone().texts("TXT", "@") if text.startswith("v=spf1"))
    new = old.replace("v=spf1 ", f"v=spf1 ip4:{ORIGIN} ")
    launch.zone().replace("TXT", "@", new, containing="v=spf1")


@defect("compression-missing")
def compression_missing(launch: DemoLaunch) -> None:
    """The community's pages are sent uncompressed."""
    edge = launch.host("community").edge
    assert edge is not None  # noqa: S101 - the healthy launch says so
    edge.compresses = False


@defect("http2-missing")
def http2_missing(launch: DemoLaunch) -> None:
    """The community is served over HTTP/1.1 only."""
    launch.host("community").http2 = False
