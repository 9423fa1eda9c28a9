from __future__ import annotations

from launchready.guard.limits.familiar import KEEP_S, PAIRS_MAX, Familiar


def test_an_account_is_familiar_where_it_signed_in_however_it_is_spelt() -> None:
    familiar = Familiar()
    familiar.add("Ada@willow.example", "198.51.100.7")
    assert familiar.knows("ada@willow.example ", "198.51.100.7")
    assert not familiar.knows("ada@willow.example", "198.51.100.8")
    assert not familiar.knows("bob@willow.example", "198.51.100.7")


def test_after_a_month_it_is_a_stranger_again() -> None:
    now = 0.0
    familiar = Familiar(clock=lambda: now)
    familiar.add("ada", "198.51.100.7")
    now = KEEP_S
    assert not familiar.knows("ada", "198.51.100.7")


def test_it_keeps_a_bounded_number() -> None:
    familiar = Familiar()
    for number in range(PAIRS_MAX + 10):
        familiar.add(str(number), "198.51.100.7")
    assert not familiar.knows("0", "198.51.100.7")
    assert familiar.knows(str(PAIRS_MAX), "198.51.100.7")
