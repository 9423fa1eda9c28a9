"""What members wrote, and links that let in once, in texts that real libraries make of them."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from launchready.guard.logs.redaction import Redactor
from launchready.manifest import parse_manifest

WORDS = "I lost my job and told nobody"
TOKEN = "aB3dE6fG9hJ2kL5mN8pQ1rS4"
REDACTOR = Redactor()
OWN = Redactor.of(
    parse_manifest("""
[launch]
domain = "example.org"
[routes]
"example.org/login" = { kind = "auth", fields = { username = "email", password = "kennwort" } }
"example.org/chat" = { kind = "chat", json_body = true, fields = { message = "frage" } }
"""),
    {},
)


class Question(BaseModel):
    words: str = Field(max_length=5)


def failed_statement() -> str:
    with create_engine("sqlite://").connect() as connection, pytest.raises(SQLAlchemyError) as told:
        connection.execute(
            text("INSERT INTO posts VALUES (:words, :hash)"),
            {"words": WORDS, "hash": "$argon2id$x"},
        )
    return str(told.value)


def refused_value() -> str:
    with pytest.raises(ValidationError) as told:
        Question(words=WORDS)
    return str(told.value)


def test_what_a_failed_statement_would_have_written_is_hidden() -> None:
    shown = REDACTOR.text(failed_statement())
    assert WORDS not in shown
    assert "argon2id" not in shown
    assert "no such table: posts" in shown


def test_the_value_that_a_model_refused_is_hidden() -> None:
    shown = REDACTOR.text(refused_value())
    assert WORDS not in shown
    assert "at most 5 characters" in shown


@pytest.mark.parametrize("failure", [failed_statement, refused_value])
def test_a_failure_that_was_printed_twice_is_hidden_too(failure: object) -> None:
    assert callable(failure)
    assert WORDS not in REDACTOR.text(repr(repr(failure())))


@pytest.mark.parametrize(
    "told",
    [
        f"null value\nDETAIL:  Failing row contains (1, {WORDS}\nand more, null).\n[SQL: INSERT]",
        f"DETAIL:  Key (words)=({WORDS}) already exists.",
        f'invalid input syntax for type integer: "{WORDS}"',
        f"invalid input for query argument $1: '{WORDS}' (expected int)",
        f"could not convert string to float: '{WORDS}'",
        f"{{'type': 'string_type', 'msg': 'Input should be', 'input': {{'q': '{WORDS}'}}}}",
        f'{{"messages":[{{"role":"user","content":"{WORDS}"}}]}}',
        f'"{{\\"content\\": \\"it\'s {WORDS}\\"}}"',
    ],
)
def test_what_databases_and_programs_print_of_it_is_hidden(told: str) -> None:
    assert WORDS not in REDACTOR.text(told)


def test_values_logged_by_the_name_of_a_message_are_hidden_and_their_number_stays() -> None:
    shown = REDACTOR.value({"messages": [{"content": WORDS}], "prompt": WORDS, "content": 3})
    assert shown == {"messages": "[hidden]", "prompt": "[hidden]", "content": 3}


def test_what_the_manifest_calls_a_password_or_a_message_is_hidden() -> None:
    assert OWN.value({"Kennwort": "hunter2", "frage": WORDS, "email": "a@b.example"}) == {
        "Kennwort": "[hidden]", "frage": "[hidden]", "email": "a@b.example",
    }  # fmt: skip
    assert "hunter2" not in OWN.text("{'kennwort': 'hunter2', 'email': 'a@b.example'}")


def test_a_named_tuple_is_read_by_its_names() -> None:
    class Form(NamedTuple):
        email: str
        password: str

    assert REDACTOR.value(Form("a@b.example", "hunter2")) == {
        "email": "a@b.example", "password": "[hidden]",
    }  # fmt: skip


@pytest.mark.parametrize(
    "link",
    [
        f"GET /reset/{TOKEN} 200",
        f"https://example.org/accounts/reset/MQ/c1x-{TOKEN}/",
        f"/verify-email/{TOKEN}",
        f"/invite/{TOKEN[:11]}",
        f"/invitations/{TOKEN}/accept",
        f"/magic-link?t={TOKEN}",
        f"/confirm?c={TOKEN}&page=2",
        f"https://hooks.slack.com/services/T000/B000/{TOKEN}",
        f"https://api.telegram.org/bot123456:{TOKEN}/sendMessage",
    ],
)
def test_a_link_that_lets_in_once_is_hidden(link: str) -> None:
    assert TOKEN[:11] not in REDACTOR.text(link)


@pytest.mark.parametrize(
    "plain",
    [
        "GET /members/circles/3 200",
        "/join/welcome and /login/form",
        "/reset-password/sent",
        "/posts/a-post-about-2027-and-what-comes",
        "12 messages sent, content: text",
        "the input was empty, the key (first) is right",
    ],
)
def test_other_paths_and_words_stay(plain: str) -> None:
    assert REDACTOR.text(plain) == plain


@pytest.mark.parametrize(
    "told",
    [
        "psql --password hunter2-hunter2",
        "<password>hunter2-hunter2</password>",
        '<input name="password" type="password" value="hunter2-hunter2">',
        'Content-Disposition: form-data; name="password"\r\n\r\nhunter2-hunter2\r\n--x',
        "send: 'AUTH PLAIN hunter2hunter2hunter2=='",
        "$argon2id$v=19$m=65536,t=3,p=4$hunter2hunter2$hunter2hunter2",
        "pbkdf2_sha256$600000$hunter2hunter2$hunter2hunter2=",
        "passcode=hunter2-hunter2",
    ],
)
def test_a_password_is_hidden_however_it_is_written_down(told: str) -> None:
    assert "hunter2" not in REDACTOR.text(told)
