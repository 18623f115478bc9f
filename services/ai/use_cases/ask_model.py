"""Ask a language model for an answer of a given shape, by whatever way leads to one within the time.

For each model of the route: held to the schema by the endpoint, then JSON with the schema in the prompt, then
text with one repair. A form that an endpoint does not take is not tried there again.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from services.ai.domain.model_calls import (
    CallRecord,
    ChatRequest,
    Circumstances,
    Form,
    Message,
    ModelFailed,
    Prompt,
    Said,
    Usage,
)
from services.ai.domain.routing import RoutingTable
from services.ai.domain.structured import Shape, read_shape, strict_schema
from services.ai.use_cases.model_ports import ChatModel, UsageLedger

S = TypeVar("S", bound=Shape)

_FORMS: Final[tuple[Form, ...]] = ("strict", "json", "text")
#: What another form of the same model may cure.
_ANOTHER_FORM: Final = frozenset({"no_format", "garbage"})
#: What no other model shall be asked after: our own limit, and what a model declines to say.
_FINAL: Final = frozenset({"budget", "refused"})
_IN_PROMPT: Final = "Answer with one JSON object of this JSON Schema, and nothing else:"
_AGAIN: Final = "That did not fit: {why}. Say it again as one JSON object of the schema, and nothing else."


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """``seconds`` for all attempts together; tokens and cost, in the currency of the prices, for a
    conversation and for an account's day, 0: none.
    """

    seconds: float = 18.0
    conversation_tokens: int = 200_000
    account_day_tokens: int = 5_000_000
    conversation_cost: float = 0.0
    account_day_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked(Generic[S]):
    """An answer that has the shape, and the model that gave it, by its full name."""

    answer: S
    model: str


class AskModel:
    """The ladder. ``endpoints`` are by the name that routes use; ``clock`` gives seconds."""

    def __init__(
        self,
        endpoints: Mapping[str, ChatModel],
        routes: RoutingTable,
        ledger: UsageLedger,
        limits: ModelLimits,
        clock: Callable[[], float],
    ) -> None:
        self._endpoints = endpoints
        self._routes = routes
        self._ledger = ledger
        self._limits = limits
        self._clock = clock
        self._not_taken: set[tuple[str, Form]] = set()

    async def __call__(self, prompt: Prompt, shape: type[S], circumstances: Circumstances) -> Asked[S]:
        """The answer. Raises ModelFailed once every way has been tried or the time is over."""
        models = self._routes.models(prompt.task, circumstances)
        if not models:
            raise ModelFailed("no_model")
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._check_budget(circumstances)
                return await self._ask_each(models, prompt, shape, circumstances)
        except TimeoutError:
            raise ModelFailed("timeout", f"no answer within {self._limits.seconds:g} s") from None

    async def _check_budget(self, circumstances: Circumstances) -> None:
        limits = self._limits
        conversation, account = await self._ledger.spent(circumstances)
        for spent, limit, whose in (
            (conversation.tokens, limits.conversation_tokens, "conversation's tokens"),
            (account.tokens, limits.account_day_tokens, "account's tokens"),
            (conversation.cost, limits.conversation_cost, "conversation's money"),
            (account.cost, limits.account_day_cost, "account's money"),
        ):
            if limit and spent >= limit:
                raise ModelFailed("budget", f"the {whose} of {limit:g} are spent")

    async def _ask_each(
        self, models: tuple[str, ...], prompt: Prompt, shape: type[S], circumstances: Circumstances
    ) -> Asked[S]:
        failed = ModelFailed("no_model")
        for model in models:
            try:
                return Asked(await _Attempts(self, model, circumstances).each_form(prompt, shape), model)
            except ModelFailed as error:
                failed = error
                if error.kind in _FINAL:
                    break
        raise failed

    async def call(
        self, model: str, request: ChatRequest, prompt: Prompt, circumstances: Circumstances
    ) -> Said:
        """One call, written down whatever becomes of it."""
        endpoint = self._endpoints.get(model.partition("/")[0])
        if endpoint is None:
            raise ModelFailed("no_model", "its endpoint is not configured")
        started = self._clock()
        usage, outcome = Usage(), "timeout"
        try:
            said = await endpoint.say(request)
            usage, outcome = said.usage, "ok"
        except ModelFailed as error:
            outcome = error.kind
            raise
        finally:
            record = CallRecord(
                circumstances,
                prompt.task,
                model,
                request.form,
                outcome,
                usage,
                self._routes.cost(model, usage),
                self._clock() - started,
            )
            await self._ledger.record(record)
        return said

    def forms(self, model: str) -> list[Form]:
        """What the model's endpoint may take of it."""
        return [form for form in _FORMS if (model, form) not in self._not_taken]

    def never_again(self, model: str, form: Form) -> None:
        """This form is refused there."""
        self._not_taken.add((model, form))


class _Attempts:
    """The attempts at one model: each form in turn, a shorter prompt once, more room once, one repair."""

    def __init__(self, ask: AskModel, model: str, circumstances: Circumstances) -> None:
        self._ask = ask
        self._model = model
        self._circumstances = circumstances
        self._shortened = self._widened = False

    async def each_form(self, prompt: Prompt, shape: type[S]) -> S:
        failed = ModelFailed("garbage")
        for form in self._ask.forms(self._model):
            try:
                return await self._in_form(form, prompt, shape)
            except ModelFailed as error:
                failed = error
                if error.kind == "no_format":
                    self._ask.never_again(self._model, form)
                elif error.kind not in _ANOTHER_FORM:
                    break
        raise failed

    async def _in_form(self, form: Form, prompt: Prompt, shape: type[S]) -> S:
        request = self._request(form, prompt, shape)
        try:
            said = await self._say(request, prompt)
        except ModelFailed as error:
            if error.kind == "too_long" and not self._shortened:
                self._shortened = True
                return await self._in_form(form, prompt.shortened(), shape)
            if error.kind == "cut" and not self._widened:
                self._widened = True
                return await self._in_form(form, prompt.with_more_room(), shape)
            raise
        try:
            return read_shape(said.text, shape)
        except ModelFailed as error:
            if form != "text":
                raise
            told = Message("user", _AGAIN.format(why=error.detail))
            again = (*request.messages, Message("assistant", said.text), told)
            repaired = await self._say(self._with(request, again), prompt)
            return read_shape(repaired.text, shape)

    async def _say(self, request: ChatRequest, prompt: Prompt) -> Said:
        return await self._ask.call(self._model, request, prompt, self._circumstances)

    def _request(self, form: Form, prompt: Prompt, shape: type[S]) -> ChatRequest:
        schema = strict_schema(shape)
        rules = prompt.rules
        if form != "strict":
            rules = f"{rules}\n\n{_IN_PROMPT}\n{json.dumps(schema)}"
        messages = (Message("system", rules), Message("user", prompt.text))
        return ChatRequest(self._model.partition("/")[2], messages, form, schema, prompt.output_limit)

    @staticmethod
    def _with(request: ChatRequest, messages: tuple[Message, ...]) -> ChatRequest:
        return ChatRequest(request.model, messages, request.form, request.schema, request.output_limit)
