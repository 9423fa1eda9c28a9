"""Keys of AI services that look like any others: told by where they are sent, and by who takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from launchready.derive.exposure.secret_value import DISTINCT_MIN, NO_PASSWORD, Shaped, near

AI_KEY = "API key of an AI service"
GEMINI_KEY = "Gemini API key"

_ADDRESSES_MAX = 50
_HOSTS = (
    r"api\.(?:openai\.com|anthropic\.com|mistral\.ai|cohere\.(?:ai|com)|together\.(?:xyz|ai)|deepgram\.com"
    r"|assemblyai\.com|groq\.com|deepseek\.com|perplexity\.ai|x\.ai|fireworks\.ai|replicate\.com|elevenlabs\.io"
    r"|stability\.ai|voyageai\.com|jina\.ai|tavily\.com|cerebras\.ai|moonshot\.(?:ai|cn))"
    r"|openrouter\.ai|[\w-]{1,60}\.(?:openai|cognitiveservices|services\.ai)\.azure\.com"
    r"|(?:api-inference|router)\.huggingface\.co|dashscope(?:-intl)?\.aliyuncs\.com|generativelanguage\.googleapis\.com"
)
_HOST_MARKS = (
    "api.", "openrouter.ai", ".azure.com", "huggingface.co", ".aliyuncs.com", "generativelanguage.",
)  # fmt: skip
_KEY = r"(?P<key>[\w./+=-]{20,220})(?=[\"'`])"
# What is asked next, with whatever goes with it, begins at the next address.
_SAME_CALL = r"(?:(?!https?://|\bfetch\()[\s\S]){0,400}?"
_SENT = re.compile(
    rf"https://(?:{_HOSTS})(?![\w.-]){_SAME_CALL}"
    r"\b(?:authorization[\"']?\s{0,3}[:,]\s{0,3}[\"'`](?:(?:bearer|token|key)\s)?"
    rf"|(?:x[-_]|xi-|x-goog-)?api[-_]?(?:key|token)[\"']?\s{{0,3}}[:,]\s{{0,3}}[\"'`]){_KEY}",
    re.IGNORECASE,
)
# A client that speaks to the service itself, as its makers call it.
_CLIENTS = re.compile(
    r"\bnew\s(?:Azure)?(?:OpenAI|Anthropic|Groq|Mistral(?:Client)?|Together|CohereClient(?:V2)?|Cerebras|Replicate"
    r"|HfInference|InferenceClient|GoogleGenAI|GoogleGenerativeAI)\(\s{0,9}"
    rf"(?:\{{[^{{}}]{{0,300}}?\b(?:apiKey|token|auth)[\"']?\s{{0,3}}:\s{{0,3}})?[\"'`]{_KEY}"
)
_CLIENT_MARKS = (
    "OpenAI(", "Anthropic(", "Groq(", "Mistral(", "MistralClient(", "Together(", "CohereClient(",
    "CohereClientV2(", "Cerebras(", "Replicate(", "HfInference(", "InferenceClient(", "GoogleGenAI(",
    "GoogleGenerativeAI(",
)  # fmt: skip
# Google's keys for maps and Firebase look the same, and are made for browsers.
_GOOGLE_KEY = r"AIza[\w-]{35}(?![\w-])"
_CALLED_GEMINI = re.compile(
    r"(?:gemini|generative[_-]?ai|google[_-]?(?:gen[_-]?)?ai)[\w-]{0,20}key[\"']?\s{0,3}(?:[:=,]|\|\||\?\?)\s{0,3}"
    rf"[\"'`](?P<key>{_GOOGLE_KEY})",
    re.IGNORECASE,
)
_ASKED_WITH = re.compile(
    rf"generativelanguage\.googleapis\.com[^\s\"'`<>]{{0,300}}?[?&]key=(?P<key>{_GOOGLE_KEY})"
)
# The key stands in a variable that the address ends with.
_ASKED_WITH_NAME = re.compile(
    r"generativelanguage\.googleapis\.com[^\s\"'<>]{0,300}?[?&]key=(?:\$\{|[\"'`]\s{0,3}\+\s{0,3})(?P<name>[A-Za-z_$][\w$]{0,60})"
)


def ai_keys(text: str, first_line: int = 1) -> Iterator[Shaped]:
    """Yield the keys in a text with which AI services are paid; `first_line` is where it begins."""
    lower = text.lower()
    same = lower if len(lower) == len(text) else text
    sent = near(text, _SENT, _HOST_MARKS) if "https://" in text else iter(())
    for match in (*sent, *near(text, _CLIENTS, _CLIENT_MARKS)):
        if _is_made(match["key"]):
            kind = GEMINI_KEY if match["key"].startswith("AIza") else AI_KEY
            yield _shaped(text, match.start("key"), match["key"], kind, first_line)
    if "AIza" in text:
        google = (
            *near(text, _CALLED_GEMINI, ("gemini", "generative", "google"), same),
            *near(text, _ASKED_WITH, ("generativelanguage.",)),
            *_in_variables(text),
        )
        for match in google:
            yield _shaped(text, match.start("key"), match["key"], GEMINI_KEY, first_line)


def _in_variables(text: str) -> Iterator[re.Match[str]]:
    asked = islice(near(text, _ASKED_WITH_NAME, ("generativelanguage.",)), _ADDRESSES_MAX)
    for name in dict.fromkeys(match["name"] for match in asked):
        given = re.compile(
            rf"(?<![\w$.]){re.escape(name)}\s{{0,3}}=\s{{0,3}}[\"'`](?P<key>{_GOOGLE_KEY})"
        )
        yield from islice(near(text, given, ("AIza",)), 1)


def _shaped(text: str, at: int, value: str, kind: str, first_line: int) -> Shaped:
    return Shaped(kind=kind, line=text.count("\n", 0, at) + first_line, value=value)


def _is_made(key: str) -> bool:
    """Return whether a key was made by a machine: no words, no name, no placeholder."""
    return (
        len(set(key)) >= DISTINCT_MIN
        and sum(c.isdigit() for c in key) >= 3
        and any(c.isalpha() for c in key)
        and NO_PASSWORD.fullmatch(key) is None
        and re.search(r"your|example|xxxx|placeholder|process\.env|https?:", key, re.IGNORECASE)
        is None
    )
