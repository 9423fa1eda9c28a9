from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest

from launchready.facts import Key, host_subject
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.report.model import Looking
from launchready.report.same_places import SamePlaces

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LED = SamePlaces(
    resolver=("127.0.0.1", 5353),
    dial={
        ("203.0.113.5", 443): ("127.0.0.1", 8443),
        ("203.0.113.5", 80): ("127.0.0.1", 8080),
        ("new.example", 443): ("127.0.0.1", 9443),
        ("198.51.100.7", 443): ("127.0.0.1", 7443),
        ("2001:db8::7", 443): ("127.0.0.1", 7443),
        ("192.0.2.1", 53): ("127.0.0.1", 5301),
    },
    ca="my ca.pem",
    addresses={
        "a.example": "203.0.113.5",
        "ns1.example": "192.0.2.1",
        "six.example": "2001:db8::5",
    },
)


@pytest.mark.parametrize(
    "see",
    [
        "curl -sS https://a.example/",
        "dig A a.example",
        "openssl s_client -connect a.example:443 </dev/null",
    ],
)
def test_a_run_that_looked_as_anybody_does_changes_no_command(see: str) -> None:
    assert SamePlaces(addresses=LED.addresses).command(see) == see
    assert not SamePlaces().misses(see)


def test_dig_asks_the_resolver_that_was_asked() -> None:
    assert LED.command("dig +short TXT a.example") == (
        "dig @127.0.0.1 -p 5353 +short TXT a.example"
    )


def test_a_resolver_that_the_command_names_with_its_port_stays() -> None:
    see = "dig @127.0.0.1 +short -p 5454 A a.example"
    assert LED.command(see) == see
    assert not LED.misses(see)


def test_a_url_in_a_header_is_not_gone_to() -> None:
    led = LED.command("curl -sS -H 'Origin: https://new.example' https://a.example/")
    assert "new.example:443" not in led


def test_every_command_of_a_line_is_led() -> None:
    assert LED.command("dig +short A a.example; dig +short @ns1.example SOA a.example") == (
        "dig @127.0.0.1 -p 5353 +short A a.example; dig @127.0.0.1 -p 5301 +short SOA a.example"
    )


def test_curl_connects_where_the_run_did_and_trusts_whom_it_trusted() -> None:
    assert LED.command("curl -sS 'https://a.example/?q=1' | head -c 20") == (
        "curl --cacert 'my ca.pem' --connect-to a.example:443:127.0.0.1:8443 "
        "-sS 'https://a.example/?q=1' | head -c 20"
    )


def test_a_host_that_is_dialled_by_its_name_needs_no_address() -> None:
    assert "--connect-to new.example:443:127.0.0.1:9443" in LED.command(
        "curl -sS https://new.example/"
    )


def test_an_address_of_the_newer_kind_stands_in_brackets() -> None:
    assert "--connect-to 'six" not in LED.command("curl -sS https://six.example/")
    assert "six.example:443:[2001:db8::5]:443" in LED.command("curl -sS https://six.example/")


def test_curl_in_a_loop_is_led_and_the_loop_stays_whole() -> None:
    see = 'for i in $(seq 3); do curl -s -o /dev/null -X POST -d \'{"a b": "; curl "}\' https://a.example/chat; done'
    led = LED.command(see)
    assert led.startswith("for i in $(seq 3); do curl --cacert 'my ca.pem' --connect-to a.example")
    assert led.endswith('-d \'{"a b": "; curl "}\' https://a.example/chat; done')


def test_where_curl_follows_redirects_the_hosts_that_the_finding_names_are_led_too() -> None:
    led = shlex.split(
        LED.command("curl -sSL https://a.example/join", ["leads to https://new.example/signup"])
    )
    assert "a.example:80:127.0.0.1:8080" in led
    assert "new.example:443:127.0.0.1:9443" in led
    once = LED.command("curl -sS https://a.example/join", ["leads to https://new.example/signup"])
    assert "new.example" not in once


@pytest.mark.parametrize(
    "forced",
    [
        "--connect-to ::198.51.100.7:",
        "--connect-to '::[2001:db8::7]:'",
        "--resolve a.example:443:198.51.100.7",
        "--resolve a.example:443:2001:db8::7",
    ],
)
def test_an_address_that_the_command_itself_names_is_dialled(forced: str) -> None:
    assert LED.command(f"curl -sik {forced} https://a.example/") == (
        "curl --cacert 'my ca.pem' --connect-to a.example:443:127.0.0.1:7443 "
        "-sik https://a.example/"
    )


def test_openssl_connects_where_the_run_did_and_still_names_the_host() -> None:
    assert LED.command("openssl s_client -connect a.example:443 </dev/null") == (
        "openssl s_client -connect 127.0.0.1:8443 -CAfile 'my ca.pem' -servername a.example </dev/null"
    )
    assert "-servername b.example" in LED.command(
        "openssl s_client -connect a.example:443 -servername b.example </dev/null"
    )


def test_other_programs_and_the_second_half_of_a_pipe_stay_as_they_are() -> None:
    for see in ("grep -A8 people launchready.toml", "launchready smoke", "openssl x509 -noout"):
        assert LED.command(see) == see


@pytest.mark.parametrize(
    ("see", "misses"),
    [
        ("dig A a.example", False),
        ("dig +trace NS a.example", True),
        ("dig @ns9.example SOA a.example", True),
        ("curl -sS https://a.example/", False),
        ("curl -sS https://unknown.example/", True),
        ("openssl s_client -connect unknown.example:443", True),
        ("grep tested launchready.toml", False),
    ],
)
def test_it_tells_which_commands_still_look_elsewhere(see: str, misses: bool) -> None:
    assert LED.misses(see) is misses


def test_where_only_some_hosts_are_dialled_the_others_are_looked_up_as_the_run_did() -> None:
    places = SamePlaces(dial={("new.example", 443): ("127.0.0.1", 1)}, addresses=LED.addresses)
    see = "curl -sS https://a.example/"
    assert places.command(see) == see
    assert not places.misses(see)


def test_the_places_are_those_of_the_run() -> None:
    answer = ResolverAnswer(resolver="192.0.2.53", rcode="NOERROR", v4=("203.0.113.5",))
    found = Resolution(
        subject=host_subject("a.example", "a.example"), at=NOW, how="test", answers=(answer,)
    )
    places = SamePlaces.of(
        Looking(resolvers=("192.0.2.53", "9.9.9.9"), dial=("192.0.2.53:53=127.0.0.1:5353",)),
        {Key(Resolution, host_subject("a.example", "a.example")): found},
    )
    assert places.resolver == ("127.0.0.1", 5353)
    assert places.addresses == {"a.example": "203.0.113.5"}


def test_a_url_that_cannot_be_read_changes_nothing() -> None:
    see = "curl -sS 'https://[broken/'"
    assert LED.command(see).endswith("-sS 'https://[broken/'")
