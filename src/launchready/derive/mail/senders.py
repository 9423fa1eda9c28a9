"""Services that send mail in a customer's name: what each asks for in SPF, DKIM and MX.

Each line is what the service's own set-up pages tell customers to publish. Dated 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from launchready.mailauth.names import is_at_or_below


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service by the name that the manifest calls it.

    `includes` are the domains of which one must stand in the customer's SPF record, when
    `in_spf` says that its mail leaves with the customer's own domain in MAIL FROM; otherwise
    it passes SPF with a return path of its own, and DKIM is what speaks for the customer.
    """

    name: str
    shown: str
    includes: tuple[str, ...]
    in_spf: bool
    selectors: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    """Suffixes of MX names and SPF includes by which it is recognised."""
    other_names: tuple[str, ...] = ()


def _service(
    name: str,
    shown: str,
    includes: str,
    selectors: str = "",
    *,
    marks: str = "",
    in_spf: bool = True,
    other_names: str = "",
) -> Service:
    return Service(
        name=name, shown=shown, includes=tuple(includes.split()), in_spf=in_spf,
        selectors=tuple(selectors.split()), marks=tuple(marks.split()),
        other_names=tuple(other_names.split()),
    )  # fmt: skip


SERVICES: tuple[Service, ...] = (
    _service("google", "Google Workspace", "_spf.google.com", "google",
             marks="google.com googlemail.com", other_names="gmail googleworkspace gsuite"),
    _service("microsoft365", "Microsoft 365", "spf.protection.outlook.com", "selector1 selector2",
             marks="outlook.com", other_names="microsoft office365 outlook exchange o365 m365"),
    _service("proton", "Proton Mail", "_spf.protonmail.ch",
             "protonmail protonmail2 protonmail3", marks="protonmail.ch", other_names="protonmail"),
    _service("fastmail", "Fastmail", "spf.messagingengine.com", "fm1 fm2 fm3",
             marks="messagingengine.com"),
    _service("zoho", "Zoho Mail", "zohomail.com zohomail.eu zoho.com zoho.eu zoho.in",
             "zoho zmail", marks="zoho.com zoho.eu zohomail.com zohomail.eu",
             other_names="zohomail"),
    _service("icloud", "iCloud Mail", "icloud.com", "sig1", marks="icloud.com",
             other_names="apple"),
    _service("migadu", "Migadu", "spf.migadu.com", "key1 key2 key3", marks="migadu.com"),
    _service("gandi", "Gandi Mail", "_mailcust.gandi.net", "gm1 gm2 gm3", marks="mail.gandi.net"),
    _service("privateemail", "Namecheap Private Email", "spf.privateemail.com", "default",
             marks="privateemail.com", other_names="namecheap namecheapprivateemail"),
    _service("titan", "Titan", "spf.titan.email", "titan1", marks="titan.email",
             other_names="titanemail"),
    _service("mailgun", "Mailgun", "mailgun.org eu.mailgun.org", "mailo pic smtp k1",
             marks="mailgun.org"),
    _service("sendgrid", "SendGrid", "sendgrid.net", "s1 s2", marks="sendgrid.net", in_spf=False,
             other_names="twilio"),
    _service("amazonses", "Amazon SES", "amazonses.com", marks="amazonses.com", in_spf=False,
             other_names="ses aws amazon"),
    _service("postmark", "Postmark", "spf.mtasv.net", "pm", marks="mtasv.net", in_spf=False,
             other_names="postmarkapp"),
    _service("mandrill", "Mailchimp Transactional", "spf.mandrillapp.com", "mandrill mte1 mte2",
             marks="mandrillapp.com", in_spf=False, other_names="mailchimptransactional"),
    _service("mailchimp", "Mailchimp", "servers.mcsv.net", "k1 k2 k3", marks="mcsv.net",
             in_spf=False),
    _service("brevo", "Brevo", "spf.brevo.com spf.sendinblue.com", "mail brevo1 brevo2",
             marks="sendinblue.com brevo.com", in_spf=False, other_names="sendinblue"),
    _service("resend", "Resend", "amazonses.com", "resend", marks="resend.com", in_spf=False),
    _service("mailersend", "MailerSend", "_spf.mailersend.net", "mlsend mlsend2",
             marks="mailersend.net"),
    _service("mailjet", "Mailjet", "spf.mailjet.com", "mailjet", marks="mailjet.com"),
    _service("convertkit", "Kit (ConvertKit)", "", "ck cka", marks="convertkit.com", in_spf=False,
             other_names="kit"),
    _service("zendesk", "Zendesk", "mail.zendesk.com", "zendesk1 zendesk2", marks="zendesk.com"),
    _service("helpscout", "Help Scout", "helpscoutemail.com", "strong1 strong2",
             marks="helpscoutemail.com"),
    _service("hubspot", "HubSpot", "hubspotemail.net", "hs1 hs2", marks="hubspotemail.net",
             in_spf=False),
)  # fmt: skip

COMMON_SELECTORS = (
    "google", "selector1", "selector2", "s1", "s2", "k1", "k2", "k3", "default", "mail", "dkim",
    "smtp", "pm", "resend", "mandrill", "fm1", "fm2", "fm3", "protonmail", "zoho", "sig1",
    "mlsend", "brevo1", "mailo", "cf2024-1", "key1", "x", "dk",
)  # fmt: skip
"""Selectors that are worth a try where none is declared."""

_BY_NAME = {name: each for each in SERVICES for name in (each.name, *each.other_names)}


def service(name: str) -> Service | None:
    """Return the service that a sender of the manifest names, however it is written; else None."""
    plain = "".join(c for c in name.lower() if c.isalnum())
    return _BY_NAME.get(plain)


def included_domain(sender: str) -> str:
    """Return the domain of `include:DOMAIN`, lower case; empty for any other sender."""
    kind, colon, domain = sender.lstrip("+").partition(":")
    return domain.strip().lower().rstrip(".") if colon and kind.lower() == "include" else ""


def known_selectors(senders: Iterable[str]) -> tuple[str, ...]:
    """Return the selectors that the named services use."""
    found = [selector for each in senders if (s := service(each)) for selector in s.selectors]
    return tuple(dict.fromkeys(found))


def recognised(names: Iterable[str]) -> tuple[Service, ...]:
    """Return the services whose marks these names of mail exchanges or includes end in."""
    asked = [name.lower().rstrip(".") for name in names]
    return tuple(
        each for each in SERVICES if any(is_at_or_below(n, m) for n in asked for m in each.marks)
    )
