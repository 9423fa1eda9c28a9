from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.exposure.secret_kinds import public_by_design, secret_kind


def jwt(payload: object) -> str:
    parts = [json.dumps(p).encode() for p in ({"alg": "HS256"}, payload)]
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts) + ".signature"


@pytest.mark.parametrize(
    ("rule", "value", "public"),
    [
        ("betterleaks.stripe-access-token", "sk_live_x", False),
        ("betterleaks.amplitude-secret-key", "0f3a9c", True),
        ("betterleaks.curl-auth-header", "YOUR_API_KEY", True),
        ("betterleaks.curl-auth-header", "<token>", True),
        ("betterleaks.curl-auth-header", "$TOKEN", True),
        ("betterleaks.curl-auth-header", "t0pS3cretHarbourKey91", False),
        ("betterleaks.curl-auth-user", "admin:your-password", True),
        ("betterleaks.curl-auth-user", "admin:Fresnel1823lens", False),
        ("betterleaks.stripe-access-token", "pk_live_x", True),
        ("betterleaks.gcp-api-key", "AIzaSyX", True),
        ("betterleaks.auth0-client-id.1", "x", True),
        ("betterleaks.auth0-client-secret.1", "x", False),
        ("betterleaks.slack-webhook-url", "https://hooks.slack.com/x", False),
        ("betterleaks.supabase-project-url", "https://x.supabase.co", True),
        ("betterleaks.mapbox-api-token", "pk.eyJ1", True),
        ("betterleaks.mapbox-api-token", "sk.eyJ1", False),
        ("betterleaks.generic-credential-uri", "postgres://a:b@c/d", False),
        ("betterleaks.generic-credential-uri", "https://4f2a:9b7c@o1.ingest.sentry.io", True),
        ("betterleaks.generic-credential-uri", "https://4f2a:9b7c@sentry.io/12", True),
        ("betterleaks.vault-service-token", "s.prepareTransactionSigning", False),
        ("betterleaks.vault-service-token", "s.getTransactionMiddleware", True),
        ("betterleaks.jwt", jwt({"role": "anon"}), True),
        ("betterleaks.jwt", jwt({"role": "service_role"}), False),
        ("betterleaks.jwt", jwt({"scope": "read admin:all"}), False),
        ("betterleaks.jwt", jwt({"admin_access": True}), False),
        ("betterleaks.jwt", jwt({"a": "rw", "id": "x"}), False),
        ("betterleaks.jwt", jwt({"scopedKeySecret": "x"}), False),
        (
            "betterleaks.jwt",
            jwt({"https://hasura.io/jwt/claims": {"x-hasura-default-role": "admin"}}),
            False,
        ),
        ("betterleaks.jwt", jwt({"role": "guest", "scopes": ["read"], "admin": False}), True),
        ("betterleaks.jwt", jwt({"searchRules": ["*"], "apiKeyUid": "x"}), True),
        ("betterleaks.jwt", jwt({"scope": "administer"}), True),
        ("betterleaks.curl-auth-header", "dXNlcjpwYXNzd29yZA==", True),
        ("betterleaks.curl-auth-header", "YWRtaW46RnJlc25lbDE4MjNsZW5z", False),
        ("betterleaks.openai-api-key", "sk-proj-x", False),
    ],
)
def test_what_browsers_may_have_is_told_from_what_they_may_not(
    rule: str, value: str, public: bool
) -> None:
    assert public_by_design(rule, value) is public


def test_a_rule_is_named_in_words() -> None:
    assert secret_kind("betterleaks.aws-access-token") == "AWS access token"


@given(st.text())
def test_any_token_is_classified(value: str) -> None:
    assert public_by_design("betterleaks.jwt", value) in {True, False}
