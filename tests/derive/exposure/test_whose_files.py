"""Whose the files of a host are."""

from __future__ import annotations

import pytest

from launchready.derive.exposure.whose_files import may_hold_bundles, of_launch

OWN = ("willow.example", "www.willow.example")


@pytest.mark.parametrize(
    "host",
    [
        "www.willow.example",
        "bundle.willow.example",
        "cdn.willow.test",
        "d123abc.cloudfront.net",
        "club.s3.amazonaws.com",
    ],
)
def test_files_on_own_hosts_and_under_a_customers_name_are_the_launchs(host: str) -> None:
    assert of_launch(host, OWN)


@pytest.mark.parametrize(
    "host", ["cdn.example.net", "js.stripe.com", "cloudfront.net", "willows.example"]
)
def test_other_files_are_not_known_to_be(host: str) -> None:
    assert not of_launch(host, OWN)


def test_a_short_name_under_another_ending_may_be_anybodys() -> None:
    assert not of_launch("club.test", ("club.example",))


def test_known_services_and_libraries_hold_no_bundle() -> None:
    assert not may_hold_bundles("js.stripe.com")
    assert not may_hold_bundles("cdn.jsdelivr.net")
    assert may_hold_bundles("cdn.files.example")
