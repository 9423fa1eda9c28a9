from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.dns.system import system_resolvers

_LINE = st.one_of(
    st.text(max_size=60),
    st.ip_addresses().map(lambda address: f"nameserver {address}"),
    st.text(max_size=20).map(lambda rest: f"nameserver {rest}"),
    st.sampled_from(["search example.org", "options ndots:5", "# nameserver 192.0.2.1", ""]),
)


def read(content: bytes) -> tuple[tuple[str, int], ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "resolv.conf"
        path.write_bytes(content)
        return system_resolvers(path)


def test_the_first_three_name_servers_are_asked() -> None:
    lines = "; made by dhclient\nsearch example.org\n" + "".join(
        f"nameserver 192.0.2.{n}\n" for n in range(1, 6)
    )
    assert read(lines.encode()) == (("192.0.2.1", 53), ("192.0.2.2", 53), ("192.0.2.3", 53))


def test_a_line_that_is_commented_out_or_names_no_address_is_passed_over() -> None:
    lines = (
        "# nameserver 192.0.2.1\nnameserver\nnameserver nowhere\nnameserver 2001:db8::53 # home\n"
    )
    assert read(lines.encode()) == (("2001:db8::53", 53),)


@given(st.lists(_LINE, max_size=12))
def test_whatever_stands_in_the_file_at_most_three_addresses_are_taken(lines: list[str]) -> None:
    found = read("\n".join(lines).encode("utf-8", "surrogatepass"))
    assert len(found) <= 3
    for address, port in found:
        ip_address(address)
        assert 0 < port < 65_536


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(content: bytes) -> None:
    assert len(read(content)) <= 3
