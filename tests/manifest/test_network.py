from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.manifest.values import split_address, split_dial

_ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
_PORTS = st.integers(1, 65535)


def shown(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


@given(_ADDRESSES, _PORTS)
def test_an_address_with_a_port_is_split_into_both(
    address: IPv4Address | IPv6Address, port: int
) -> None:
    assert split_address(f"{shown(address)}:{port}", default_port=53) == (str(address), port)


@given(_ADDRESSES)
def test_an_address_alone_takes_the_usual_port(address: IPv4Address | IPv6Address) -> None:
    assert split_address(str(address), default_port=53) == (str(address), 53)


@given(_ADDRESSES, _PORTS, _ADDRESSES, _PORTS)
def test_a_dial_line_between_addresses_is_split_into_four(
    here: IPv4Address | IPv6Address, port: int, there: IPv4Address | IPv6Address, to: int
) -> None:
    line = f"{shown(here)}:{port}={shown(there)}:{to}"
    assert split_dial(line) == (str(here), port, str(there), to)


def test_a_dial_line_of_a_host_is_kept_in_lower_case() -> None:
    assert split_dial("App.Example.org.:443=127.0.0.1:8443") == (
        "app.example.org", 443, "127.0.0.1", 8443,
    )  # fmt: skip


@pytest.mark.parametrize("value", ["", "1.2.3.4:0", "1.2.3.4:65536", "[::1", "::1:53:x", "host:53"])
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        split_address(value, default_port=53)


@given(st.text())
def test_any_text_is_split_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        _, port = split_address(text, default_port=53)
        assert 0 < port < 65536
    with contextlib.suppress(ValueError):
        _, port, _, to = split_dial(text)
        assert 0 < port < 65536
        assert 0 < to < 65536


def test_a_dial_line_of_a_host_beyond_ascii_is_kept_as_the_dns_writes_it() -> None:
    assert split_dial("bücher.example:443=127.0.0.1:8443")[0] == "xn--bcher-kva.example"


def test_a_dial_line_that_could_match_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'\*\.example\.org' is not a host name"):
        split_dial("*.example.org:443=127.0.0.1:8443")
