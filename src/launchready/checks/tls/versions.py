"""Whether HTTPS is there at all, and in which versions."""

from __future__ import annotations

from launchready.checks.tls.wording import (
    connect_command,
    where,
)
from launchready.facts.tls import LARGE_HELLO, WANTS_CERTIFICATE, Handshake, OldProtocols
from launchready.finding import (
    Failed,
    Impact,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

# openssl offers more than browsers do, and would get in where they do not.
_TOLD = "2>&1 | grep -E 'error|errno|refused|timed out|Protocol *:|Cipher is'"
_AS_BROWSERS = "-groups X25519:P-256:P-384 -cipher ECDHE+AESGCM:ECDHE+CHACHA20"


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "refused")],
)
def https_refused(handshake: Handshake) -> Result:
    """HTTPS is refused.

    Why: Browsers ask for HTTPS first; where it is refused, members see an error and cannot sign in.

    Fix: Open port 443 in the firewall, let the web server or platform listen on it, and give it a
    certificate for this host.
    """
    host = handshake.subject.name
    closed = [o for o in handshake.others if not o.accepted]
    every = {handshake.address, *(o.address for o in handshake.others)}
    steps = (
        "Where a platform or CDN serves this host: add the host to its custom domains, with HTTPS.",
        (
            "On a server of your own: let the web server listen on port 443 with TLS 1.2 and 1.3 and "
            "its default ciphers and curves, and open the port in the firewall and in the provider's "
            "security group."
        ),
        "Get a certificate for it: `sudo certbot --nginx -d HOST`, with the host's name for HOST.",
    )
    if handshake.refusal == WANTS_CERTIFICATE:
        return Failed(
            means=f"Nobody can open {host}: browsers have no certificate to show, and members see an error.",
            observed=handshake.refusal,
            wanted="a TLS handshake on port 443 with whoever comes",
            fix=(
                (
                    f"On the server of {host} switch the demand off: nginx `ssl_verify_client off;`, Apache "
                    "`SSLVerifyClient none`, HAProxy without `verify required`, Caddy without `client_auth`."
                ),
                (
                    "Where it is there to let in a CDN only: publish the CDN's addresses in the DNS, not "
                    "the server's, so that members come by the CDN."
                ),
                "Reload the web server.",
            ),
            who="your developer",
            effort_min=15,
            takes_effect="at once",
            see=f"{connect_command(host)} 2>&1 | grep -iE 'acceptable client|certificate types|alert'; "
            f"curl -sS -o /dev/null https://{host}/",
            evidence=where(handshake),
        )
    if handshake.refusal == LARGE_HELLO:
        return _large_hello(handshake)
    if not handshake.accepted:
        return Failed(
            means=f"Members who open {host} see that the site cannot be reached.",
            observed=handshake.refusal,
            wanted="a TLS handshake on port 443",
            fix=(f"See that the server of {host} is up, and its web server with it.", *steps),
            who="your developer",
            effort_min=30,
            takes_effect="at once",
            see=f"{connect_command(host)} {_AS_BROWSERS} {_TOLD}",
            evidence=where(handshake),
        )
    if closed:
        refused = "; ".join(f"{o.address}: {o.detail}" for o in closed)
        return Failed(
            means=f"Some members wait or see an error when they open {host}: one of its addresses is dead.",
            observed=f"{len(closed)} of {len(every)} addresses refuse HTTPS",
            wanted="HTTPS at every published address",
            fix=(
                "Repair HTTPS at " + ", ".join(o.address for o in closed) + ", or",
                "remove these addresses from the host's A and AAAA records.",
            ),
            who="your developer",
            effort_min=20,
            takes_effect="when the records' TTL has passed",
            see=f"curl -sv --resolve {host}:443:{closed[0].address} https://{host}/ -o /dev/null",
            evidence=refused,
            severity=Severity.RISK,
        )
    return Passed(evidence=f"{handshake.protocol or 'TLS'} at {handshake.address}")


def _large_hello(handshake: Handshake) -> Failed:
    host = handshake.subject.name
    return Failed(
        means=f"Members with a browser of today see that {host} cannot be reached, while older programs get in.",
        observed=handshake.refusal,
        wanted="a TLS handshake with hellos of more than one packet",
        fix=(
            (
                f"Update the load balancer, firewall or web server that ends TLS for {host}: since 2024 browsers "
                "send keys that are safe from quantum computers (X25519MLKEM768), 1,700 bytes in two packets."
            ),
            (
                "If a firewall inspects TLS before it, let it pass hellos that come in several packets, or "
                "switch the inspection off."
            ),
            "Until then, put a CDN in front of it, which takes such hellos for it.",
        ),
        who="your host",
        effort_min=60,
        takes_effect="at once",
        see=f"curl -sSo /dev/null --curves X25519MLKEM768:X25519 https://{host}/; "
        f"curl -sSo /dev/null --curves X25519 https://{host}/",
        evidence=where(handshake),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="https")
def old_tls_accepted(old: OldProtocols, handshake: Handshake) -> Result:
    """TLS 1.0 or 1.1 is still accepted.

    Why: Both were retired in 2021 (RFC 8996) because connections with them can be read; payment
    card rules forbid them, and no browser of the last years needs them.

    Fix: Allow TLS 1.2 and 1.3 only.
    """
    accepted = [n for n, on in (("TLS 1.0", old.tls10), ("TLS 1.1", old.tls11)) if on]
    host = handshake.subject.name
    if accepted:
        option = "-tls1" if old.tls10 else "-tls1_1"
        return Failed(
            means="Members' log-ins can be read on a hostile network, and card payments break the rules.",
            observed=f"{' and '.join(accepted)} accepted",
            wanted="TLS 1.2 and 1.3 only",
            fix=(
                (
                    "nginx: `ssl_protocols TLSv1.2 TLSv1.3;`. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`. "
                    "Caddy: nothing to do."
                ),
                (
                    "Cloudflare: SSL/TLS → Edge Certificates → Minimum TLS Version → 1.2. Other "
                    "platforms: the setting is called minimum TLS version."
                ),
                "Reload the web server.",
            ),
            who="your developer",
            effort_min=10,
            takes_effect="at once",
            see=f"{connect_command(host)} {option} -cipher ALL:@SECLEVEL=0 {_TOLD}",
            because=handshake.key if handshake.fault == "refused" else None,
        )
    if old.tls10 is None or old.tls11 is None:
        return Unproven(
            reason="the server gave no clear answer to TLS 1.0 or 1.1",
            how_to_prove=f"{connect_command(host)} -tls1 -cipher ALL:@SECLEVEL=0",
        )
    return Passed(evidence="TLS 1.0 and 1.1 are refused")
