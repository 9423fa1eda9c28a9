import base64
from dataclasses import asdict

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dkim_key import DkimKeyResult, find_dkim_key, parse_dkim_key
from launchready.mailauth.lookups import run
from launchready.mailauth.tag_list import parse_tag_list
from tests.mailauth.mail_zones import Zones


def _rsa(bits: int, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, form)).decode()


_P2048 = _rsa(2048)
_P1024 = _rsa(1024)
_ED = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()
# Made by openssl genrsa: the Python libraries of today make no such keys.
_P768 = (
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAJermLgL0HqASsBwFpjyCBj1RFyq15go+QK2YSko2xZZqnR5Ckoiy8Ez8gJ/"
    "czMbKb2LdJZoQZiJcaPVQCzF01PA5UgX1g/o6fJIx8pW1XbGw6W+5/qfQkkFW8AKzZ1FaQIDAQAB"
)
_P512 = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAN3PW06mMT+AxMXsdYfRC9TgUMqcP8bFnmPAeYiUzaDhgxd1W+rcvW8aXUSo"
    "I8m/4F9Mf+WIWojT4KKEbD4/RDUCAwEAAQ=="
)


@pytest.mark.parametrize("text", [f"v=DKIM1; k=rsa; p={_P2048}", f"p={_P2048}", f" p = {_P2048} ;"])
def test_a_key_of_2048_bits_is_sound(text: str) -> None:
    key = parse_dkim_key(text)
    assert (key.usable, key.bits, key.key_type, key.warnings) == (True, 2048, "rsa", ())


def test_a_bare_rsa_public_key_is_read_too() -> None:
    key = parse_dkim_key(f"v=DKIM1; p={_rsa(2048, PublicFormat.PKCS1)}")
    assert (key.usable, key.bits) == (True, 2048)


def test_a_key_of_1024_bits_works_but_is_weak() -> None:
    key = parse_dkim_key(f"v=DKIM1; p={_P1024}")
    assert key.usable
    assert key.warnings == ("the RSA key has 1024 bits, 2048 wanted",)


@pytest.mark.parametrize(("public_key", "bits"), [(_P768, 768), (_P512, 512)])
def test_a_key_under_1024_bits_is_refused(public_key: str, bits: int) -> None:
    key = parse_dkim_key(f"v=DKIM1; p={public_key}")
    assert key.bits == bits
    assert key.problems == (f"the RSA key has {bits} bits; verifiers refuse fewer than 1024",)


def test_an_ed25519_key_is_sound() -> None:
    key = parse_dkim_key(f"v=DKIM1; k=ed25519; p={_ED}")
    assert (key.usable, key.bits) == (True, 256)


def test_an_empty_key_is_revoked() -> None:
    key = parse_dkim_key("v=DKIM1; p=")
    assert key.revoked
    assert key.problems == ("p= is empty: the key is revoked",)


_EC = base64.b64encode(
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=DKIM1; k=rsa", "p= is missing"),
        (f"v=DKIM2; p={_P2048}", "v= must be DKIM1 and stand first"),
        (f"p={_P2048}; v=DKIM1", "v= must be DKIM1 and stand first"),
        ("v=DKIM1; p=***", "p= is not base64"),
        ("v=DKIM1; p=QUJD", "p= is not an RSA public key"),
        (f"v=DKIM1; p={_EC}", "p= is not an RSA public key"),
        (f"v=DKIM1; p={_P2048[:-8]}", "p= is not an RSA public key"),
        ("v=DKIM1; k=ed25519; p=QUJD", "an Ed25519 key has 32 octets, this one has 3"),
        (f"v=DKIM1; k=dsa; p={_P2048}", "k=dsa is no known type of key"),
        (f"v=DKIM1; h=sha1; p={_P2048}", "h=sha1 does not allow sha256, the only hash in use"),
        (f"v=DKIM1; s=tlsrpt; p={_P2048}", "s=tlsrpt does not allow the key for mail"),
        (f"v=DKIM1; p={_P2048}; p={_P2048}", "p= stands more than once"),
    ],
)
def test_a_fault_makes_the_key_unusable_and_is_named(text: str, problem: str) -> None:
    assert problem in parse_dkim_key(text).problems


@pytest.mark.parametrize("tags", ["h=sha1:sha256", "s=email", "s=*", "s=other : email", "n=note"])
def test_what_allows_mail_and_sha256_is_no_fault(tags: str) -> None:
    assert parse_dkim_key(f"v=DKIM1; {tags}; p={_P2048}").usable


def test_flags_are_read() -> None:
    key = parse_dkim_key(f"v=DKIM1; t=y:s; p={_P2048}")
    assert (key.testing, key.exact_identity, key.usable) == (True, True, True)
    assert key.warnings == ("t=y says that the domain only tests DKIM",)


def _found(zone: dict[str, list[str | tuple[bytes, ...] | tuple[int, str]]]) -> DkimKeyResult:
    zones = Zones(
        {name: {"TXT": texts} for name, texts in zone.items()}, failing=["x._domainkey.f.test"]
    )
    return run(find_dkim_key("Example.test.", "S1"), zones)


def test_a_key_in_several_strings_is_joined() -> None:
    parts = (b"v=DKIM1; p=" + _P2048[:200].encode(), _P2048[200:].encode())
    found = _found({"s1._domainkey.example.test": [parts]})
    assert found.key is not None
    assert found.key.usable


def test_a_missing_selector_is_missing() -> None:
    assert _found({}).status == "missing"


def test_a_record_of_another_version_beside_the_key_is_discarded() -> None:
    for other in ("v=spf1 -all", f"v=DKIM2; p={_P2048}"):
        found = _found({"s1._domainkey.example.test": [f"v=DKIM1; p={_P2048}", other]})
        assert found.status == "found", other
        assert found.key is not None
        assert found.key.usable


def test_spf_that_a_wildcard_puts_at_every_name_is_no_key() -> None:
    assert _found({"s1._domainkey.example.test": ["v=spf1 -all"]}).status == "missing"


def test_two_keys_at_a_selector_are_several() -> None:
    texts: list[str | tuple[bytes, ...] | tuple[int, str]] = [f"p={_P2048}", f"p={_P1024}"]
    assert _found({"s1._domainkey.example.test": texts}).status == "several"


def test_other_text_beside_the_key_does_not_matter() -> None:
    texts: list[str | tuple[bytes, ...] | tuple[int, str]] = ["hello", f"p={_P2048}"]
    assert _found({"s1._domainkey.example.test": texts}).status == "found"


def test_an_error_of_the_dns_is_told_apart_from_a_missing_key() -> None:
    zones = Zones({}, failing=["x._domainkey.f.test"])
    assert run(find_dkim_key("f.test", "x"), zones).status == "error"


@pytest.mark.parametrize(
    ("domain", "selector"), [("", "s"), ("a..b", "s"), ("a.test", ""), ("a.test", "s s")]
)
def test_what_makes_no_name_is_not_asked(domain: str, selector: str) -> None:
    zones = Zones({})
    assert run(find_dkim_key(domain, selector), zones).status == "invalid name"
    assert zones.asked == []


def test_the_key_can_be_written_as_plain_data() -> None:
    assert asdict(parse_dkim_key(f"v=DKIM1; p={_P2048}"))["bits"] == 2048


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: b"v=DKIM1; p=" + tail))
def test_no_octets_make_the_key_parser_raise(raw: bytes) -> None:
    assert parse_dkim_key(raw).bits == 0


@given(st.binary(max_size=120))
def test_no_key_material_makes_the_key_parser_raise(octets: bytes) -> None:
    text = base64.b64encode(octets).decode()
    assert parse_dkim_key(f"v=DKIM1; p={text}").bits >= 0
    assert parse_dkim_key(f"v=DKIM1; k=ed25519; p={text}").bits in {0, 256}


_NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,5}\Z")
_VALUES = st.from_regex(r"\A([!-:<-~]([ -:<-~]{0,10}[!-:<-~])?)?\Z")


@given(st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=8))
def test_a_tag_list_survives_being_written_and_read(tags: dict[str, str]) -> None:
    assert parse_tag_list(";".join(f" {n} = {v} " for n, v in tags.items())) == (tags, ())
