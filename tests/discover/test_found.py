"""The manifest that is written from what was found can be read back, whatever that was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.discover import Answers, Found, FoundHost, manifest_text
from launchready.manifest import ROUTE_KINDS, parse_manifest

any_text = st.text(max_size=40)
hosts = st.one_of(
    any_text,
    st.sampled_from(
        ["example.org", "WWW.example.org", "bücher.example", "203.0.113.9", "a..b", "-x.example",
         "x" * 80 + ".example", "app.example.org.", "[::1]", "_dmarc.example.org"]
    ),
)  # fmt: skip
urls = st.one_of(
    any_text,
    st.sampled_from(
        ["example.org/login", "https://example.org/login", "http://example.org:81/a?b=c",
         "https://[::1]/", "user:pass@example.org/", "example.org/a b\n", "https://example.org:x/"]
    ),
)  # fmt: skip
founds = st.builds(
    Found,
    domain=st.sampled_from(["example.org", "bücher.example", "a.b.example.co.uk"]),
    name=any_text,
    hosts=st.lists(
        st.builds(
            FoundHost,
            name=hosts,
            redirects_to=hosts,
            edge=st.one_of(any_text, st.sampled_from(["cloudflare", "vercel", ""])),
            platform=any_text,
            web=st.booleans(),
        ),
        max_size=5,
    ).map(tuple),
    routes=st.lists(st.tuples(urls, st.sampled_from(ROUTE_KINDS)), max_size=5).map(tuple),
    senders=st.lists(any_text, max_size=3).map(tuple),
    selectors=st.lists(any_text, max_size=3).map(tuple),
    sends=st.sampled_from([True, False, None]),
    notes=st.lists(any_text, max_size=3).map(tuple),
)
answers = st.builds(
    Answers,
    date=st.one_of(any_text, st.just("2026-12-01")),
    people=st.dictionaries(st.sampled_from(["domain", "dns", "mail"]), any_text),
    monitor=any_text,
    rollback=any_text,
)


@given(found=founds, said=answers, token=any_text)
def test_the_text_can_be_read_back_whatever_was_found(
    found: Found, said: Answers, token: str
) -> None:
    manifest = parse_manifest(manifest_text(found, said, token=token))
    assert manifest.launch.domain


def test_hosts_that_lead_to_each_other_are_no_circle_in_the_manifest() -> None:
    names = ["example.org", "www.example.org", "web.example.org"]
    hosts = tuple(
        FoundHost(name=name, redirects_to=to)
        for name, to in zip(names, [*names[1:], names[0]], strict=True)
    )
    found = Found(domain="example.org", hosts=hosts)
    manifest = parse_manifest(manifest_text(found, Answers(), token=""))
    assert [manifest.hosts[name].redirects_to for name in names] == [*names[1:], None]


def test_what_was_found_stands_in_the_manifest() -> None:
    found = Found(
        domain="example.org",
        name='Bread "at home" 🍞',
        hosts=(
            FoundHost(name="example.org", redirects_to="www.example.org"),
            FoundHost(name="www.example.org", edge="cloudflare", platform="Ghost"),
            FoundHost(name="mail.example.org", web=False),
        ),
        routes=(("www.example.org/login", "auth"),),
        senders=("google",),
        selectors=("s1", "🍞"),
    )
    manifest = parse_manifest(manifest_text(found))
    assert manifest.launch.name == 'Bread "at home" 🍞'
    assert manifest.hosts["example.org"].redirects_to == "www.example.org"
    assert not manifest.hosts["mail.example.org"].web
    assert manifest.routes["https://www.example.org/login"].kind == "auth"
    assert manifest.mail_domains["example.org"].selectors == ("s1", "🍞")


def test_a_host_that_leads_to_itself_is_not_written_as_a_redirect() -> None:
    found = Found(
        domain="example.org", hosts=(FoundHost(name="example.org", redirects_to="Example.org"),)
    )
    assert parse_manifest(manifest_text(found)).hosts["example.org"].redirects_to is None


def test_whether_mail_is_sent_is_left_to_be_said_where_nothing_tells() -> None:
    text = manifest_text(Found(domain="example.org", sends=None))
    assert not parse_manifest(text).mail.domains
    assert '# TODO [mail.domains."example.org"]' in text


def test_a_domain_that_never_sends_is_declared_so() -> None:
    manifest = parse_manifest(manifest_text(Found(domain="example.org", sends=False)))
    assert not manifest.mail_domains["example.org"].sends


def test_a_date_that_is_none_is_left_to_fill_in() -> None:
    text = manifest_text(Found(domain="example.org"), Answers(date="soon"))
    assert "date" not in tomllib.loads(text)["launch"]


def test_notes_stand_as_comments() -> None:
    text = manifest_text(Found(domain="example.org", notes=("No log-in\npage was found.",)))
    assert "# No log-in page was found." in text.splitlines()


def test_a_domain_that_is_no_host_name_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        manifest_text(Found(domain="not a domain"))
