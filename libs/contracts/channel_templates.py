"""Messages that a platform has approved beforehand, as WhatsApp wants them outside its 24-hour window."""

from typing import Annotated

from pydantic import Field

from libs.contracts.base import Contract


class ChannelTemplate(Contract):
    """Which template, in which language (as the platform writes it: `pt_PT`), and the texts for its gaps."""

    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=1, max_length=16)
    parameters: tuple[Annotated[str, Field(min_length=1, max_length=1024)], ...] = Field(
        default=(), max_length=32
    )
