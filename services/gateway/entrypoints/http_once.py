"""Idempotency-Key: the header, and the ids that are made of it."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel

from services.gateway.use_cases.answer_once import AnswerOnce
from services.gateway.use_cases.ports import DeriveId, NewId

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key gives the same answer for a day. With another body it is refused.",
    ),
]


class Once:
    """Runs a request's work once a key. Without a key each request is its own."""

    def __init__(self, answer_once: AnswerOnce, *, derive_id: DeriveId, new_id: NewId) -> None:
        self._answer_once = answer_once
        self._derive_id = derive_id
        self._new_id = new_id

    def request_id(self, key: str | None, *scope: str) -> str:
        """The id of a request: of its key within its scope (account, actor, route), or a new one. It is the
        command's id, too.
        """
        return self._new_id() if key is None else self._derive_id("idempotency", *scope, key)

    async def __call__(
        self,
        key: str | None,
        request_id: str,
        body: BaseModel,
        work: Callable[[], Awaitable[BaseModel]],
    ) -> dict[str, Any]:
        """The answer's body, in JSON's types."""

        async def answer() -> dict[str, Any]:
            return (await work()).model_dump(mode="json")

        if key is None:
            return await answer()
        # The validated body, so that spaces and the order of fields do not count.
        fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        return await self._answer_once(request_id, fingerprint, answer)
