"""Permissions-Policy as browsers read it, and as pages need it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.header_place import where_to_add
from launchready.derive.pages.permissions import permissions, suggested
from launchready.facts.http import Headers
from tests.making import exchange

NOTHING = "camera=(), geolocation=(), microphone=(), payment=()"


@pytest.mark.parametrize(
    ("value", "features"),
    [
        ("camera=()", {"camera"}),
        ("camera=(), geolocation=(self), payment=*", {"camera", "geolocation", "payment"}),
        ('camera=(self "https://call.example" "https://a.example"),payment=self', {"camera", "payment"}),
        ('geolocation=();report-to="main"', {"geolocation"}),
        ("camera 'none'; microphone 'none'", set()),
        ("camera=(), microphone 'none'", set()),
        ("camera=(),", set()),
        ("camera", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_what_browsers_find_in_the_header(value: str, features: set[str]) -> None:
    assert permissions(exchange(headers={"Permissions-Policy": value})) == features


def test_several_header_lines_are_one_policy() -> None:
    lines = (("Permissions-Policy", "camera=()"), ("permissions-policy", "usb=()"))
    assert permissions(exchange(headers=lines)) == {"camera", "usb"}


@given(st.text(alphabet="cam=(),; \"*'", max_size=60))
def test_no_header_stops_it(value: str) -> None:
    permissions(exchange(headers={"Permissions-Policy": value}))


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        ("<p>hello</p>", NOTHING),
        ("<script>navigator.mediaDevices.getUserMedia({video: true})</script>",
         "camera=(self), geolocation=(), microphone=(self), payment=()"),
        ("<p>navigator.geolocation</p>", NOTHING),
        ('<script src="https://js.stripe.com/v3/"></script>',
         'camera=(), geolocation=(), microphone=(), payment=(self "https://js.stripe.com")'),
        ('<iframe src="https://call.example/room?a" allow="camera; microphone *"></iframe>',
         'camera=(self "https://call.example"), geolocation=(), microphone=(self "https://call.example"), payment=()'),
        ('<iframe src="/map" allow="geolocation"></iframe>',
         "camera=(), geolocation=(self), microphone=(), payment=()"),
        ("<iframe src='https://a.example\"); x/' allow='camera'></iframe>", NOTHING),
    ],
)  # fmt: skip
def test_a_policy_closes_what_no_page_uses(body: str, policy: str) -> None:
    assert suggested([exchange(body=body)]) == policy
    assert permissions(exchange(headers={"Permissions-Policy": policy}))


def test_quotes_in_a_value_are_kept_apart_from_those_of_the_server() -> None:
    step = where_to_add(Headers((("server", "nginx"),)), "Permissions-Policy", 'camera=("a")')
    assert step.endswith(r'add_header Permissions-Policy "camera=(\"a\")" always;')
