"""Forms as a browser would send them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.forms import forms, login_form, logout_form, same_form

BASE = "https://example.org/account/login?next=/a"
SNIPPETS = st.lists(
    st.sampled_from(
        ["<form>", "<form action='//x' method=POST>", "</form>", "<input name=a>", "<select name=s>",
         "<option selected value=2>", "<input type=password name=p>", "<textarea name=t>", "<base href=x:>",
         "<form action='http://[::1'>", "<button>Log out</button>", "<input type=checkbox name=c checked>"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(html=st.one_of(st.text(), SNIPPETS))
def test_any_html_comes_to_forms_that_can_be_sent(html: str) -> None:
    for form in forms(html, base=BASE):
        assert urlsplit(form.url).scheme in {"http", "https"}
        assert form.method in {"GET", "POST"}
        assert isinstance(form.filled({"a": "b"}), bytes)
    login_form(html, base=BASE)
    logout_form(html, base=BASE)


@given(values=st.dictionaries(st.text(min_size=1), st.text()))
def test_what_is_typed_in_arrives_as_typed(values: dict[str, str]) -> None:
    sendable = {k: v for k, v in values.items() if (k + v).isprintable()}
    (form,) = forms("<form method=post></form>", base=BASE)
    assert dict(parse_qsl(form.filled(sendable).decode(), keep_blank_values=True)) == sendable


@pytest.mark.parametrize(
    ("action", "url"),
    [
        ("", BASE),
        ("action=''", BASE),
        ("action='/session'", "https://example.org/session"),
        ("action='enter'", "https://example.org/account/enter"),
        ("action='?x=1'", "https://example.org/account/login?x=1"),
        ("action='//id.example.org/in'", "https://id.example.org/in"),
        ("action='javascript:go()'", BASE),
    ],
)
def test_a_form_is_sent_where_its_action_leads(action: str, url: str) -> None:
    (form,) = forms(f"<form {action}><input name=a></form>", base=BASE)
    assert form.url == url


@pytest.mark.parametrize(
    ("buttons", "pressed"),
    [
        ("<button name=login_submit value='Log in'>Log in</button>", {"login_submit": "Log in"}),
        ("<button name=go>Go</button>", {"go": ""}),
        ("<input type=submit name=submit>", {"submit": "Submit"}),
        ("<input type=SUBMIT name=a value=1><input type=submit name=b value=2>", {"a": "1"}),
        (
            "<button type=button name=eye>Show</button><button name=b value=2>Go</button>",
            {"b": "2"},
        ),
        ("<button name=off disabled>No</button><button type=submit name=b value=2>", {"b": "2"}),
        ("<button>Go</button><button name=other value=1>Other</button>", {}),
        ("<input type=image name=i>", {"i.x": "0", "i.y": "0"}),
        ("<input type=reset name=r value=R>", {}),
    ],
)
def test_the_button_that_the_enter_key_presses_goes_along(
    buttons: str, pressed: dict[str, str]
) -> None:
    (form,) = forms(f"<form method=post><input name=q value=x>{buttons}</form>", base=BASE)
    sent = dict(parse_qsl(form.filled({}).decode(), keep_blank_values=True))
    assert sent == {"q": "x"} | pressed


def test_hidden_fields_go_along_and_what_a_browser_leaves_out_does_not() -> None:
    (form,) = forms(
        "<form method=post><input type=hidden name=csrf value=t0k><input name=q value=x>"
        "<input type=reset name=r value=R><input type=file name=f><input name=off disabled>"
        "<input type=checkbox name=no><input type=checkbox name=yes checked>"
        "<select name=s><option value=1><option value=2 selected></select></form>",
        base=BASE,
    )
    assert dict(parse_qsl(form.filled({}).decode())) == {
        "csrf": "t0k", "q": "x", "yes": "on", "s": "2"
    }  # fmt: skip


def test_the_log_in_form_is_the_one_that_asks_for_one_password() -> None:
    html = (
        "<form id=search><input name=q></form>"
        "<form method=post action=/join><input name=mail><input type=password name=p1>"
        "<input type=password name=p2></form>"
        "<form method=post action=/in><input name=mail><input type=password name=p></form>"
    )
    form = login_form(html, base=BASE)
    assert form is not None
    assert form.url == "https://example.org/in"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("<input name=a><input type=email name=b>", "b"),
        ("<input name=company><input name=user_login>", "user_login"),
        ("<input name=x autocomplete='username webauthn'><input name=mail>", "x"),
        ("<input type=hidden name=user><input name=q>", "q"),
    ],
)
def test_the_field_for_the_name_is_told_from_the_others(fields: str, name: str) -> None:
    (form,) = forms(f"<form>{fields}<input type=password name=p></form>", base=BASE)
    assert form.username is not None
    assert form.username.name == name


def test_a_form_to_change_the_password_is_not_the_log_in_form() -> None:
    log_in, change = forms(
        "<form><input name=mail><input type=password name=password></form>"
        "<form><input type=password name=old><input type=password name=new></form>",
        base=BASE,
    )
    assert not same_form(log_in, change)
    assert same_form(log_in, log_in)


def test_a_form_with_another_token_is_the_same_form() -> None:
    one, two = (
        forms(f"<form><input type=hidden name=t value={t}><input name=m></form>", base=BASE)[0]
        for t in ("a", "b")
    )
    assert same_form(one, two)


@pytest.mark.parametrize(
    "html",
    [
        "<form method=post action=/logout><button>Leave</button></form>",
        "<form method=post action=/s><button>Sign out</button></form>",
        "<form method=post action=/s><input type=submit value='Abmelden'></form>",
        "<form method=post action='/?do=logoff'></form>",
    ],
)
def test_a_form_that_logs_out_is_known_by_its_place_or_its_button(html: str) -> None:
    assert logout_form(f"<form><input name=q></form>{html}", base=BASE) is not None


@pytest.mark.parametrize(
    "html",
    [
        # As on WordPress' page of the profile: sent, it would change the member's own data.
        (
            "<form method=post action=/profile><input name=email value=a@b.test><input type=password name=pass1>"
            "<button type=button>Log Out Everywhere Else</button><button>Update Profile</button></form>"
        ),
        "<form method=post action=/sessions/others><button>Sign out of all other sessions</button></form>",
        "<form method=post action=/s><select name=when><option>now</select><button>Log out</button></form>",
        (
            "<form method=post action=/note><input type=hidden name=i><button>Read more about how to log out of "
            "the community on a shared computer</button></form>"
        ),
    ],
)
def test_a_form_that_does_something_else_as_well_is_no_log_out(html: str) -> None:
    assert logout_form(html, base=BASE) is None


def test_a_page_without_a_way_out_has_no_log_out_form() -> None:
    assert logout_form("<form action=/save><button>Save</button></form>", base=BASE) is None
