"""What can be wrong with the launch's names."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.willow import DOMAIN, addresses
from launchready.demo.zone_data import NameServer


@defect("does-not-resolve")
def does_not_resolve(launch: DemoLaunch) -> None:
    """The interface's host has no record in the DNS."""
    launch.zone().drop("*", "api")


@defect("does-not-resolve", variant="without-address")
def has_no_address(launch: DemoLaunch) -> None:
    """The community's name stands in the DNS, but without an address."""
    launch.zone().drop("*", "community")
    launch.zone().add("TXT", "community", "moving soon")


@defect("domain-does-not-exist")
def domain_does_not_exist(launch: DemoLaunch) -> None:
    """The domain is no longer registered."""
    launch.zones = [z for z in launch.zones if z is not launch.zone()]


@defect("points-elsewhere")
def points_elsewhere(launch: DemoLaunch) -> None:
    """The manifest declares another address for the community than the DNS publishes."""
    launch.manifest["hosts"][f"community.{DOMAIN}"]["addresses"] = ["203.0.113.113"]


@defect("points-elsewhere", variant="alias")
def points_at_another_alias(launch: DemoLaunch) -> None:
    """The manifest declares an alias for the community that the DNS does not have."""
    entry = launch.manifest["hosts"][f"community.{DOMAIN}"]
    entry.pop("addresses", None)
    entry["cname"] = f"app.{DOMAIN}"


@defect("resolvers-disagree")
def resolvers_disagree(launch: DemoLaunch) -> None:
    """One resolver still has the old address of the community."""
    launch.resolvers[1].say(f"community.{DOMAIN}", "A", addresses("app")[:1])


@defect("resolvers-disagree", variant="missing")
def resolver_knows_nothing(launch: DemoLaunch) -> None:
    """One resolver says that the community's host does not exist."""
    launch.resolvers[1].say(f"community.{DOMAIN}", "*", "NXDOMAIN")


@defect("private-address-published")
def private_address_published(launch: DemoLaunch) -> None:
    """The community's host publishes the address that it has in the office, too."""
    launch.zone().add("A", "community", "10.20.30.40")


@defect("address-lookup-fails")
def address_lookup_fails(launch: DemoLaunch) -> None:
    """Questions for the community's IPv6 address fail."""
    for resolver in launch.resolvers:
        resolver.say(f"community.{DOMAIN}", "AAAA", "SERVFAIL")


@defect("address-lookup-fails", variant="ipv4")
def ipv4_lookup_fails(launch: DemoLaunch) -> None:
    """Questions for the community's IPv4 address fail, those for IPv6 do not."""
    for resolver in launch.resolvers:
        resolver.say(f"community.{DOMAIN}", "A", "SERVFAIL")


@defect("no-ipv6")
def no_ipv6(launch: DemoLaunch) -> None:
    """The community's host has no IPv6 address."""
    launch.zone().drop("AAAA", "community")
    declared = launch.manifest["hosts"][f"community.{DOMAIN}"]["addresses"]
    declared[:] = [a for a in declared if ":" not in a]


@defect("no-ipv4")
def no_ipv4(launch: DemoLaunch) -> None:
    """The community's host has no IPv4 address."""
    launch.zone().drop("A", "community")
    declared = launch.manifest["hosts"][f"community.{DOMAIN}"]["addresses"]
    declared[:] = [a for a in declared if ":" in a]


@defect("dangling-alias")
def dangling_alias(launch: DemoLaunch) -> None:
    """The community's host is an alias of a name at a hosting service that is gone."""
    launch.zone().drop("*", "community")
    launch.zone().add("CNAME", "community", "willow-community.post.example.")


@defect("forgotten-alias-dangles")
def forgotten_alias_dangles(launch: DemoLaunch) -> None:
    """An old blog's alias still points at a service that was left."""
    launch.zone().add("CNAME", "blog", "willow-blog.post.example.")


@defect("alias-loop")
def alias_loop(launch: DemoLaunch) -> None:
    """The community's host is an alias of a name that is an alias of it."""
    launch.zone().drop("*", "community")
    launch.zone().add("CNAME", "community", f"members.{DOMAIN}.")
    launch.zone().add("CNAME", "members", f"community.{DOMAIN}.")


@defect("alias-at-apex")
def alias_at_apex(launch: DemoLaunch) -> None:
    """The domain itself is an alias of www, beside its other records."""
    for resolver in launch.resolvers:
        resolver.say(DOMAIN, "CNAME", [f"www.{DOMAIN}."])


@defect("wildcard-record")
def wildcard_record(launch: DemoLaunch) -> None:
    """Every misspelt name of the domain leads to the community."""
    launch.zone().add("A", "*", addresses("community")[0])


@defect("lame-delegation")
def lame_delegation(launch: DemoLaunch) -> None:
    """One of the name servers does not know the domain."""
    launch.zone().servers[1].mode = "lame"


@defect("lame-delegation", variant="all")
def every_server_is_lame(launch: DemoLaunch) -> None:
    """None of the name servers knows the domain."""
    for server in launch.zone().servers:
        server.mode = "refuses"


@defect("nameserver-silent")
def nameserver_silent(launch: DemoLaunch) -> None:
    """One of the name servers does not answer."""
    launch.zone().servers[1].mode = "silent"


@defect("nameserver-without-tcp")
def nameserver_without_tcp(launch: DemoLaunch) -> None:
    """One of the name servers stands behind a firewall that lets UDP through alone."""
    launch.zone().servers[1].tcp = False


@defect("single-nameserver")
def single_nameserver(launch: DemoLaunch) -> None:
    """The domain has one name server and nobody beside it."""
    zone = launch.zone()
    zone.servers.pop()
    zone.drop("*", "ns2")


@defect("single-nameserver", variant="one-address")
def nameservers_share_an_address(launch: DemoLaunch) -> None:
    """Both name servers are one machine under two names."""
    zone = launch.zone()
    zone.servers.pop()
    zone.delegated = zone.child_ns = [f"ns1.{DOMAIN}", f"ns2.{DOMAIN}"]
    name, _, above = DOMAIN.partition(".")
    for type_ in ("A", "AAAA"):
        zone.replace(type_, "ns2", *zone.texts(type_, "ns1"))
        launch.zone(above).add(type_, f"ns2.{name}", *zone.texts(type_, "ns1"), ttl=3600)


@defect("nameserver-is-alias")
def nameserver_is_alias(launch: DemoLaunch) -> None:
    """The second name server's name is an alias of the machine's."""
    zone = launch.zone()
    for type_ in ("A", "AAAA"):
        zone.add(type_, "machine2", *zone.texts(type_, "ns2"), ttl=3600)
    zone.drop("*", "ns2")
    zone.add("CNAME", "ns2", f"machine2.{DOMAIN}.", ttl=3600)


@defect("delegation-mismatch")
def delegation_mismatch(launch: DemoLaunch) -> None:
    """The registrar still names a server that the zone no longer names."""
    zone = launch.zone()
    zone.servers.append(NameServer(name=f"ns3.{DOMAIN}", addresses=["192.0.2.55"]))
    zone.add("A", "ns3", "192.0.2.55", ttl=3600)
    zone.child_ns = [f"ns1.{DOMAIN}", f"ns2.{DOMAIN}"]


@defect("delegation-mismatch", variant="address")
def old_address_at_registrar(launch: DemoLaunch) -> None:
    """The second name server moved, and the registrar still holds the address where it was."""
    zone = launch.zone()
    zone.replace("A", "ns2", zone.servers[0].addresses[0])


@defect("nameservers-disagree")
def nameservers_disagree(launch: DemoLaunch) -> None:
    """The second name server still has an old copy of the zone."""
    zone = launch.zone()
    zone.servers[1].serial = zone.serial - 7
    zone.own_records(1).replace("A", "community", addresses("app")[0])


@defect("nameservers-disagree", variant="missing")
def nameserver_lacks_a_host(launch: DemoLaunch) -> None:
    """The interface's host was entered at one of two name servers alone; resolvers ask the other."""
    launch.zone().own_records(0).drop("*", "api")


@defect("nameservers-disagree", variant="caa")
def nameservers_disagree_who_may_issue(launch: DemoLaunch) -> None:
    """The second name server alone forbids every authority to issue certificates."""
    launch.zone().own_records(1).add("CAA", "@", '0 issue ";"')


@defect("nameservers-disagree", variant="serial")
def nameserver_is_behind(launch: DemoLaunch) -> None:
    """The second name server has an older copy of the zone with the same addresses."""
    zone = launch.zone()
    zone.servers[1].serial = zone.serial - 7


@defect("ttl-too-long")
def ttl_too_long(launch: DemoLaunch) -> None:
    """The addresses are to be changed for the launch and are remembered for two days."""
    launch.declare("launch", switches_dns=True)
    launch.zone().set_ttl(172_800, "A", "community")
    launch.zone().set_ttl(172_800, "AAAA", "community")


@defect("dnssec-bogus")
def dnssec_bogus(launch: DemoLaunch) -> None:
    """The registrar's DS record belongs to a key that the zone no longer has."""
    launch.zone().ds = "other"


@defect("dnssec-bogus", variant="lapsed")
def signatures_have_lapsed(launch: DemoLaunch) -> None:
    """The zone's signatures ended two days ago."""
    launch.zone().signatures_days = -2


@defect("dnssec-bogus", variant="unsigned")
def signing_was_turned_off(launch: DemoLaunch) -> None:
    """The zone is no longer signed, but the registrar still has its DS record."""
    launch.zone().signed = False


@defect("dnssec-host-bogus")
def host_is_signed_wrongly(launch: DemoLaunch) -> None:
    """The community's record was changed and not signed again; the resolvers here do not check."""
    launch.zone().damaged.add("community")
    for resolver in launch.resolvers:
        resolver.validates = False


@defect("dnssec-signatures-expire-soon")
def signatures_expire_soon(launch: DemoLaunch) -> None:
    """The zone's signatures end in five hours, and nothing renews them."""
    launch.zone().signatures_days = 5 / 24


@defect("caa-forbids-issuer")
def caa_forbids_issuer(launch: DemoLaunch) -> None:
    """The community's CAA record lets nobody issue certificates."""
    launch.zone().add("CAA", "community", '0 issue ";"')


@defect("caa-broken")
def caa_broken(launch: DemoLaunch) -> None:
    """Questions for the community's CAA records fail."""
    for resolver in launch.resolvers:
        resolver.say(f"community.{DOMAIN}", "CAA", "SERVFAIL")


@defect("registration-lapses-soon")
def registration_lapses_soon(launch: DemoLaunch) -> None:
    """The domain's registration ends in five days."""
    launch.registration.days_left = 5
