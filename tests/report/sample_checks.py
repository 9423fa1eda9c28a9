"""The checks of the samples: one of every kind that a report shows, judged by a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from launchready.facts import Fact, Subject
from launchready.facts.declared import Declared
from launchready.finding import (
    BarLine,
    Check,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from tests.making import AT

POLICY = (
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: https://images.example.net; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Fact):
    """A fact of the samples: `what` decides what the checks say."""

    plain: ClassVar[str] = "the sample"

    what: str = "good"

    @property
    def fault(self) -> str:
        return "broken" if self.what == "broken" else ""


def seen(subject: Subject, what: str = "good") -> Seen:
    return Seen(subject=subject, at=AT, how="by hand", what=what)


def failed(**changes: object) -> Failed:
    values: dict[str, object] = {
        "means": "Browsers refuse the site, so nobody can sign in.",
        "observed": "expired 2 days ago",
        "wanted": "valid for at least 21 days",
        "fix": (
            "Renew the certificate: `certbot renew --force-renewal`",
            "Reload the web server so that it serves the new one: `nginx -s reload`",
        ),
        "who": "your developer",
        "effort_min": 15,
        "takes_effect": "at once",
        "see": "curl -sSI https://app.example.org/",
    }
    return Failed(**(values | changes))  # type: ignore[arg-type]


def make_check(
    name: str,
    say: Callable[[str, str], Result],
    *,
    family: str = "tls",
    severity: Severity = Severity.BLOCKER,
    impact: Impact = Impact.SIGN_IN,
    bar: BarLine | None = None,
    owns: bool = False,
) -> Check:
    """Return a check that says what `say` makes of the sample's word and the subject's name."""

    def judged(x: Seen) -> Result:
        return say(x.what, x.subject.name)

    judged.__name__ = name.replace("-", "_")
    judged.__module__ = f"checks.{family}"
    judged.__doc__ = (
        f"{name.capitalize().replace('-', ' ')}.\n\n"
        "Why: Members meet it on the first day.\n\nFix: Do what the report says."
    )
    prevents = [(Seen, "broken")] if owns else []
    return check(severity=severity, impact=impact, bar=bar, prevents=prevents)(judged)


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="sign-in")
def needs_the_parent(x: Parent[Seen], launch: Declared) -> Result:
    """Something above is broken.

    Why: It is.

    Fix: Mend it.
    """
    return Passed(evidence=f"{x.subject} and {launch.subject} are there")


def _certificate_check() -> Check:
    def say(what: str, name: str) -> Result:
        if what == "broken":
            return failed(see=f"openssl s_client -connect {name}:443 -servername {name}")
        return Passed(evidence="valid for 63 days")

    return make_check("certificate-expired", say, bar="https", owns=True)


def _page_check() -> Check:
    def say(what: str, name: str) -> Result:
        if what == "broken":
            return failed(
                means="Who types the name without https never arrives: the log-in page sends them round in circles.",
                observed="redirects in a loop",
                wanted="one redirect to https",
                fix=(
                    "Send every http request to https once: return 301 https://$host$request_uri;",
                ),
                effort_min=10,
                see=f"curl -sSIL http://{name}/login",
            )
        return Passed(evidence="one redirect")

    return make_check("redirect-loop", say, family="redirects", bar="redirects")


def _mail_checks() -> list[Check]:
    def spf(what: str, name: str) -> Result:
        if what != "mail":
            return Passed(evidence="4 of 10 look-ups")
        return failed(
            means="Mail to members may land in spam: receivers stop counting at ten look-ups.",
            observed="13 look-ups",
            wanted="10 at most",
            fix=(
                f"Replace the TXT record at {name} by: v=spf1 include:_spf.example.net ip4:203.0.113.7 -all",
            ),
            who="you",
            effort_min=20,
            takes_effect="within an hour",
            see=f"dig +short TXT {name}",
            evidence="include:_spf.one.example 5\n  include:_netblocks.one.example 4\ninclude:two.example 8",
        )

    def dmarc(what: str, name: str) -> Result:
        if what != "mail":
            return Passed(evidence="p=none with reports")
        return failed(
            means="Anybody can send mail in your community's name, and you would not hear of it.",
            observed="no DMARC record",
            wanted="a DMARC record with reports",
            fix=(
                f'Add this DNS record:\n_dmarc.{name}. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{name}"',
            ),
            who="you",
            effort_min=15,
            takes_effect="within an hour",
            see=f"dig +short TXT _dmarc.{name}",
        )

    return [
        make_check("spf-too-many-lookups", spf, family="mail", impact=Impact.EMAIL, bar="mail"),
        make_check("dmarc-missing", dmarc, family="mail", impact=Impact.EMAIL, bar="mail"),
    ]


def _mild_checks() -> list[Check]:
    def csp(what: str, _name: str) -> Result:
        if what == "good":
            return failed(
                means="If a script slips into a page, nothing keeps it from running.",
                observed="no Content-Security-Policy",
                wanted="a policy that names what the page loads",
                fix=(f"Send this header with every page: {POLICY}",),
                effort_min=45,
            )
        return NotApplicable(reason="no page to protect")

    def ipv6(what: str, name: str) -> Result:
        if what == "good":
            return failed(
                means="Members on phones that only have IPv6 reach you by a detour.",
                observed="no AAAA record",
                wanted="an AAAA record",
                fix=("Switch IPv6 on at your edge.",),
                who="your host",
                effort_min=10,
                see=f"dig +short AAAA {name}",
            )
        return Passed(evidence="2001:db8::5")

    def limit(_what: str, _name: str) -> Result:
        return Unproven(
            reason="the active checks were not asked for",
            ours=True,
            how_to_prove="Run again with --active.",
        )

    return [
        make_check("csp-missing", csp, family="exposure", severity=Severity.RISK,
                   impact=Impact.EXPOSURE),
        make_check("no-ipv6", ipv6, family="dns", severity=Severity.ADVICE, impact=Impact.SPEED),
        make_check("log-in-not-limited", limit, family="rate-limits", impact=Impact.SIGN_IN,
                   bar="abuse"),
    ]  # fmt: skip


def checks() -> list[Check]:
    return [_certificate_check(), _page_check(), *_mail_checks(), *_mild_checks()]
