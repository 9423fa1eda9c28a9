"""Whether two answers are the same, and whether one says by itself that a limit was reached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.sign_in.throttle import asks_to_wait, gist, news, same_answer, says_limited
from tests.making import exchange

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
answers = st.builds(
    exchange,
    status=st.sampled_from([200, 302, 401, 403, 423, 429, 500, 503]),
    headers=st.lists(
        st.tuples(st.sampled_from(["Retry-After", "Location", "Content-Type"]), st.text()),
        max_size=3,
    ).map(tuple),
    body=st.binary(max_size=300),
)


@given(answer=answers)
def test_every_answer_is_the_same_as_itself(answer: object) -> None:
    assert same_answer(answer, answer)  # type: ignore[arg-type]
    assert news(answer, answer) == ""  # type: ignore[arg-type]


@given(one=answers, other=answers)
def test_sameness_does_not_depend_on_the_order(one: object, other: object) -> None:
    assert same_answer(one, other) == same_answer(other, one)  # type: ignore[arg-type]


@given(usual=answers, other=answers)
def test_any_two_answers_can_be_judged(usual: object, other: object) -> None:
    assert says_limited(other, usual=usual) in {True, False}  # type: ignore[arg-type]
    assert len(news(usual, other)) <= 80  # type: ignore[arg-type]
    assert gist(other)[:3].isdigit()  # type: ignore[arg-type]


def test_tokens_in_fields_and_scripts_make_no_difference() -> None:
    one = exchange(headers=HTML, body="<p>Hi</p><input type=hidden value=a><script>x='p'</script>")
    two = exchange(headers=HTML, body="<p>Hi</p><input type=hidden value=b><script>x='q'</script>")
    assert same_answer(one, two)


def test_numbers_and_long_tokens_make_no_difference() -> None:
    one = exchange(body="Request 17 at 12:01, id 5f1c9a7be2")
    two = exchange(body="Request 18 at 12:02, id 99ab7c0d1e")
    assert same_answer(one, two)


def test_another_sentence_in_a_long_page_makes_a_difference() -> None:
    words = "<p>A community for people who bake bread at home.</p>" * 200
    one = exchange(headers=HTML, body=f"{words}<p>Wrong password.</p>")
    two = exchange(headers=HTML, body=f"{words}<p>Your account sleeps for a while.</p>")
    assert not same_answer(one, two)
    assert news(one, two) == "Your account sleeps for a while."


def test_the_message_of_a_redirect_makes_a_difference() -> None:
    one = exchange(status=302, headers={"Location": "/?error=Invalid+login"})
    two = exchange(status=302, headers={"Location": "/?error=Too+fast.+Wait+3+seconds"})
    assert not same_answer(one, two)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {}),
        (403, {"Retry-After": "60"}),
        (423, {"Retry-After": "60"}),
        (302, {"Location": "/", "Retry-After": "16"}),
    ],
)
def test_status_and_header_ask_to_wait(status: int, headers: dict[str, str]) -> None:
    assert asks_to_wait(exchange(status=status, headers=headers))


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {}), (302, {"Location": "/"}), (503, {"Retry-After": "60"})]
)
def test_a_plain_refusal_and_maintenance_do_not_ask_to_wait(
    status: int, headers: dict[str, str]
) -> None:
    assert not asks_to_wait(exchange(status=status, headers=headers))


@pytest.mark.parametrize(
    "text",
    [
        '{"error": "rate_limit_exceeded"}',
        "Too many login attempts. Please try again in 53 seconds.",
        "Your IP address has been temporarily blocked.",
        "Ihr Konto: zu viele Versuche",
        "Demasiados intentos",
    ],
)
def test_a_short_answer_says_in_words_that_it_is_limited(text: str) -> None:
    assert says_limited(exchange(status=400, body=text))


@pytest.mark.parametrize(
    "body",
    [
        "<p>Log in</p><script>var messages = {e: 'Too many requests'}</script>",
        "<p>This site is protected by reCAPTCHA.</p>",
        "<p>Please wait for the dough to rise.</p>" + "<p>A long article about bread.</p>" * 100,
    ],
)
def test_a_page_that_holds_such_words_for_another_reason_does_not_say_so(body: str) -> None:
    assert not says_limited(exchange(headers=HTML, body=body))


def test_words_that_the_usual_answer_holds_as_well_tell_nothing() -> None:
    usual = exchange(headers=HTML, body="<p>Too many requests lock you out.</p>")
    later = exchange(headers=HTML, body="<p>Too many requests lock you out.</p><p>Hello</p>")
    assert not says_limited(later, usual=usual)


def test_a_captcha_that_was_not_there_before_says_so() -> None:
    usual = exchange(headers=HTML, body="<p>Wrong password</p>")
    later = exchange(headers=HTML, body="<p>Wrong password</p><p>Prove: not a robot</p>")
    assert says_limited(later, usual=usual)


@pytest.mark.parametrize("location", ["https://[broken", "//[", "http://a.example:x/"])
def test_a_redirect_that_leads_nowhere_is_told_as_it_is(location: str) -> None:
    answer = exchange("https://example.org/login", status=302, headers={"Location": location})
    assert gist(answer) == f"302 to {location}"
    assert same_answer(answer, answer)
