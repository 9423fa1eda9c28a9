import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dmarc_record import (
    DmarcRecord,
    looks_like_dmarc,
    parse_dmarc,
    parse_report_uris,
)


def _parsed(text: str) -> DmarcRecord:
    record = parse_dmarc(text)
    assert record is not None
    return record


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=DMARC1x; p=none",
        "v=dmarc1; p=none",
        "p=none; v=DMARC1",
        "v=DMARC1 p=none",
        " v=DMARC1; p=none",
        "v=DMARC2; p=none",
        "v=DMARC1, p=none",
        "v=spf1 -all",
    ],
)
def test_a_text_that_does_not_begin_with_the_version_is_no_record(text: str) -> None:
    assert parse_dmarc(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC1;p=reject",
        "v = DMARC1 ; p = reject ;",
        "V=DMARC1;P=Reject",
        "v=DMARC1\t;\tp=reject",
    ],
)
def test_spaces_and_case_of_names_do_not_matter(text: str) -> None:
    assert _parsed(text).p == "reject"


def test_all_tags_of_the_rfc_are_read() -> None:
    record = _parsed(
        "v=DMARC1; p=quarantine; sp=reject; np=none; adkim=s; aspf=s; fo=1:d:s; t=y; psd=n; "
        "rua=mailto:a@example.test; ruf=mailto:b@example.test"
    )
    assert (record.p, record.sp, record.np) == ("quarantine", "reject", "none")
    assert (record.adkim, record.aspf, record.fo) == ("s", "s", ("1", "d", "s"))
    assert (record.testing, record.psd) == (True, "n")
    assert [uri.address for uri in (*record.rua, *record.ruf)] == [
        "a@example.test",
        "b@example.test",
    ]
    assert record.problems == ()


def test_what_is_not_given_has_its_default() -> None:
    record = _parsed("v=DMARC1; p=none")
    assert (record.sp, record.np, record.adkim, record.aspf) == (None, None, "r", "r")
    assert (record.fo, record.testing, record.psd) == (("0",), False, "u")


def test_tags_that_were_removed_are_leftovers_and_no_problem_of_the_syntax() -> None:
    record = _parsed("v=DMARC1; p=reject; pct=abc; rf=afrf; ri=86400")
    assert record.leftovers == (("pct", "abc"), ("rf", "afrf"), ("ri", "86400"))
    assert record.problems == ()
    assert record.sound


def test_unknown_tags_are_ignored() -> None:
    record = _parsed("v=DMARC1; x=1; p=reject")
    assert record.unknown == (("x", "1"),)
    assert record.sound


@pytest.mark.parametrize("tag", ["adkim=x", "aspf=strict", "t=1", "psd=maybe", "fo=0:1", "fo=x"])
def test_an_invalid_optional_value_becomes_the_default_and_is_reported(tag: str) -> None:
    record = _parsed(f"v=DMARC1; p=reject; {tag}")
    assert record.sound
    assert (record.adkim, record.aspf, record.fo) == ("r", "r", ("0",))
    assert (record.testing, record.psd) == (False, "u")
    assert record.invalid == (tag.split("=", maxsplit=1)[0],)
    assert len(record.problems) == 1


@pytest.mark.parametrize("tags", ["", "p=", "p=strict", "p=none; sp=x", "p=reject; np=no"])
def test_a_missing_or_invalid_policy_makes_the_record_unsound(tags: str) -> None:
    assert not _parsed(f"v=DMARC1; {tags}").sound


def test_the_first_of_two_tags_counts_and_the_second_is_reported() -> None:
    record = _parsed("v=DMARC1; p=none; p=reject")
    assert record.p == "none"
    assert record.problems == ("p= stands more than once; the first one counts",)


@pytest.mark.parametrize(
    ("text", "address", "size"),
    [
        ("mailto:a@example.test", "a@example.test", ""),
        ("MAILTO:a@example.test", "a@example.test", ""),
        ("mailto:a@example.test!10m", "a@example.test", "10m"),
        ("mailto:a@example.test!50", "a@example.test", "50"),
        ("mailto:a%2Cb@example.test", "a,b@example.test", ""),
        ("mailto:a%21b@example.test", "a!b@example.test", ""),
        ("mailto:a@example.test?subject=x", "a@example.test", ""),
        ("mailto:a+b=c@EXAMPLE.test.", "a+b=c@EXAMPLE.test.", ""),
    ],
)
def test_a_mail_address_for_reports_is_read(text: str, address: str, size: str) -> None:
    (uri,) = parse_report_uris(text)
    assert uri.valid
    assert (uri.address, uri.size_limit, uri.domain) == (address, size, "example.test")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@example.test",
        "mailto:",
        "mailto:example.test",
        "mailto:a@",
        "mailto:a@[192.0.2.1]",
        "mailto:a@192.0.2.1",
        "mailto:a b@example.test",
        "mailto:a@example.test!10x",
        "mailto:a@example.test!",
        "mailto:a%zz@example.test",
        "mailto:a%20b@example.test",
        ":a@example.test",
    ],
)
def test_an_address_that_is_not_valid_says_why(text: str) -> None:
    (uri,) = parse_report_uris(text)
    assert not uri.valid
    assert uri.problem


def test_an_address_without_scheme_is_told_what_to_write() -> None:
    record = _parsed("v=DMARC1; p=none; rua=a@example.test")
    assert not record.reports
    assert record.problems == ("rua: 'a@example.test' is not a URI; write mailto:a@example.test",)


def test_another_scheme_is_valid_but_has_no_domain() -> None:
    (uri,) = parse_report_uris("https://example.test/reports")
    assert uri.valid
    assert uri.domain == ""


def test_a_record_of_another_case_looks_like_one() -> None:
    assert looks_like_dmarc(b"v=dmarc1;p=none")
    assert not looks_like_dmarc(b"v=spf1 -all")


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"v=DMARC1;" + tail))
def test_no_octets_make_the_parser_raise(raw: bytes) -> None:
    record = parse_dmarc(raw)
    if record is not None:
        assert record.text.lower().startswith("v")


@given(st.text(max_size=300).map(lambda tail: "v=DMARC1;" + tail))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    assert parse_dmarc(text) is not None


_TAG = st.one_of(
    st.sampled_from(["p", "sp", "np"]).flatmap(
        lambda name: st.sampled_from([f"{name}=none", f"{name}=quarantine", f"{name}=reject"])
    ),
    st.sampled_from(["adkim=s", "aspf=s", "t=y", "psd=n", "psd=y", "fo=1:s", "pct=50", "x=y"]),
    st.sampled_from(["rua=mailto:a@example.test", "ruf=mailto:a@example.test!5k"]),
)


@given(st.lists(_TAG, max_size=8))
def test_a_record_written_again_from_its_tags_means_the_same(tags: list[str]) -> None:
    first = _parsed("; ".join(["v=DMARC1", *tags]))
    second = _parsed(";".join(f"{name}={value}" for name, value in first.tags))
    assert second.tags == first.tags
    assert (second.p, second.sp, second.np) == (first.p, first.sp, first.np)
    assert (second.psd, second.testing, second.rua) == (first.psd, first.testing, first.rua)
