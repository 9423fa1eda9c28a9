"""What can be wrong with the launch's SPF records and DKIM keys."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.willow import DKIM_KEY, SELECTOR

_KEY = f"{SELECTOR}._domainkey"
# A public key of 1024 bits whose private half was thrown away.
_SHORT_KEY = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCx19UqxxnIGA8vIPT7wk7ugo9ytwm074Ya2YBba7xpeaICY6ZQ"
    "LGMV089Vw/5o6uOUdmZFifSf7ecLyQxe23NZvQuHO71dY7mAMKgurUOc4q789sAwvVaTyNU6S5lsyv6WAZ5iWBPe"
    "ZCVYRpPBV6aXCF6lt5lSE3orPEm+Z1wp+QIDAQAB"
)
# The public key of RFC 8463's example.
_EDWARDS_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def set_spf(launch: DemoLaunch, text: str) -> None:
    """Give the domain this SPF record."""
    launch.zone().replace("TXT", "@", text, containing="v=spf1")


@defect("spf-missing")
def spf_missing(launch: DemoLaunch) -> None:
    """The domain that sends mail has no SPF record."""
    launch.zone().drop("TXT", "@", containing="v=spf1")


@defect("spf-missing", variant="lookalike")
def spf_lookalike(launch: DemoLaunch) -> None:
    """The record lacks the v= at its beginning."""
    set_spf(launch, "spf1 mx include:_spf.post.example -all")


@defect("spf-several-records")
def spf_several_records(launch: DemoLaunch) -> None:
    """Somebody added a second SPF record for the newsletter."""
    launch.zone().add("TXT", "@", "v=spf1 include:_spf.post.example ~all")


@defect("spf-syntax-error")
def spf_syntax_error(launch: DemoLaunch) -> None:
    """An address in the SPF record has a number above 255."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example ip4:198.51.100.256 -all")


@defect("spf-syntax-error", variant="misspelt")
def spf_misspelt(launch: DemoLaunch) -> None:
    """The include of the mail service is misspelt."""
    set_spf(launch, "v=spf1 mx inlcude:_spf.post.example -all")


@defect("spf-includes-itself")
def spf_includes_itself(launch: DemoLaunch) -> None:
    """The SPF record includes its own domain."""
    set_spf(launch, f"v=spf1 mx include:_spf.post.example include:{launch.domain} -all")


@defect("spf-include-broken")
def spf_include_broken(launch: DemoLaunch) -> None:
    """The SPF record includes a service that no longer exists."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example include:_spf2.post.example -all")


@defect("spf-too-many-lookups")
def spf_too_many_lookups(launch: DemoLaunch) -> None:
    """Eleven tools have been added to the SPF record over the years."""
    zone = launch.zone()
    tools = [f"_tool{n}.{launch.domain}" for n in range(1, 10)]
    for number, tool in enumerate(tools, start=1):
        zone.add("TXT", tool, f"v=spf1 ip4:203.0.113.{128 + number} -all")
    includes = " ".join(f"include:{tool}" for tool in tools)
    set_spf(launch, f"v=spf1 mx include:_spf.post.example {includes} -all")


@defect("spf-too-many-lookups", variant="nested")
def spf_too_many_lookups_nested(launch: DemoLaunch) -> None:
    """One include leads to ten others, one inside the other."""
    zone = launch.zone()
    for number in range(1, 10):
        zone.add("TXT", f"_deep{number}", f"v=spf1 include:_deep{number + 1}.{launch.domain} -all")
    zone.add("TXT", "_deep10", "v=spf1 ip4:203.0.113.140 -all")
    set_spf(launch, f"v=spf1 mx include:_spf.post.example include:_deep1.{launch.domain} -all")


@defect("spf-too-many-void-lookups")
def spf_too_many_void_lookups(launch: DemoLaunch) -> None:
    """The SPF record names three servers that are gone."""
    gone = " ".join(f"a:old{n}.{launch.domain}" for n in (1, 2, 3))
    set_spf(launch, f"v=spf1 mx include:_spf.post.example {gone} -all")


@defect("spf-lookup-fails")
def spf_lookup_fails(launch: DemoLaunch) -> None:
    """The name servers of an included service fail."""
    for resolver in launch.resolvers:
        resolver.say("_spf3.post.example", "TXT", "SERVFAIL")
    set_spf(launch, "v=spf1 mx include:_spf.post.example include:_spf3.post.example -all")


@defect("spf-allows-everyone")
def spf_allows_everyone(launch: DemoLaunch) -> None:
    """The SPF record ends with +all."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example +all")


@defect("spf-allows-everyone", variant="networks")
def spf_allows_every_network(launch: DemoLaunch) -> None:
    """The SPF record allows both halves of the Internet."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all")


@defect("spf-no-all")
def spf_no_all(launch: DemoLaunch) -> None:
    """The SPF record does not say what becomes of everybody else."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example")


@defect("spf-neutral-all")
def spf_neutral_all(launch: DemoLaunch) -> None:
    """The SPF record ends with ?all."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example ?all")


@defect("spf-sender-not-authorised")
def spf_sender_not_authorised(launch: DemoLaunch) -> None:
    """The mail service that sends the sign-in codes is not in the SPF record."""
    set_spf(launch, "v=spf1 mx -all")


@defect("spf-sender-not-authorised", variant="address")
def spf_address_not_authorised(launch: DemoLaunch) -> None:
    """The domain's own mail server is not in the SPF record."""
    set_spf(launch, "v=spf1 include:_spf.post.example -all")


@defect("spf-uses-ptr")
def spf_uses_ptr(launch: DemoLaunch) -> None:
    """The SPF record uses ptr."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example ptr -all")


@defect("spf-terms-after-all")
def spf_terms_after_all(launch: DemoLaunch) -> None:
    """A server was added behind the end of the SPF record."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example -all ip4:203.0.113.70")


@defect("spf-unknown-modifier")
def spf_unknown_modifier(launch: DemoLaunch) -> None:
    """An address is written with an equals sign instead of a colon."""
    set_spf(launch, "v=spf1 mx include:_spf.post.example ip4=203.0.113.70 -all")


@defect("spf-record-too-long")
def spf_record_too_long(launch: DemoLaunch) -> None:
    """The SPF record lists forty servers one by one."""
    servers = " ".join(f"ip4:203.0.113.{n}" for n in range(120, 160))
    set_spf(launch, f"v=spf1 mx include:_spf.post.example {servers} -all")


@defect("dkim-missing")
def dkim_missing(launch: DemoLaunch) -> None:
    """DKIM was never set up, and no selector is declared."""
    launch.zone().drop("TXT", _KEY)
    launch.manifest["mail"]["domains"][launch.domain].pop("selectors")


@defect("dkim-key-missing")
def dkim_key_missing(launch: DemoLaunch) -> None:
    """The key of the declared selector is not in the DNS."""
    launch.zone().drop("TXT", _KEY)


@defect("dkim-several-records")
def dkim_several_records(launch: DemoLaunch) -> None:
    """The old key was left beside the new one."""
    launch.zone().add("TXT", _KEY, f"v=DKIM1; k=rsa; p={DKIM_KEY}; n=old")


@defect("dkim-key-revoked")
def dkim_key_revoked(launch: DemoLaunch) -> None:
    """The key that mail is signed with is revoked."""
    launch.zone().replace("TXT", _KEY, "v=DKIM1; k=rsa; p=")


@defect("dkim-key-broken")
def dkim_key_broken(launch: DemoLaunch) -> None:
    """The key was cut off when it was pasted."""
    launch.zone().replace("TXT", _KEY, f"v=DKIM1; k=rsa; p={DKIM_KEY[:200]}")


@defect("dkim-key-weak")
def dkim_key_weak(launch: DemoLaunch) -> None:
    """The key has 1024 bits."""
    launch.zone().replace("TXT", _KEY, f"v=DKIM1; k=rsa; p={_SHORT_KEY}")


@defect("dkim-only-ed25519")
def dkim_only_ed25519(launch: DemoLaunch) -> None:
    """The one key is an Ed25519 key."""
    launch.zone().replace("TXT", _KEY, f"v=DKIM1; k=ed25519; p={_EDWARDS_KEY}")


@defect("dkim-testing")
def dkim_testing(launch: DemoLaunch) -> None:
    """The key still says that DKIM is only tested."""
    launch.zone().replace("TXT", _KEY, f"v=DKIM1; k=rsa; t=y; p={DKIM_KEY}")


@defect("dkim-lookup-fails")
def dkim_lookup_fails(launch: DemoLaunch) -> None:
    """The name servers fail for the key's name."""
    for resolver in launch.resolvers:
        resolver.say(f"{_KEY}.{launch.domain}", "TXT", "SERVFAIL")
