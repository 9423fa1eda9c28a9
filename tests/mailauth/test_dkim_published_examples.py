from launchready.mailauth.dkim import verify_message
from launchready.mailauth.dkim_canonical import canonical_body, canonical_field
from launchready.mailauth.lookups import run
from tests.mailauth.mail_zones import Zones

_RFC_8463_KEYS: dict[str, dict[str, list[str | tuple[bytes, ...] | tuple[int, str]]]] = {
    "brisbane._domainkey.football.example.com": {
        "TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
    },
    "test._domainkey.football.example.com": {
        "TXT": [
            (
                b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR",
                b"iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC",
                b"DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3",
                b"Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
            )
        ]
    },
}
_RFC_8463_MAIL = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.

"""


# RFC 8463, appendix A
def test_the_signed_message_of_the_rfc_verifies_with_both_keys() -> None:
    verdicts = run(verify_message(_RFC_8463_MAIL), Zones(_RFC_8463_KEYS))
    assert [(each.algorithm, each.result, each.bits) for each in verdicts] == [
        ("ed25519-sha256", "pass", 256),
        ("rsa-sha256", "pass", 1024),
    ]


# RFC 6376, 3.4.5
def test_the_examples_of_the_rfc_become_canonical() -> None:
    assert canonical_field(b"A: X", "relaxed") == b"a:X"
    assert canonical_field(b"B : Y\t\r\n\tZ  ", "relaxed") == b"b:Y Z"
    assert canonical_field(b"B : Y\t\r\n\tZ  ", "simple") == b"B : Y\t\r\n\tZ  "
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert canonical_body(body, "relaxed") == b" C\r\nD E\r\n"
    assert canonical_body(body, "simple") == b" C \r\nD \t E\r\n"
