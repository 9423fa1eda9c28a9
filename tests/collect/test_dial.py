from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.dial import DialMap, is_loopback, is_public, reached


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("9.9.9.9", True),
        ("203.0.113.5", True),
        ("2001:db8::1", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("5f00::1", False),
        ("::ffff:9.9.9.9", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("::203.0.113.5", False),
    ],
)
def test_an_address_is_public_when_the_internet_can_reach_it(address: str, public: bool) -> None:
    assert is_public(address) is public


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_no_loopback_address_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not (is_loopback(str(address)) and is_public(str(address)))


def test_a_host_is_dialled_before_its_address() -> None:
    dial = DialMap.parse(["a.example:443=127.0.0.1:1", "203.0.113.5:443=127.0.0.1:2"])
    assert dial.target("a.example", "203.0.113.5", 443) == ("127.0.0.1", 1)
    assert dial.target("b.example", "203.0.113.5", 443) == ("127.0.0.1", 2)
    assert dial.target("b.example", "203.0.113.6", 443) == ("203.0.113.6", 443)
    assert dial.target("a.example", "203.0.113.5", 80) == ("203.0.113.5", 80)


def test_a_mapped_address_reaches_what_it_holds() -> None:
    assert is_loopback("::ffff:127.0.0.1")
    assert reached("::ffff:169.254.169.254").is_link_local
    assert not is_loopback("2001:db8::1")
