"""Bodies of the API. Strict: no field more, no type bent, so that nothing but strings gets to a store."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Channel, Status
from services.gateway.use_cases.open_widget_session import WidgetSession
from services.gateway.use_cases.session_tokens import Session


def body_config(example: dict[str, Any]) -> ConfigDict:
    """How every body is read, with an example for the document."""
    return ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [example]},
    )


def _said(text: str) -> str:
    """What somebody wrote, without NUL, which some stores refuse. Raises ValueError when nothing is left."""
    text = text.replace("\0", "")
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Said = Annotated[str, Field(min_length=1, max_length=65_536), AfterValidator(_said)]
#: A connection's, chatbot's or contact's id in a body or query.
AnyId = Annotated[str, Field(min_length=1, max_length=256)]


class LogInBody(BaseModel):
    """Email address and password."""

    model_config = body_config({"email": "ana@kettle.test", "password": "ana-likes-tea"})

    email: str = Field(min_length=3, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class RefreshBody(BaseModel):
    """A refresh token. It works once."""

    model_config = body_config({"refresh_token": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11.q9L0…"})

    refresh_token: str = Field(min_length=1, max_length=512)


class LogOutBody(BaseModel):
    """Whether only this log-in ends, or all of the person's."""

    model_config = body_config({"everywhere": True})

    everywhere: bool = False


class SessionAnswer(BaseModel):
    """Tokens and the person's profile. `expires_in` is that of the access token, in seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9…",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "refresh_token": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11.q9L0…",
                    "profile": {
                        "id": "agent-ana",
                        "account_id": "acc-kettle",
                        "email": "ana@kettle.test",
                        "name": "Ana Reis",
                        "role": "agent",
                        "departments": ["Orders"],
                    },
                }
            ]
        }
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - RFC 6750's word
    expires_in: int
    refresh_token: str
    profile: Person

    @classmethod
    def of(cls, session: Session) -> "SessionAnswer":
        """From the use case's answer."""
        return cls(
            access_token=session.access_token,
            expires_in=session.expires_in,
            refresh_token=session.refresh_token,
            profile=session.person,
        )


class ReplyBody(BaseModel):
    """An agent's reply."""

    model_config = body_config({"content": "I have put your parcel on today's van."})

    content: Said


class StatusBody(BaseModel):
    """`closed` closes; `active` gives back to the AI, or reopens."""

    model_config = body_config({"status": "closed"})

    status: str = Field(max_length=64)


class IdentityBody(BaseModel):
    """Who the visitor is to the website: `signature` is the HMAC-SHA256 of `user_id` in hex, made by the
    website's server with the connection's `identity_secret`.
    """

    model_config = body_config({"user_id": "customer-4711", "signature": "6f" * 32})

    user_id: AnyId
    signature: str = Field(min_length=64, max_length=64, pattern=r"^[0-9a-fA-F]+$")


class WidgetSessionBody(BaseModel):
    """A visitor's first contact, or, with the old `token`, a later one of the same visitor. With an
    `identity` it is the thread of whom it names, whatever the token; a connection can require one.
    """

    model_config = body_config({"connection_id": "conn-widget", "name": "Mira"})

    connection_id: AnyId
    name: str | None = Field(default=None, max_length=512)
    token: str | None = Field(default=None, min_length=1, max_length=8192)
    identity: IdentityBody | None = None


class WidgetSessionAnswer(BaseModel):
    """The visitor's token for `/ws/widget`; `expires_in` is in seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IndpZGdldCtqd3QifQ…",
                    "session_id": "web:0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11",
                    "expires_in": 86400,
                }
            ]
        }
    )

    token: str
    session_id: str
    expires_in: int

    @classmethod
    def of(cls, session: WidgetSession) -> "WidgetSessionAnswer":
        """From the use case's answer."""
        return cls(token=session.token, session_id=session.session_id, expires_in=session.expires_in)


class ListQuery(BaseModel):
    """Which conversations, in which order. A filter that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    status: Status | None = None
    lead_id: AnyId | None = Field(default=None, description="The contact's id.")
    channel: Channel | None = None
    chatbot_id: AnyId | None = None
    assignee: AnyId | None = None
    department: AnyId | None = None
    label: str | None = Field(default=None, min_length=1, max_length=100)
    snoozed: bool | None = Field(default=None, description="Only what is put aside, or only what is not.")
    search: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Words of the subject or of one message (the last may be unfinished), or how the "
        "contact's name or address begins. Case and accents do not matter. "
        "Of messages the newest matches count.",
    )
    page: int = Field(default=1, ge=1, le=10_000)
    page_size: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(
        default=None, min_length=1, max_length=512, description="`next_cursor` of an earlier page."
    )
    sort_by: str = Field(default="updated_at", max_length=64, description="`updated_at` or `created_at`.")
    sort_order: Literal["asc", "desc"] = "desc"


class ThreadQuery(BaseModel):
    """How much of a thread."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: int = Field(default=200, ge=1, le=500, description="Messages, the newest ones.")
    before: int | None = Field(default=None, ge=1, lt=2**53, description="Only messages before it.")
    cursor: str | None = Field(
        default=None, max_length=2048, description="The `previous_cursor` of an earlier page."
    )
