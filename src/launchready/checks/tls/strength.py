"""Whether the keys and signatures behind a certificate are strong enough, and taken by browsers."""

from __future__ import annotations

from launchready.checks.tls.wording import (
    judge_weak,
)
from launchready.derive.tls import algorithms
from launchready.facts.tls import Handshake
from launchready.finding import (
    Impact,
    Result,
    Severity,
    Unproven,
    check,
)


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "weak-key")],
)
def certificate_weak_key(handshake: Handshake) -> Result:
    """The certificate's key is too short.

    Why: Whoever breaks a short key can pose as the site and read log-ins; browsers and payment
    providers refuse it.

    Fix: Have a new certificate issued with a new key, RSA with 2048 bits or ECDSA with P-256.
    """
    return judge_weak(
        handshake,
        "weak-key",
        algorithms.weak_key,
        means="Browsers and payment providers refuse the site, or members' log-ins can be read.",
        wanted="RSA of 2048 bits or more, or ECDSA of 224 or more",
        fix=(
            (
                "Make a new key and certificate: `sudo certbot --nginx -d HOST --key-type ecdsa "
                "--force-renewal`."
            ),
            (
                "With a key of your own: `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`, "
                "and ask the authority to reissue."
            ),
        ),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "weak-signature")],
)
def certificate_weak_signature(handshake: Handshake) -> Result:
    """The certificate is signed with a broken hash.

    Why: Certificates signed with SHA-1 or MD5 can be forged; browsers show a full-page warning.

    Fix: Have the certificate reissued; every public authority signs with SHA-256 or better.
    """
    return judge_weak(
        handshake,
        "weak-signature",
        algorithms.weak_signature,
        means="Members see a full-page warning: the certificate could be a forgery.",
        wanted="sha256 or better",
        fix=(
            (
                "Have the certificate reissued by a public authority: `sudo certbot --nginx -d HOST "
                "--force-renewal`."
            ),
            (
                "If the issuer's own certificate is the one signed so, send the issuer's current one: "
                "it stands in the authority's documentation and in certbot's `fullchain.pem`."
            ),
        ),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "unsupported-algorithm")],
)
def certificate_unsupported_algorithm(handshake: Handshake) -> Result:
    """Browsers refuse the kind of key or signature that the certificate has.

    Authorities may certify RSA keys and ECDSA keys on P-256, P-384 and P-521 (CA/Browser Forum,
    Baseline Requirements 6.1.5 and 7.1.3); Chromium makes no handshake with P-521 either, nor with a key
    whose certificate does not let it sign (key usage without digitalSignature). Command-line tools take
    many more kinds, so that the fault shows in browsers only.

    Why: Chrome, Edge and most others show an error page that nobody can click away; nobody signs in.

    Fix: Have a new certificate issued with a new key, ECDSA with P-256 or RSA with 2048 bits.
    """
    if handshake.chain and not handshake.chain[0].key_type:
        return Unproven(
            reason="the kind of the certificate's key cannot be read",
            how_to_prove=f"Open https://{handshake.subject.name}/ in Chrome and in Firefox.",
        )
    return judge_weak(
        handshake,
        "unsupported-algorithm",
        algorithms.unsupported_signature,
        means="Most members' browsers show an error in the place of the site.",
        wanted="a key of RSA or of ECDSA with P-256 or P-384 that may sign handshakes, certified with "
        "SHA-256 or better",
        fix=(
            (
                "Make a new key and certificate: `sudo certbot --nginx -d HOST --key-type ecdsa "
                "--elliptic-curve secp256r1 --force-renewal`."
            ),
            (
                "With a key of your own: `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`, "
                "and ask a public authority to issue for it."
            ),
        ),
    )
