"""What comes from outside may be long and may try to command the terminal."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from launchready.mailauth.dkim import verify_message
from launchready.mailauth.dkim_key import find_dkim_key, parse_dkim_key
from launchready.mailauth.dmarc import evaluate_dmarc
from launchready.mailauth.dmarc_record import parse_dmarc
from launchready.mailauth.lookups import Answer, Asking, Question, run
from launchready.mailauth.mail_address import parse_mailboxes
from launchready.mailauth.message import verify_eml
from launchready.mailauth.names import host_domain, printable, query_name
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_audit import audit_spf
from launchready.mailauth.spf_record import parse_spf

_LONG = 64_000
_PARTS = ["a", "1", ".", "%", "%{d}", "=", "/", " ", "\t", ";", "!", "(", "\\", '"', "<", "@", "[",
          "k= ", "b=", "\r\n ", ":", "1.2.3.4", "-"]  # fmt: skip


# Quadratic time would show as a test that seems to hang: 64 KB would take half a minute.
@pytest.mark.parametrize("part", _PARTS)
def test_long_input_of_one_kind_is_read_in_linear_time(part: str) -> None:
    text = part * (_LONG // len(part)) + "\x00"
    for prefix in ("v=spf1 ", "v=spf1 a:", "v=spf1 redirect=", "v=spf1 x="):
        assert parse_spf(prefix + text).problems
    for prefix in ("v=DMARC1;", "v=DMARC1; p=", "v=DMARC1;rua=mailto:"):
        record = parse_dmarc(prefix + text)
        assert record is not None
        assert record.problems
    for prefix in ("v=DKIM1; p=", "k="):
        assert parse_dkim_key(prefix + text).problems
    assert len(parse_mailboxes(text).addresses) <= 100
    for prefix in ("DKIM-Signature: v=1;b=", "From: ", "A: b\r\n\r\n"):
        raw = (prefix + text).encode()
        verdicts = run(verify_message(raw), lambda _: Answer(status="nxdomain"))
        assert all(each.result == "permerror" for each in verdicts)


def test_a_record_of_only_faults_tells_a_few_and_counts_the_rest() -> None:
    problems = parse_spf("v=spf1" + " bogus" * 1000).problems
    assert len(problems) == 21
    assert problems[-1] == "and 980 more"


_ESCAPE = "\x1b[2J\u202e\x07\x9b"
_EVIL = (f"v=spf1 exp={_ESCAPE}.test x{_ESCAPE} -all".encode(),)
_EVIL_DMARC = (f"v=DMARC1; p={_ESCAPE}; x{_ESCAPE}; rua=mailto:{_ESCAPE}@x.test".encode(),)
_EVIL_KEY = (f"v=DKIM1; k={_ESCAPE}; p=\n{_ESCAPE}".encode(),)
_EVIL_MAIL = (
    f"Received: from {_ESCAPE} by {_ESCAPE}\r\nReturn-Path: <{_ESCAPE}@a{_ESCAPE}.test>\r\n"
    f"DKIM-Signature: v=1; a={_ESCAPE}; d={_ESCAPE}; s={_ESCAPE}; h=from:{_ESCAPE}\r\n"
    f"From: {_ESCAPE} <{_ESCAPE}@a.test>\r\n{_ESCAPE}\r\n\r\n{_ESCAPE}"
).encode()


@pytest.mark.parametrize(
    "evaluation",
    [
        lambda: evaluate_spf(ip="192.0.2.1", helo=f"{_ESCAPE}.test", mail_from=f"{_ESCAPE}@a.test"),
        lambda: evaluate_spf(ip="192.0.2.1", helo=f"{_ESCAPE}.test"),
        lambda: audit_spf("a.test"),
        lambda: audit_spf(f"a{_ESCAPE}.test"),
        lambda: evaluate_dmarc("a.test", spf_domain=_ESCAPE, dkim_domains=[_ESCAPE]),
        lambda: evaluate_dmarc(_ESCAPE),
        lambda: find_dkim_key("a.test", "s"),
        lambda: find_dkim_key("a.test", _ESCAPE),
        lambda: verify_eml(_EVIL_MAIL, ip="192.0.2.1"),
    ],
)
def test_nothing_that_a_result_says_can_command_a_terminal(evaluation: Any) -> None:
    def resolve(question: Question) -> Answer:
        records: tuple[tuple[bytes, ...], ...] = (_EVIL,)
        if question.name.startswith("_dmarc."):
            records = (_EVIL_DMARC,)
        if "_domainkey" in question.name:
            records = (_EVIL_KEY,)
        return Answer(status="answer", records=records)

    asking: Asking[Any] = evaluation()
    text = json.dumps(asdict(run(asking, resolve)), ensure_ascii=False)
    # JSON escapes control characters itself, so look for the escapes that it would have made.
    assert "\\u00" not in text
    assert text.isprintable()


def test_control_and_format_characters_are_escaped() -> None:
    assert printable("a\x1b\u202eé\n") == "a\\x1b\\u202eé\\n"


@pytest.mark.parametrize("name", ["a\x00.test", "a\n.test", "a\u202e.test", "", ".", "a..test"])
def test_a_name_that_nobody_can_publish_is_not_asked(name: str) -> None:
    assert query_name(name) is None
    assert host_domain(name) is None
