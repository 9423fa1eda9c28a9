"""The AI provider behind the guide: answers in time, within the budget, and honest when there is none.

    guide = Chat.of(manifest)
    async for piece in guide.ask(messages, member="m1"):
        yield piece.text

Any OpenAI-compatible server answers. `launchready.guard.chat.sql` keeps the spending in a database.
"""

from launchready.guard.chat.answer import Chat, ChatSetupError
from launchready.guard.chat.happenings import Happening, Observer
from launchready.guard.chat.ledger import (
    Allowance,
    Claim,
    Ledger,
    LedgerError,
    Limits,
    MemoryLedger,
    Spend,
    month_of,
)
from launchready.guard.chat.pieces import (
    Answer,
    End,
    Piece,
    Reason,
    Text,
    ToolCall,
    Usage,
    Wording,
)

__all__ = [
    "Allowance",
    "Answer",
    "Chat",
    "ChatSetupError",
    "Claim",
    "End",
    "Happening",
    "Ledger",
    "LedgerError",
    "Limits",
    "MemoryLedger",
    "Observer",
    "Piece",
    "Reason",
    "Spend",
    "Text",
    "ToolCall",
    "Usage",
    "Wording",
    "month_of",
]
