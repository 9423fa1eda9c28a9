import re

import pytest

from launchready.demo import SHOWCASE, UnknownDefectError, apply, defects, healthy
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@pytest.mark.parametrize("id_", sorted(defects()))
def test_every_defect_changes_the_launch(id_: str) -> None:
    launch, untouched = healthy(), healthy()
    assert launch == untouched
    apply(launch, [id_])
    assert launch != untouched


def test_ids_are_kebab_case_and_name_their_check() -> None:
    assert defects()
    for id_, each in defects().items():
        assert re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?", id_)
        assert id_.partition("/")[0] == each.check


def test_the_showcase_names_defects_that_exist_and_fit_together() -> None:
    apply(healthy(), SHOWCASE)
    families = {defects()[id_].family for id_ in SHOWCASE}
    assert {"dns", "tls", "mail", "redirects", "caching", "rate_limits", "sign_in"} <= families


def test_an_unknown_defect_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownDefectError, match="'spf-missing'"):
        apply(healthy(), ["spf-mising"])


def test_a_defect_must_say_what_is_wrong() -> None:
    def silent(launch: DemoLaunch) -> None:
        launch.zone().drop("*", "app")

    with pytest.raises(ValueError, match="docstring"):
        defect("does-not-resolve")(silent)


def test_an_id_that_is_not_kebab_case_is_refused() -> None:
    with pytest.raises(ValueError, match="kebab"):
        defect("DoesNotResolve")


def test_dropping_a_record_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no TXT record at nowhere"):
        healthy().zone().drop("TXT", "nowhere")


def test_two_healthy_launches_share_nothing() -> None:
    one, other = healthy(), healthy()
    one.host("app").headers.clear()
    one.zone().records.clear()
    one.manifest["people"]["dns"].append("somebody")
    one.host().route("/").headers["x"] = "y"
    assert other == healthy()
