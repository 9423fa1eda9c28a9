"""The guide without an AI provider: it finds the posts that fit a question, and quotes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.dates import day
from launchready.community.guide.account import Account, account_of
from launchready.community.plans import PLANS, readable
from launchready.community.posts import PostLine
from launchready.community.search import search_posts, words_of
from launchready.community.sessions import SignedIn

QUOTED = 3
QUOTE_MAX = 240
_OWN_ACCOUNT = re.compile(
    r"\bmy (?:own )?(?:account|membership|payments?|plan|renewal|subscription)\b"
    r"|\b(?:do|am) i .*\b(?:paid|paying|renew)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\s*\S+\s*")


async def built_in_answer(session: AsyncSession, who: SignedIn, question: str) -> str:
    """Return an answer of the community's own posts, or of the member's own account."""
    if _OWN_ACCOUNT.search(question):
        return _about(await account_of(session, who.id))
    words = words_of(question)
    found = await search_posts(session, words, who.plan, at_most=QUOTED)
    if found:
        heading = "This is what members wrote that fits your question best."
        return "\n\n".join([heading, *map(_quoted, found)])
    if not words:
        return (
            "I look for the words of your question in members' posts, and there was none that I "
            "could look for. Ask me about light, pots or beans, for example."
        )
    nothing = "I found nothing about this in the posts that are open to you."
    if readable(who.plan) != PLANS:
        nothing += " More is written in the circles for paying members."
    return f"{nothing} Somebody may know: write to them (/write)."


def words_to_say(answer: str) -> Iterator[str]:
    """Return an answer word by word, the blanks included."""
    return (found[0] for found in _WORD.finditer(answer))


def _quoted(post: PostLine) -> str:
    words = post.body.split()
    quote = " ".join(words)
    if len(quote) > QUOTE_MAX:
        quote = quote[:QUOTE_MAX].rpartition(" ")[0] + " …"
    return f"{post.author} in {post.circle}, “{post.title}” (/posts/{post.id}): “{quote}”"


def _about(account: Account) -> str:
    since = f"You have been here since {day(account.joined_at)}"
    if not account.paying:
        return f"{since}, and you read along as a guest. How to join stands in your profile (/profile)."
    if not account.payments:
        return f"{since}. Your membership came with an invitation: there is nothing to pay."
    said = f"{since}, and you are a paying member."
    if account.ends_at is not None:
        said += f" Your membership is cancelled and ends on {day(account.ends_at)} (/profile)."
    elif account.paid_until is not None:
        said += f" You have paid until {day(account.paid_until)}."
    return said
