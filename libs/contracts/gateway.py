"""What the gateway takes."""

from pydantic import Field

from libs.contracts.base import Command, Id


class SetCredentials(Command, type="set_credentials.v1"):
    """Let a person log in with an email address and a password, of which only the argon2 hash travels."""

    person_id: Id
    email: str = Field(max_length=320)
    password_hash: str = Field(max_length=512)


class RemoveCredentials(Command, type="remove_credentials.v1"):
    """Somebody is no more: end what they log in with, and every log-in of theirs."""

    person_id: Id
