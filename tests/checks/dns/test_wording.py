"""Commands to paste: a port where it is not 53, and nothing that a shell would obey."""

from __future__ import annotations

import pytest

from launchready.checks.dns.wording import dig


@pytest.mark.parametrize(
    ("server", "command"),
    [
        ("", "dig A app.example.org"),
        ("192.0.2.1", "dig @192.0.2.1 A app.example.org"),
        ("192.0.2.1:5353", "dig -p 5353 @192.0.2.1 A app.example.org"),
        ("[2001:db8::1]:5353", "dig -p 5353 @2001:db8::1 A app.example.org"),
        ("ns1.example.net", "dig @ns1.example.net A app.example.org"),
        ("ns1$(id).example.net", "dig '@ns1$(id).example.net' A app.example.org"),
    ],
)
def test_the_server_is_named_as_dig_wants_it(server: str, command: str) -> None:
    assert dig("A", "app.example.org", server=server) == command


def test_hostile_names_are_quoted() -> None:
    assert dig("A", "a;id.example.org") == "dig A 'a;id.example.org'"
