"""The tables: who is a member, what they write, and how they come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from launchready.guard.chat.sql import spending_table

EMAIL_MAX = 254  # RFC 5321 section 4.5.3.1, less the brackets
Id = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC; SQLite keeps no zone, so that it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Return the moment in UTC, as the database keeps it."""
        if value is None:
            return None
        moment = value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - named by the interface
    ) -> dt.datetime | None:
        """Return the moment with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Table(DeclarativeBase):
    """What every table shares: names of constraints that a migration can speak of."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Member(Table):
    """Someone who has an account. `plan` is empty for a guest who has not paid."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX), unique=True)
    """In lower case, as it is looked up."""
    name: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(Text, default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """None: there is no password yet, and no log-in."""
    role: Mapped[str] = mapped_column(String(10), default="member")
    plan: Mapped[str] = mapped_column(String(20), default="")
    gift: Mapped[str] = mapped_column(String(20), default="")
    """The plan that an invitation gave: no end of a payment takes it away."""
    conversation_after: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last question of the conversation before: the guide remembers what came after it."""
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    joined_at: Mapped[dt.datetime] = mapped_column(Moment)


class Session(Table):
    """One browser that is signed in; the cookie's token itself is not kept."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)


class Link(Table):
    """A link that a mail carries: good once and until it expires. Its token is not kept."""

    __tablename__ = "links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    """`confirm` or `reset`."""
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)
    used_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class Invite(Table):
    """An invitation: who has its code joins with its plan."""

    __tablename__ = "invites"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    plan: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), default="")
    uses_left: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)


class Circle(Table):
    """A part of the conversation. `plan` is who may read it; empty: every account."""

    __tablename__ = "circles"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(300))
    plan: Mapped[str] = mapped_column(String(20), default="")
    post_count: Mapped[int] = mapped_column(Integer, default=0)


class Post(Table):
    """What a member tells a circle. `plan` repeats the circle's: the feed reads one index."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_plan_id", "plan", "id"),
        Index("ix_posts_circle_id_id", "circle_id", "id"),
        Index("ix_posts_author_id_id", "author_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    circle_id: Mapped[int] = mapped_column(ForeignKey("circles.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    plan: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    comment_count: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    edited_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class Comment(Table):
    """What a member answers to a post."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_post_id_id", "post_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    edited_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class Letter(Table):
    """A mail to be sent: what it is about and to whom. Its words are made when it is sent.

    So no link and no code lies here, and a letter that is tried again says the same.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "ix_letters_due_at",
            "due_at",
            sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(EMAIL_MAX))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    due_at: Mapped[dt.datetime] = mapped_column(Moment)
    """When it may be tried; while it is being sent, when that is thought to have failed."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    given_up_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    problem: Mapped[str] = mapped_column(String(300), default="")


class Subscription(Table):
    """What the payment provider says of a member's payments."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("reference"),
        Index("ix_subscriptions_status_paid_until", "status", "paid_until"),
        Index("ix_subscriptions_grace_until", "grace_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(120))
    """The provider's name for it."""
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    """None until an event has named an address."""
    customer: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")
    """Of who pays, until the price says whether it is for a membership; then empty."""
    price: Mapped[str] = mapped_column(String(120), default="")
    """The provider's name of what is bought; empty until an event has told it."""
    plan: Mapped[str] = mapped_column(String(20))
    """What the price is good for; empty: nothing here."""
    status: Mapped[str] = mapped_column(String(20))
    paid_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    grace_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    """Set when a payment failed: open until then, while it is tried again."""
    ends_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    """When it ends because it was cancelled; None while it is to go on."""
    changed_at: Mapped[dt.datetime] = mapped_column(Moment)
    """When the newest event that was heeded came about, by the provider's clock."""


SPENDING = spending_table(Table.metadata)
"""What the guide's answers cost; guard keeps it."""


class Question(Table):
    """A question to the guide, and what was answered so far."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_member_id_id", "member_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    """The guide's own words."""
    note: Mapped[str] = mapped_column(Text, default="")
    """What is said at their end, or instead of them, in the community's name."""
    state: Mapped[str] = mapped_column(String(10), default="asked")
    """`asked`, `whole`, `cut` (it ended early) or `fallback` (nobody could answer)."""
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Moment)
