"""What the lab's zones say, faults included. Each zone is one domain under `test`."""

from . import addresses as at
from .mail_zones import mail_zones
from .web_hosts import HOSTS
from .zone import SERIAL, Zone

BIG_TXT_BYTES = 32_000
LONG_TTL_S = 604_800
_TXT_STRING_BYTES = 250
_CHAIN_LENGTH = 8

# Name below lab.test: what is wrong, or right, with it.
RECORD_PURPOSES = {
    "long-ttl": "a TTL of a week",
    "private-address": "publishes 10.0.0.5",
    "link-local": "publishes 169.254.169.254",
    "loopback": "publishes 127.0.0.1",
    "caa-forbids": "CAA allows no authority",
    "caa-other": "CAA allows an authority that issued nothing here",
    "caa-unknown-critical": "CAA with a critical property that nobody knows",
    "dangling": "CNAME to a name that does not exist, in a zone of a hosting service",
    "dangling-service": "CNAME to a name below a real service's domain that does not exist",
    "claimed": "CNAME to a hosting service's name that exists: healthy",
    "loop-a": "CNAME loop with loop-b",
    "loop-b": "CNAME loop with loop-a",
    "loop-self": "CNAME to itself",
    "chain-0": f"a chain of {_CHAIN_LENGTH} CNAMEs that ends at an address",
    "moved": "the second resolver answers another address",
    "vanished": "the second resolver answers NXDOMAIN",
    "only-text": "exists without an address (NODATA)",
    "big-text": f"a TXT record of {BIG_TXT_BYTES} bytes",
    "many-addresses": "60 addresses",
}


def all_zones() -> list[Zone]:
    """Return every zone below `test`."""
    return [_hosting(), _lab(), *_dns_faults(), *mail_zones()]


def parent_text(zones: list[Zone], delegation_signers: str) -> str:
    """Return the zone `test`: the delegations, their glue and the DS records of the signed ones."""
    delegations = "".join(
        f"{zone.name}. NS {server}\n" for zone in zones for server in zone.parent_nameservers
    )
    return (
        "$ORIGIN test.\n$TTL 300\n"
        f"@ SOA a.nic.test. hostmaster.nic.test. {SERIAL} 3600 600 1209600 300\n"
        f"@ NS a.nic.test.\na.nic A {at.ROOT_SERVER}\n"
        f"{_nameserver_addresses('.hosting')}"
        f"{delegations}{delegation_signers}"
    )


def root_text(delegation_signers: str) -> str:
    """Return the root zone, which knows one top-level domain."""
    return (
        "$ORIGIN .\n$TTL 300\n"
        f"@ SOA a.nic.test. hostmaster.nic.test. {SERIAL} 3600 600 1209600 300\n"
        f"@ NS a.nic.test.\ntest. NS a.nic.test.\na.nic.test. A {at.ROOT_SERVER}\n"
        f"{delegation_signers}"
    )


def _nameserver_addresses(suffix: str) -> str:
    return (
        f"ns1{suffix} A {at.NS_FIRST}\nns2{suffix} A {at.NS_SECOND}\n"
        f"ns-old{suffix} A {at.NS_STALE}\nns-silent{suffix} A {at.NS_SILENT}\n"
    )


def _hosting() -> Zone:
    return Zone(
        name="hosting.test",
        purpose="the name servers' own zone",
        records=f"{_nameserver_addresses('')}ns-same A {at.NS_FIRST}\nns-alias CNAME ns2\n",
    )


def _lab() -> Zone:
    string = '"' + "x" * _TXT_STRING_BYTES + '" '
    chain = "".join(f"chain-{n} CNAME chain-{n + 1}\n" for n in range(_CHAIN_LENGTH))
    web = "".join(f"{host.label} A {host.address}\n" for host in HOSTS)
    many = "".join(f"many-addresses A 203.0.113.{host}\n" for host in range(100, 160))
    return Zone(
        name="lab.test",
        purpose="signed and healthy; the apex redirects to good.lab.test",
        signing="signed",
        records=f"""
@ A {at.WEB}
@ TXT "v=spf1 -all"
@ MX 0 .
@ CAA 0 issue "ca.lab.test"
@ CAA 0 iodef "mailto:hostmaster@lab.test"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@lab.test"
good AAAA {at.WEB_IPV6}
good HTTPS 1 . alpn=h2 ipv4hint={at.WEB} ipv6hint={at.WEB_IPV6}
cors-public HTTPS 1 . alpn=h2 ipv4hint={at.WEB_PORT_80_ONLY}
{web}
long-ttl {LONG_TTL_S} A {at.WEB}
private-address A 10.0.0.5
link-local A 169.254.169.254
loopback A 127.0.0.1
caa-forbids A {at.WEB}
caa-forbids CAA 0 issue ";"
caa-other A {at.WEB}
caa-other CAA 0 issue "letsencrypt.org"
caa-unknown-critical A {at.WEB}
caa-unknown-critical CAA 128 nobodyknows "x"
dangling CNAME unclaimed.herokuapp.test.
claimed CNAME claimed.herokuapp.test.
dangling-service CNAME unclaimed-launch.herokuapp.com.
loop-a CNAME loop-b
loop-b CNAME loop-a
loop-self CNAME loop-self
{chain}
chain-{_CHAIN_LENGTH} A {at.WEB}
moved A {at.WEB}
vanished A {at.WEB}
only-text TXT "no address here"
big-text TXT {string * (BIG_TXT_BYTES // _TXT_STRING_BYTES)}
{many}
""",
    )


def _dns_faults() -> list[Zone]:
    web = f"@ A {at.WEB}\nwww A {at.WEB}\n"
    first, second = "ns1.hosting.test.", "ns2.hosting.test."
    old, silent = "ns-old.hosting.test.", "ns-silent.hosting.test."
    return [
        Zone(
            name="bogus.test",
            purpose="DNSSEC signatures that do not verify",
            signing="corrupt",
            records=web,
        ),
        Zone(
            name="one-bogus.test",
            purpose="the DNSSEC signatures of www alone do not verify",
            signing="one-corrupt",
            records=web,
        ),
        Zone(
            name="lapsed.test",
            purpose="DNSSEC signatures that ended",
            signing="lapsed",
            records=web,
        ),
        Zone(
            name="wrong-ds.test",
            purpose="the parent's DS belongs to another key",
            signing="wrong-ds",
            records=web,
        ),
        Zone(name="insecure.test", purpose="not signed: healthy", records=web),
        Zone(
            name="wildcard.test",
            purpose="every name resolves",
            records=f"{web}* A {at.WEB}\n",
        ),
        Zone(
            name="stale.test",
            purpose="the second server has an older serial and other addresses",
            nameservers=(first, old),
            records=web,
            stale_records="@ A 203.0.113.98\nwww A 203.0.113.98\n",
        ),
        Zone(
            name="lame.test",
            purpose="delegated to a server that refuses it",
            records=web,
            nameservers=(old,),
            served=False,
        ),
        Zone(
            name="half-lame.test",
            purpose="one of two servers refuses it",
            records=web,
            nameservers=(first, old),
        ),
        Zone(
            name="silent.test",
            purpose="one of two servers does not answer",
            records=web,
            nameservers=(first, silent),
        ),
        Zone(
            name="single.test",
            purpose="one name server and nobody beside it",
            records=web,
            nameservers=(first,),
        ),
        Zone(
            name="one-address.test",
            purpose="two name servers that are one machine",
            records=web,
            nameservers=(first, "ns-same.hosting.test."),
        ),
        Zone(
            name="ns-alias.test",
            purpose="a name server that is an alias",
            records=web,
            nameservers=(first, "ns-alias.hosting.test."),
        ),
        Zone(
            name="mismatch.test",
            purpose="the parent names other servers than the zone itself",
            records=web,
            nameservers=(first, second),
            delegated=(first, silent),
        ),
        Zone(
            name="apex-alias.test",
            purpose="a CNAME at the apex, which hides the zone's own SOA, NS and MX",
            records="@ CNAME good.lab.test.\n@ MX 10 mx.brand.test.\n",
        ),
        Zone(
            name="herokuapp.test",
            purpose="a hosting service: only `claimed` exists",
            records=f"claimed A {at.WEB}\n",
        ),
    ]
