"""Answer a request with an Idempotency-Key the same for a day, from whichever replica."""

from collections.abc import Awaitable, Callable

from libs.contracts.errors import DomainError, ErrorCode, TransientError, error_of
from services.gateway.use_cases.ports import Answer, Answers

Work = Callable[[], Awaitable[dict[str, object]]]


class AnswerOnce:
    """Remembers the answer; that the work itself is not done twice is up to the work: its command's id is
    derived from the key, so that its repetition is found where it is carried out.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, request_id: str, fingerprint: str, work: Work) -> dict[str, object]:
        """The body of the answer, or its DomainError.

        `fingerprint` is a digest of the request's body. Raises DomainError `idempotency_key_reused` when
        the key came with another body before. A passing failure is not remembered: the next try counts.
        """
        kept = await self._answers.begin(request_id, fingerprint)
        if kept.fingerprint != fingerprint:
            raise DomainError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key came with another body before."
            )
        answer = kept.answer or await self._first(request_id, work)
        if answer.fault is not None:
            raise error_of(answer.fault)
        return answer.body or {}

    async def _first(self, request_id: str, work: Work) -> Answer:
        try:
            answer = Answer(body=await work())
        except DomainError as error:
            answer = Answer(fault=error.fault())
        try:
            return await self._answers.finish(request_id, answer)
        except TransientError:
            # The work is done, and its repetition gives this same answer: saying 503 now would be wrong.
            return answer
