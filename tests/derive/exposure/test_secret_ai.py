"""Keys of AI services, told by where they are sent and by who takes them."""

from __future__ import annotations

import random
import string

import pytest

from launchready.derive.exposure.secret_ai import ai_keys
from launchready.derive.exposure.secret_shapes import shaped
from tests.hostile import at_once, repeated

_RANDOM = random.Random(17)  # noqa: S311 - made-up values, the same in every run
_WORD = string.ascii_letters + string.digits


def made(length: int, alphabet: str = _WORD) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


HEX = made(32, "0123456789abcdef")
LONG = made(40)
GOOGLE = f"AIzaSy{made(33)}"
AZURE = "https://club.openai.azure.com/openai/deployments/gpt/chat/completions"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (HEX, f'fetch("{AZURE}", {{method: "POST", headers: {{"api-key": "{HEX}"}}}})'),
        (HEX, f'new AzureOpenAI({{endpoint: "https://club.openai.azure.com", apiKey: "{HEX}"}})'),
        (LONG, f'fetch("https://api.cohere.com/v2/chat",{{headers:{{Authorization:"Bearer {LONG}"}}}})'),
        (LONG, f"fetch('https://api.deepgram.com/v1/listen',{{headers:{{Authorization:'Token {LONG}'}}}})"),
        (HEX, f'axios.post("https://api.assemblyai.com/v2/x",b,{{headers:{{authorization:"{HEX}"}}}})'),
        (HEX, f'new Mistral({{apiKey:"{HEX}"}})'),
        (LONG, f'new OpenAI({{baseURL: "/x", dangerouslyAllowBrowser: true, apiKey: "{LONG}"}})'),
        (GOOGLE, f'new GoogleGenerativeAI("{GOOGLE}")'),
        (GOOGLE, f'VITE_GEMINI_API_KEY:"{GOOGLE}"'),
        (
            GOOGLE,
            f'fetch("https://generativelanguage.googleapis.com/v1beta/models/g:generateContent?key={GOOGLE}")',
        ),
        (
            GOOGLE,
            f'const k="{GOOGLE}",u=`https://generativelanguage.googleapis.com/v1/models/g:x?key=${{k}}`',
        ),
        (
            GOOGLE,
            f'fetch("https://generativelanguage.googleapis.com/v1/x",{{headers:{{"x-goog-api-key":"{GOOGLE}"}}}})',
        ),
    ],
)  # fmt: skip
def test_a_key_with_which_an_ai_service_is_paid_is_found(key: str, text: str) -> None:
    found = [(f.value, f.line) for f in shaped(f"const a = 1;\n{text}\n")]
    assert (key, 2) in found


@pytest.mark.parametrize(
    "text",
    [
        f'initializeApp({{apiKey:"{GOOGLE}",authDomain:"club.app"}});getGenerativeModel(ai,{{model:"gemini-2.0"}})',
        f'<script src="https://maps.googleapis.com/maps/api/js?key={GOOGLE}"></script>',
        f'const m="{GOOGLE}",u=`https://generativelanguage.googleapis.com/v1/models/g:x?key=${{k}}`',
        f'fetch("https://api.openai.com/v1/models");fetch("/search",{{headers:{{"x-api-key":"{HEX}"}}}})',
        'fetch("https://api.openai.com/v1/x",{headers:{Authorization:"Bearer YOUR_API_KEY_GOES_HERE_123"}})',
        'fetch("https://api.mistral.ai/v1/x",{headers:{Authorization:`Bearer ${token}`}})',
        'new OpenAI({baseURL:"/api/guide",apiKey:"unused-in-the-browser"})',
        f'fetch("https://api.club.org/v1",{{headers:{{"x-api-key":"{HEX}"}}}})',
    ],
)
def test_what_is_made_for_browsers_or_sent_elsewhere_is_none(text: str) -> None:
    assert list(ai_keys(text)) == []


@pytest.mark.parametrize("name", ["x", "data-key", "content"])
def test_a_key_in_an_attribute_without_quotes_is_found(name: str) -> None:
    text = f"<meta name=a {name}=sk_live_51{made(40)}>"
    assert [f.kind for f in shaped(text)] == ["Live secret key (sk_live_)"]


@pytest.mark.parametrize(
    "piece",
    [
        'https://api.openai.com api_key:"' + "a1" * 100,
        'new OpenAI({apiKey:"' + "a1" * 100,
        "generativelanguage.googleapis.com?key=${k}AIza",
        'gemini_key="AIza',
        " a=" + "b" * 390,
    ],
)
def test_a_body_made_to_stall_the_search_does_not(piece: str) -> None:
    with at_once():
        assert list(shaped("<" + repeated(piece))) == []
