"""From OpenSSL's verdict on a presented chain to the one fault that a person should mend first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from launchready.derive.tls import algorithms
from launchready.derive.tls import certificate as certificates
from launchready.facts.tls import Certificate, Hello, Trust

MISSING_ISSUER = frozenset({2, 20, 21})
"""X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, its _LOCALLY twin, and a leaf that stands alone."""
_BY_CODE: dict[int, Trust] = {
    9: "not-yet-valid",
    10: "expired",
    62: "wrong-host",
    64: "wrong-host",
    66: "weak-key",
    67: "weak-key",
    68: "weak-signature",
}
_WORDS_BY_CODE = {
    7: "its signature is not by the authority that it names",
    24: "one of its issuers is not an authority, and may not issue certificates",
    25: "one of its issuers stands deeper than the authority above it allows (path length)",
    26: "it, or its issuer, is not made for web servers (extended key usage without serverAuth)",
    32: "one of its issuers may not sign certificates (key usage without keyCertSign)",
    34: "it carries an extension marked as critical that browsers do not know",
    47: "its issuer may not certify this name (name constraints)",
    48: "its issuer may not certify this name (name constraints)",
    79: "one of its issuers is not an authority, or may not sign certificates",
}
# Of the ciphers that browsers offer these alone need no signature by the server's key.
_STATIC_RSA = ("AES128-", "AES256-")
NAME_ONLY = 1
"""libcurl reports a wrong name with no error of OpenSSL's, whatever else is wrong."""
# The fault that hides most comes first: pages of a wrong host say nothing about this one.
_WORST: tuple[Trust, ...] = (
    "wrong-host", "untrusted", "expired", "not-yet-valid", "incomplete", "unsupported-algorithm",
    "weak-key", "weak-signature", "trusted",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One address's answer with its verdict. `detail` is the refusal, or what is wrong."""

    hello: Hello
    accepted: bool
    trust: Trust | None
    detail: str
    further: tuple[Trust, ...] = ()
    chain: tuple[Certificate, ...] = ()


def judge_hello(
    host: str,
    hello: Hello,
    now: datetime,
    *,
    completed: Hello | None = None,
    issuer_is_intermediate: bool = False,
    wrong_name: bool = False,
) -> Judged:
    """Return the verdict on what an address answered.

    `completed` is the answer when the missing issuers were supplied to OpenSSL;
    `issuer_is_intermediate` says that the missing issuer is no root,
    `wrong_name` that libcurl refused the name before OpenSSL was heard on the chain.
    """
    chain = tuple(certificates.read(der) for der in hello.chain_der)
    if hello.answer in {"refused", "silent"} or not chain:
        return Judged(hello=hello, accepted=False, trust=None, detail=hello.message, chain=chain)
    loaded = certificates.load(hello.chain_der[0])
    names = certificates.alternative_names(loaded)
    faults: dict[Trust, str] = {}
    if hello.answer == "rejected":
        faults |= _refused_by_openssl(
            hello, chain, now, completed, intermediate=issuer_is_intermediate
        )
    name_problem = ""
    if wrong_name or "wrong-host" in faults or not names:
        name_problem = _name_problem(host, names) or f"it is not for {host}"
    # A self-signed certificate without subjectAltName is first of all self-signed.
    meant = not names and certificates.matches(host, [certificates.common_name(loaded)])
    worst = _worst(faults)
    if name_problem:
        faults["wrong-host"] = name_problem
        if not meant or worst == "trusted":
            worst = "wrong-host"
    for trust, words in _seen_in_leaf(chain[0], now).items():
        faults.setdefault(trust, words)
    if hello.staple == "revoked":
        faults["untrusted"] = "its authority has revoked it, as the server itself tells (OCSP)"
    if not_taken := _not_taken(hello, chain[0]):
        faults["unsupported-algorithm"] = not_taken
    if worst == "trusted" and (
        hello.answer == "rejected" or not_taken or hello.staple == "revoked"
    ):
        worst = _worst(faults)
    main = faults.pop(worst, "")
    return Judged(
        hello=hello,
        accepted=True,
        trust=worst,
        detail="; also: ".join(words for words in (main, *faults.values()) if words),
        further=tuple(faults),
        chain=chain,
    )


def _worst(faults: Iterable[Trust]) -> Trust:
    return min(faults, key=_WORST.index, default="trusted")


def worst_first(judged: Iterable[Judged]) -> list[Judged]:
    """Return the answers of a host's addresses, the accepted ones first and of these the worst.

    Of equally good ones the first to end comes first. A visitor's browser goes on to the next
    address when one refuses, but not when one shows a bad certificate.
    """

    def badness(one: Judged) -> tuple[bool, int, float]:
        trust = _WORST.index(one.trust) if one.trust else len(_WORST)
        return not one.accepted, trust, first_end(one.chain)[0].timestamp() if one.chain else 0.0

    return sorted(judged, key=badness)


def first_end(chain: Sequence[Certificate]) -> tuple[datetime, Certificate]:
    """Return when a chain ends, and which of its certificates does: the host's own, or its issuer's.

    An issuer that is sent in several versions lasts as long as the last of them. Authorities above it
    are left out: browsers know them in versions of their own.
    """
    leaf = chain[0]
    issuers = [c for c in chain[1:] if c.subject == leaf.issuer and not c.self_signed]
    issuer = max(issuers, key=lambda c: c.not_after, default=leaf)
    first = min(leaf, issuer, key=lambda c: c.not_after)
    return first.not_after, first


def _refused_by_openssl(
    hello: Hello,
    chain: Sequence[Certificate],
    now: datetime,
    completed: Hello | None,
    *,
    intermediate: bool,
) -> dict[Trust, str]:
    code = hello.verify_code
    if code <= NAME_ONLY:
        return {"wrong-host": hello.message}
    if code in _BY_CODE:
        return {_BY_CODE[code]: _in_words(_BY_CODE[code], chain, hello, now)}
    if code not in MISSING_ISSUER:
        return {"untrusted": _untrusted(chain, hello)}
    missing = _missing_issuer(chain)
    lacking = (
        f"its issuer's certificate is sent twice, and the first leads to {missing}, which nobody knows"
        if len({c.subject for c in chain}) < len({c.fingerprint_sha256 for c in chain})
        else f"the certificate of its issuer ({missing}) is not sent along"
    )
    if completed is None:
        if intermediate:
            where = "and it could not be had elsewhere"
            return {"incomplete": f"{lacking}, {where}"}
        unknown = "which browsers do not know and which is not sent along"
        return {"untrusted": f"issued by {missing}, {unknown}"}
    if completed.answer != "rejected" or completed.verify_code <= NAME_ONLY:
        return {"incomplete": lacking}
    trust = _BY_CODE.get(completed.verify_code)
    if trust is None:
        return {"untrusted": f"{lacking}, and it leads to no authority that browsers know"}
    return {"incomplete": lacking, trust: _in_words(trust, chain, completed, now)}


def _in_words(trust: Trust, chain: Sequence[Certificate], hello: Hello, now: datetime) -> str:
    leaf = chain[0]
    wrong: list[str] = []
    for certificate in chain:
        whose = "it" if certificate is leaf else f"the issuer {certificate.subject}"
        if trust == "expired" and certificate.not_after < now:
            wrong.append(f"{whose} ended on {certificate.not_after:%Y-%m-%d}")
        elif trust == "not-yet-valid" and certificate.not_before > now:
            wrong.append(f"{whose} begins on {certificate.not_before:%Y-%m-%d}")
        elif trust == "weak-key" and (weak := algorithms.weak_key(certificate)):
            wrong.append(f"{whose} has a key of {weak} bits")
        elif trust == "weak-signature" and (weak := algorithms.weak_signature(certificate)):
            wrong.append(f"{whose} is signed with {weak}")
    return "; ".join(wrong) or hello.message


def _untrusted(chain: Sequence[Certificate], hello: Hello) -> str:
    if hello.verify_code == 18:
        return "it is signed by itself, not by an authority that browsers know"
    if hello.verify_code == 19:
        return f"its chain ends at {chain[-1].subject}, an authority that browsers do not know"
    return _WORDS_BY_CODE.get(hello.verify_code, hello.message)


def _missing_issuer(chain: Sequence[Certificate]) -> str:
    subjects = {c.subject for c in chain}
    top = chain[0]
    for certificate in chain:
        if certificate.issuer not in subjects:
            top = certificate
            break
    return top.issuer


def _name_problem(host: str, names: tuple[str, ...]) -> str:
    if certificates.matches(host, names):
        return ""
    if not names:
        return "it names no host in subjectAltName, the only place where browsers look"
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"it is for {shown}, not for {host}"


def _seen_in_leaf(leaf: Certificate, now: datetime) -> dict[Trust, str]:
    """Return what OpenSSL, which stops at the first fault, may not have come to."""
    found: dict[Trust, str] = {}
    if leaf.not_after < now:
        found["expired"] = f"it ended on {leaf.not_after:%Y-%m-%d}"
    if leaf.not_before > now:
        found["not-yet-valid"] = f"it begins on {leaf.not_before:%Y-%m-%d}"
    if weak := algorithms.weak_key(leaf):
        found["weak-key"] = f"it has a key of {weak} bits"
    if weak := algorithms.weak_signature(leaf):
        found["weak-signature"] = f"it is signed with {weak}"
    return found


def _not_taken(hello: Hello, leaf: Certificate) -> str:
    """Return of what kind the certificate is where OpenSSL takes it and browsers do not."""
    key = algorithms.unsupported_key(leaf) if not hello.for_browsers else ""
    signature = algorithms.unsupported_signature(leaf)
    found = [f"its key is {key}"] if key else []
    if not leaf.signs and not hello.cipher.startswith(_STATIC_RSA):
        found.append("its key may not sign (key usage without digitalSignature)")
    return " and ".join([*found, f"it is signed with {signature}"] if signature else found)
