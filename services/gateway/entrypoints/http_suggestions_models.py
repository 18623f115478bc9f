"""Bodies about suggestions and replies."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import MOST_ATTACHMENTS
from libs.runtime.clean_html import clean_html
from services.gateway.entrypoints.http_models import AnyId, Said, body_config

#: Characters of an email's HTML, before and after it was made harmless.
MOST_HTML = 65_536
#: Characters of the text for one gap of a template.
MOST_GAP = 1_024


def _one_line(text: str) -> str:
    """A subject as a header can carry it."""
    return " ".join(text.replace("\0", "").split())


SubjectLine = Annotated[str, Field(min_length=1, max_length=998), AfterValidator(_one_line)]


class ApprovedTemplateBody(BaseModel):
    """A message that the platform has approved: its name, its language as the platform writes it, and the
    texts for its gaps.
    """

    model_config = body_config({"name": "order_ready", "language": "pt_PT", "parameters": ["A-12"]})

    name: str = Field(max_length=512, pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field(max_length=8, pattern=r"^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$")
    parameters: list[Said] = Field(default_factory=list, max_length=32)

    @field_validator("parameters")
    @classmethod
    def _fit(cls, parameters: list[str]) -> list[str]:
        if any(len(text) > MOST_GAP for text in parameters):
            raise ValueError(f"a parameter has at most {MOST_GAP} characters")
        return parameters

    def as_contract(self) -> ChannelTemplate:
        """The same, for the conversation service."""
        return ChannelTemplate(name=self.name, language=self.language, parameters=tuple(self.parameters))


class OwnReplyBody(BaseModel):
    """A reply of the agent's own. `body_html` says the same as `body`; what could harm is taken out of it.
    It and `subject` are for email, other channels pass over them. `attachments` are ids of files that were
    uploaded to this conversation; with one, `body` may be empty. On WhatsApp a `template` goes out in place
    of `body`, which is what people here read of it: the only way after `can_reply_until`.
    """

    model_config = body_config(
        {
            "body": "Your kettle is on its way.",
            "attachments": ["0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e13"],
        }
    )

    body: str = Field(max_length=65_536)
    subject: SubjectLine | None = None
    body_html: str | None = Field(default=None, max_length=MOST_HTML)
    attachments: list[AnyId] = Field(default_factory=list, max_length=MOST_ATTACHMENTS)
    template: ApprovedTemplateBody | None = None

    @property
    def said(self) -> str:
        """The text, without NUL, which some stores refuse."""
        return self.body.replace("\0", "")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.said.strip() and not self.attachments:
            raise ValueError("body must not be blank")
        return self


class ApproveBody(BaseModel):
    """Which suggestion, and its text and subject where those were changed."""

    model_config = body_config(
        {"suggestion_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11", "edited_body": "Two to three days, Mira."}
    )

    suggestion_id: AnyId
    edited_body: Said | None = None
    edited_subject: SubjectLine | None = None


class RejectBody(BaseModel):
    """Which suggestion, and why not."""

    model_config = body_config(
        {"suggestion_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11", "reason": "She asked about returns."}
    )

    suggestion_id: AnyId
    reason: str | None = Field(default=None, max_length=1024)


class RegenerateBody(BaseModel):
    """For which message of the contact, and how."""

    model_config = body_config(
        {"message_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e12", "tone": "friendly", "length": "short"}
    )

    message_id: AnyId
    tone: Literal["neutral", "friendly", "formal"] | None = None
    length: Literal["short", "medium", "long"] | None = None
    custom_prompt: str | None = Field(default=None, min_length=1, max_length=2_000)


def harmless_html(given: str | None) -> str | None:
    """HTML without what could harm whoever reads it; None when nothing is left. Raises DomainError `invalid`
    when it is too long in its harmless form, in which some characters are spelled out.
    """
    clean = clean_html(given.replace("\0", "")) if given is not None else ""
    if len(clean) > MOST_HTML:
        raise DomainError(ErrorCode.INVALID, "body_html is too long.")
    return clean if clean.strip() else None
