from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.client import Proxies, counted_as
from launchready.manifest import parse_manifest

EDGE = "172.68.1.1"  # one of Cloudflare's
NGINX = "10.0.0.9"
VISITOR = "203.0.113.7"
STRANGERS = "198.51.100.66"


def proxies(*named: str, edge: str = "") -> Proxies:
    at = f'edge = "{edge}"' if edge else ""
    names = ", ".join(f'"{name}"' for name in named)
    return Proxies.of(
        parse_manifest(f'[launch]\ndomain = "example.org"\n{at}\n[guard]\nproxies = [{names}]\n')
    )


def lines(**headers: str | list[str]) -> list[tuple[bytes, bytes]]:
    return [
        (name.replace("_", "-").encode(), line.encode("latin-1"))
        for name, value in headers.items()
        for line in ([value] if isinstance(value, str) else value)
    ]


def test_without_proxies_the_peer_is_the_client() -> None:
    headers = lines(x_forwarded_for=VISITOR, forwarded=f"for={VISITOR}", cf_connecting_ip=VISITOR)
    assert proxies().client("192.0.2.1", headers) == "192.0.2.1"


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("testclient", "testclient"),
        (None, "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_peer_is_told_in_one_spelling(peer: str | None, address: str) -> None:
    assert proxies().client(peer, []) == address


def test_what_a_trusted_proxy_says_counts() -> None:
    assert proxies("10.0.0.0/8").client(NGINX, lines(x_forwarded_for=VISITOR)) == VISITOR
    assert proxies("10.0.0.0/8").client(NGINX, lines(forwarded=f"for={VISITOR}")) == VISITOR


def test_a_mapped_peer_is_trusted_as_the_address_that_it_maps() -> None:
    peer = f"::ffff:{NGINX}"
    assert proxies("10.0.0.0/8").client(peer, lines(x_forwarded_for=VISITOR)) == VISITOR


def test_a_web_server_on_a_unix_socket_is_trusted_as_loopback() -> None:
    headers = lines(x_forwarded_for=VISITOR)
    assert proxies("127.0.0.1").client(None, headers) == VISITOR
    assert proxies("10.0.0.0/8").client(None, headers) == "127.0.0.1"


def test_several_trusted_hops_are_walked_from_the_right() -> None:
    headers = lines(x_forwarded_for=[f"{STRANGERS}, {VISITOR}", "10.0.0.3,10.0.0.4"])
    assert proxies("10.0.0.0/8").client(NGINX, headers) == VISITOR


def test_when_all_hops_are_trusted_the_farthest_is_the_client() -> None:
    assert proxies("10.0.0.0/8").client(NGINX, lines(x_forwarded_for="10.0.0.3")) == "10.0.0.3"


@pytest.mark.parametrize(
    "named",
    ["", "unknown", "_hidden", "256.1.1.1", "010.0.0.1", "1.2.3", "a.example", "[::1", "1.2.3.4:",
     "1.2.3.4:x", "[1.2.3.4]", "[2001:db8::1]80", "\x00", "é", "'1.2.3.4'", "1" * 500],
)  # fmt: skip
def test_a_hop_that_names_no_address_is_itself_the_client(named: str) -> None:
    trusted = proxies("10.0.0.0/8")
    assert trusted.client(NGINX, lines(x_forwarded_for=named)) == NGINX
    assert trusted.client(NGINX, lines(forwarded=f'for="{named}"')) == NGINX


@pytest.mark.parametrize(
    ("node", "address"),
    [
        ("192.0.2.60:4711", "192.0.2.60"),
        ("192.0.2.60", "192.0.2.60"),
        ("[2001:db8:cafe::17]:4711", "2001:db8:cafe::17"),
        ("[2001:db8:cafe::17]", "2001:db8:cafe::17"),
        ("[2001:db8:cafe::17]:_secret", "2001:db8:cafe::17"),
        ("2001:db8:cafe::17", "2001:db8:cafe::17"),
        ("::ffff:192.0.2.60", "192.0.2.60"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
    ],
)
def test_ports_and_brackets_are_no_part_of_the_address(node: str, address: str) -> None:
    trusted = proxies("10.0.0.0/8")
    assert trusted.client(NGINX, lines(x_forwarded_for=node)) == address
    assert trusted.client(NGINX, lines(forwarded=f'proto=https;For="{node}";by=_x')) == address


def test_an_element_of_forwarded_without_for_or_with_two_names_nobody() -> None:
    trusted = proxies("10.0.0.0/8")
    assert trusted.client(NGINX, lines(forwarded=f"for={VISITOR}, proto=https")) == NGINX
    assert trusted.client(NGINX, lines(forwarded=f"for={VISITOR};for={STRANGERS}")) == NGINX


def test_forwarded_and_x_forwarded_for_that_differ_name_nobody() -> None:
    trusted = proxies("10.0.0.0/8")
    headers = lines(forwarded=f"for={STRANGERS}", x_forwarded_for=VISITOR)
    assert trusted.client(NGINX, headers) == NGINX
    agreed = lines(forwarded=f"for={VISITOR}", x_forwarded_for=VISITOR)
    assert trusted.client(NGINX, agreed) == VISITOR


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("X-Forwarded-For", lines(forwarded=f"for={STRANGERS}", x_forwarded_for=VISITOR)),
        ("forwarded", lines(forwarded=f"for={VISITOR}", x_forwarded_for=STRANGERS)),
        ("x-real-ip", lines(x_real_ip=VISITOR, x_forwarded_for=STRANGERS, forwarded="for=x")),
    ],
)
def test_where_the_header_of_the_proxies_is_named_no_other_is_read(
    named: str, told: list[tuple[bytes, bytes]]
) -> None:
    manifest = parse_manifest(
        f'[launch]\ndomain = "example.org"\n[guard]\nproxies = ["10.0.0.0/8"]\n'
        f'proxy_header = "{named}"\n'
    )
    assert Proxies.of(manifest).client(NGINX, told) == VISITOR
    others = [line for line in told if line[0] != named.lower().encode()]
    assert Proxies.of(manifest).client(NGINX, others) == NGINX


def test_a_declared_edge_is_trusted_without_being_named() -> None:
    headers = lines(cf_connecting_ip=VISITOR, x_forwarded_for=f"{STRANGERS},{VISITOR}")
    assert proxies(edge="cloudflare").client(EDGE, headers) == VISITOR
    assert proxies("cloudflare").client(EDGE, headers) == VISITOR
    assert proxies().client(EDGE, headers) == EDGE


def test_the_edge_of_one_host_is_trusted() -> None:
    manifest = parse_manifest(
        '[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\nedge = "cloudflare"\n'
    )
    assert Proxies.of(manifest).client(EDGE, lines(cf_connecting_ip=VISITOR)) == VISITOR


def test_cf_connecting_ip_counts_only_where_cloudflare_is_in_the_chain() -> None:
    trusted = proxies("10.0.0.0/8", edge="cloudflare")
    forged = lines(cf_connecting_ip=STRANGERS, x_forwarded_for=VISITOR)
    assert trusted.client(NGINX, forged) == VISITOR
    assert trusted.client(VISITOR, forged) == VISITOR


def test_cloudflare_behind_a_proxy_of_ours_still_names_the_visitor() -> None:
    trusted = proxies("10.0.0.0/8", edge="cloudflare")
    appended = lines(cf_connecting_ip=VISITOR, x_forwarded_for=f"{STRANGERS}, {VISITOR}, {EDGE}")
    assert trusted.client(NGINX, appended) == VISITOR
    assert trusted.client(NGINX, lines(cf_connecting_ip=VISITOR, x_forwarded_for=EDGE)) == VISITOR


def test_without_cf_connecting_ip_the_forwarded_chain_tells() -> None:
    headers = lines(x_forwarded_for=f"{STRANGERS}, {VISITOR}")
    assert proxies(edge="cloudflare").client(EDGE, headers) == VISITOR


def test_a_visitor_with_an_address_of_cloudflares_vpn_cannot_name_another() -> None:
    headers = lines(x_forwarded_for=f"{STRANGERS}, 104.28.1.1")
    assert proxies(edge="cloudflare").client(EDGE, headers) == "104.28.1.1"


@pytest.mark.parametrize("told", [["1.2.3.4", "5.6.7.8"], ["nonsense"], [""]])
def test_a_cf_connecting_ip_that_cannot_be_names_nobody(told: list[str]) -> None:
    assert proxies(edge="cloudflare").client(EDGE, lines(cf_connecting_ip=told)) == EDGE


def test_a_line_longer_than_is_read_keeps_its_right_end() -> None:
    headers = lines(x_forwarded_for=f"{STRANGERS}," * 5000 + VISITOR)
    assert proxies("10.0.0.0/8").client(NGINX, headers) == VISITOR
    headers = lines(forwarded='"' * 60_000 + f",for={VISITOR}")
    assert proxies("10.0.0.0/8").client(NGINX, headers) == VISITOR


def test_a_flood_of_peers_does_not_fill_the_memory() -> None:
    few = proxies()
    for number in range(10_000):
        few.client(str(IPv4Address(number)), [])
    assert len(few._seen) <= 4096


def test_an_ipv6_client_counts_by_its_network() -> None:
    assert counted_as("2001:db8:1:2:3::4") == counted_as("2001:db8:1:2::5") == "2001:db8:1:2::/64"
    assert counted_as("2001:db8:1:3::4") != counted_as("2001:db8:1:2::4")
    assert counted_as("203.0.113.7") == "203.0.113.7"
    assert counted_as("testclient") == "testclient"


NAMES = [b"forwarded", b"x-forwarded-for", b"cf-connecting-ip", b"x-real-ip"]
ADDRESSES = st.one_of(
    st.ip_addresses().map(str), st.sampled_from([EDGE, NGINX, VISITOR, STRANGERS, "unknown", "_x"])
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.lists(ADDRESSES, max_size=4).map(lambda a: ", ".join(a).encode()),
    st.lists(ADDRESSES, max_size=4).map(lambda a: ", ".join(f'for="[{x}]:1"' for x in a).encode()),
    st.text('for=";,\\[]: 1.', max_size=30).map(str.encode),
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=5)
TRUSTED = proxies("10.0.0.0/8", edge="cloudflare")


def trusted(ip: IPv4Address | IPv6Address) -> bool:
    plain = getattr(ip, "ipv4_mapped", None) or ip
    return any(plain in network for network in (*TRUSTED.networks, *TRUSTED.cloudflare))


@given(st.ip_addresses().filter(lambda ip: not trusted(ip)), HEADERS)
def test_no_header_from_an_untrusted_peer_changes_the_answer(
    peer: IPv4Address | IPv6Address, headers: list[tuple[bytes, bytes]]
) -> None:
    assert TRUSTED.client(str(peer), headers) == TRUSTED.client(str(peer), [])


@given(VALUES)
def test_what_a_stranger_prepends_to_x_forwarded_for_changes_nothing(before: bytes) -> None:
    headers = [(b"x-forwarded-for", before + b", " + VISITOR.encode())]
    assert TRUSTED.client(NGINX, headers) == VISITOR
    apart = [(b"x-forwarded-for", before), (b"x-forwarded-for", VISITOR.encode())]
    assert TRUSTED.client(NGINX, apart) == VISITOR


@given(VALUES)
def test_what_a_stranger_prepends_to_forwarded_changes_nothing(before: bytes) -> None:
    headers = [(b"forwarded", before + b', for="' + VISITOR.encode() + b':80";proto=https')]
    assert TRUSTED.client(NGINX, headers) == VISITOR


@given(HEADERS)
def test_what_a_stranger_sends_through_cloudflare_changes_nothing(
    sent: list[tuple[bytes, bytes]],
) -> None:
    passed = [(name, value) for name, value in sent if name != b"cf-connecting-ip"]
    headers = [*passed, (b"cf-connecting-ip", VISITOR.encode())]
    assert TRUSTED.client(EDGE, headers) == VISITOR


@given(HEADERS)
def test_whatever_a_stranger_sends_through_a_proxy_names_the_stranger_or_the_proxy(
    sent: list[tuple[bytes, bytes]],
) -> None:
    headers = [*sent, (b"x-forwarded-for", VISITOR.encode())]
    assert TRUSTED.client(NGINX, headers) in {VISITOR, NGINX}


@given(st.one_of(st.none(), st.text(max_size=50), st.just(NGINX), st.just(EDGE)), HEADERS)
def test_no_input_raises_and_a_trusted_peer_yields_an_address(
    peer: str | None, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = TRUSTED.client(peer, headers)
    if peer in {NGINX, EDGE, None}:
        assert str(ip_address(answer)) == answer


def test_visitors_with_ipv4_that_come_translated_count_apart() -> None:
    one, other = "64:ff9b::c633:6401", "64:ff9b::c633:6402"
    assert counted_as(one) != counted_as(other)
