"""Messages as mail programs save them: the signature is judged over what was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dkim import DkimVerdict
from launchready.mailauth.lookups import run
from launchready.mailauth.message import EmlResult, verify_eml
from launchready.mailauth.saved import not_a_message, unwrapped
from tests.mailauth.dkim_making import KEYS, MAIL, sign
from tests.mailauth.mail_zones import Zones

_LF = sign().replace(b"\r\n", b"\n")
_FROM_LINE = b"From - Mon Jan  2 10:00:00 2023\nX-Mozilla-Status: 0001\n"
_PLIST = b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict></dict></plist>\n'


def _found(raw: bytes) -> EmlResult:
    return run(verify_eml(raw), Zones(KEYS))


def _verdict(raw: bytes) -> DkimVerdict:
    (verdict,) = _found(raw).dkim
    return verdict


def test_the_first_of_several_messages_in_an_mbox_is_judged_and_that_is_told() -> None:
    mbox = (_FROM_LINE + _LF + b"\n") * 3
    found = _found(mbox)
    assert [each.result for each in found.dkim] == ["pass"]
    assert "the file holds 3 messages; the first one is judged" in found.steps


def test_a_line_that_begins_with_from_is_read_as_it_was_sent() -> None:
    sent = sign(MAIL.replace(b"see you", b"From here I\r\n>From her I\r\nsee you"))
    mbox = _FROM_LINE + sent.replace(b"\r\n", b"\n").replace(b"\n>From", b"\n>>From").replace(
        b"\nFrom here", b"\n>From here"
    )
    assert _verdict(mbox + b"\n").result == "pass"


def test_a_quoted_line_of_a_message_that_is_no_mbox_is_left_alone() -> None:
    assert _verdict(sign(MAIL.replace(b"see you", b">From here on"))).result == "pass"


def test_a_text_after_a_from_line_is_no_second_message() -> None:
    sent = sign(MAIL.replace(b"see you", b"\r\nFrom now on: see you"))
    assert _verdict(_FROM_LINE + sent.replace(b"\r\n", b"\n")).result == "pass"


def test_a_message_of_apple_mail_ends_where_its_first_line_says() -> None:
    assert _verdict(b"%d      \n" % len(_LF) + _LF + _PLIST).result == "pass"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_message_that_was_saved_as_utf_16_is_read(encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    found = _found((mark + sign().decode()).encode(encoding))
    assert [each.result for each in found.dkim] == ["pass"]
    assert "the file is UTF-16; it is read as if it were UTF-8" in found.steps


def test_empty_lines_before_the_header_hide_no_field() -> None:
    found = _found(b"\r\n\r\n" + sign())
    assert [each.result for each in found.dkim] == ["pass"]
    assert "empty lines before the header are left out" in found.steps


@pytest.mark.parametrize("end", [b"\r", b"\r\r\n"])
def test_line_ends_that_a_program_made_are_those_of_a_message(end: bytes) -> None:
    assert _verdict(sign().replace(b"\r\n", end)).result == "pass"


def test_a_stray_carriage_return_stays_what_it_is() -> None:
    assert _verdict(sign().replace(b"see you", b"see\r you")).result == "fail"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "Outlook"),
        (b"<!DOCTYPE html>\n<html><body>From: a@example.test</body></html>", "web page"),
        (b"\xef\xbb\xbf  <html><body>From: a@example.test</body></html>", "web page"),
        (b"PK\x03\x04\x14\x00From: a@example.test\n", "header field"),
        (b"%PDF-1.4\nFrom: a@example.test\n", "header field"),
        (b"Hello world\nThis is a note.\n", "header field"),
        # The page around the original of Gmail, copied along with it.
        (b"Message ID\t<a@example.test>\nFrom:\tAnn <a@example.test>\n\n\n" + _LF, "header field"),
    ],
)
def test_what_is_no_message_is_told_with_the_way_to_save_one(raw: bytes, said: str) -> None:
    reason = not_a_message(raw)
    assert said in reason
    assert "Show original" in reason


@pytest.mark.parametrize(
    "raw",
    [
        sign(),
        _LF,
        b"\xef\xbb\xbf" + _LF,
        _FROM_LINE + _LF,
        b"%d\n" % len(_LF) + _LF + _PLIST,
        b"\n\n" + _LF,
        sign().decode().encode("utf-16"),
        b"X: 1\n",
        b"From: a@example.test",
    ],
)
def test_a_message_is_one(raw: bytes) -> None:
    assert not_a_message(raw) == ""


@given(st.binary(max_size=400))
def test_no_octets_make_the_reading_raise(raw: bytes) -> None:
    assert isinstance(unwrapped(raw).raw, bytes)
    assert isinstance(not_a_message(raw), str)


@given(st.integers(0, 10**12))
def test_a_length_that_is_wrong_takes_nothing_away(length: int) -> None:
    text = b"%d\nFrom: a@example.test\n\nHi\n" % length
    kept = unwrapped(text).raw
    assert kept == text or len(kept) == length
