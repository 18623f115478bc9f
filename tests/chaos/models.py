"""The AI rows of the chaos table: an ill endpoint, the AI service killed, an answer that comes late."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from deploy.local.demo.console import AgentConsole
from libs.contracts.conversation import PostBotReply
from libs.standins.faults import TRANSPORT_KINDS
from tests.bench.report import Row
from tests.chaos.model_faults import ModelFault
from tests.chaos.model_stack import EMBEDDINGS, SICK_MODEL, TwoChatbots
from tests.chaos.providers import Pulse
from tests.e2e.parley import Parley, eventually, new_chat

QUESTION = "How long does delivery take?"
HARMLESS = ModelFault("no_usage", "answered")
#: What the stand-in's reader says to it: the sentence that shares most words with the question.
ANSWER = "Orders placed before 2 pm on a working day leave our warehouse the same day."
UNAVAILABLE = "ai_unavailable"
_OF_THE_WHOLE_ENDPOINT = {*TRANSPORT_KINDS, "rate_limit", "server_error", "bad_gateway", "unauthorized"}
#: Seconds in which people must have the conversation (quality.md); and for everything around it.
LIMIT = 30.0
_MARGIN = 60.0


@dataclass(frozen=True)
class Seen:
    """What people on the sick chatbot got: the longest wait in seconds, the reason, what was wrong."""

    fault: ModelFault
    seconds: float
    wrong: tuple[str, ...]


async def meet_fault(chatbots: TwoChatbots, admin: AgentConsole, fault: ModelFault, people: int) -> Seen:
    """`people` write at once while the endpoint is ill in this way."""
    parley, model = chatbots.sick, chatbots.sick.standin.model
    rule = {**fault.rule(), "recipients": [SICK_MODEL, EMBEDDINGS]}
    if fault.kind in _OF_THE_WHOLE_ENDPOINT and "times" not in fault.options:
        rule["methods"] = []  # its vectors, too
    await model.add_fault(**rule)
    begun = monotonic()
    chats = [new_chat() for _ in range(people)]
    try:
        found = await asyncio.gather(*(_outcome(parley, admin, chat, fault) for chat in chats))
    finally:
        (rule,) = await model.faults()
        await model.clear_faults()
    wrong = [said for one in found for said in one[1]]
    if not rule["fired"] and "embeddings" not in fault.methods:
        wrong.append("the fault never struck")
    return Seen(fault, max(one[0] for one in found) - begun, tuple(wrong))


async def _outcome(
    parley: Parley, admin: AgentConsole, chat: int, fault: ModelFault
) -> tuple[float, list[str]]:
    """When the contact was told something, and what is wrong with it."""
    await parley.bot.write(chat, QUESTION)
    told = (await parley.bot.wait_for_messages(1, chat_id=chat, seconds=_MARGIN))[0]
    row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation", _MARGIN)
    thread = await parley.thread(admin, row["id"])
    if fault.outcome == "answered":
        return told["monotonic"], [] if told["text"] == ANSWER else [f"said {told['text']!r}"]
    status = thread["conversation"]["status"]
    reasons = [step["reason"] for step in thread["timeline"]]
    wrong = [] if (status, reasons) == ("handed_off", [UNAVAILABLE]) else [f"{status} for {reasons}"]
    return told["monotonic"], wrong


async def other_answers(chatbots: TwoChatbots) -> set[str]:
    """Everything that the other chatbot has said."""
    return {one["text"] for one in await chatbots.well.bot.messages(limit=1_000)}


async def killed_service(chatbots: TwoChatbots) -> tuple[float, list[str]]:
    """Seconds from a message, written while no AI runs, to the notice; and what is wrong."""
    parley = chatbots.sick
    await parley.stack.supervisor.kill("ai")
    try:
        begun = monotonic()
        unavailable = ModelFault("killed", "handed_over")
        async with parley.console() as admin:
            told, wrong = await _outcome(parley, admin, new_chat(), unavailable)
    finally:
        await parley.stack.supervisor.restart("ai")
    return told - begun, wrong


async def late_answer(chatbots: TwoChatbots) -> list[str]:
    """A model that takes its time while an agent takes over. What is wrong, in words."""
    parley, model = chatbots.sick, chatbots.sick.standin.model
    refused = await _refused_answers(parley)
    chat = new_chat()
    async with parley.console() as admin:
        await parley.bot.write(chat, "Hello")
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=_MARGIN)
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation", _MARGIN)
        seconds = chatbots.seconds.call * 0.75
        await model.add_fault("latency", seconds=seconds, recipients=[SICK_MODEL])
        await parley.bot.write(chat, QUESTION)
        await eventually(lambda: _has_struck(parley), "the model being asked", _MARGIN)
        path = f"/api/v1/conversations/{row['id']}/reply"
        key = {"Prefer": "respond-async", "Idempotency-Key": f"take-over-{chat}"}
        await admin.request("POST", path, {"body": "Caro here, let me look."}, **key)
        await model.clear_faults()
        await eventually(lambda: _more_refused(parley, refused), "the refusal of the late answer", _MARGIN)
        thread = await parley.thread(admin, row["id"])
    said = [one["text"] for one in await parley.sent_to(chat)][1:]
    kept = [one["sender"]["kind"] for one in thread["messages"]][2:]
    checks = {
        f"the contact saw {said}": said == ["Caro here, let me look."],
        f"kept {kept}": "ai" not in kept,
    }
    return [wrong for wrong, holds in checks.items() if not holds]


async def _has_struck(parley: Parley) -> bool:
    return any(rule["fired"] for rule in await parley.standin.model.faults())


async def _refused_answers(parley: Parley) -> float:
    port = parley.stack.replica_ports["conversation"]
    text = (await parley.http.get(f"http://127.0.0.1:{port}/metrics")).text
    wanted = ("parley_messages_consumed_total", f'type="{PostBotReply.type}"', 'outcome="refused"')
    lines = (line for line in text.splitlines() if all(part in line for part in wanted))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def _more_refused(parley: Parley, before: float) -> bool:
    return await _refused_answers(parley) > before


async def model_rows(chatbots: TwoChatbots, faults: Sequence[ModelFault], *, beats: int) -> list[Row]:
    """For the table."""
    before, beside = Pulse(chatbots.well), Pulse(chatbots.well)
    async with chatbots.sick.console() as admin:
        # Their own figure beside the same people, whose endpoint is well.
        async with before.beating(pause=0.05):
            while len(before.seconds) < beats:
                await meet_fault(chatbots, admin, HARMLESS, people=4)
        async with beside.beating(pause=0.05):
            seen = [await meet_fault(chatbots, admin, fault, _people(fault)) for fault in faults]
            while len(beside.seconds) < beats:
                await meet_fault(chatbots, admin, faults[0], people=4)
    rows = [_row(seen, "handed_over", "people take over"), _row(seen, "answered", "answered all the same")]
    rows.append(_others(before.seconds, beside.seconds, await other_answers(chatbots)))
    seconds, wrong = await killed_service(chatbots)
    holds = not wrong and seconds <= LIMIT
    rows.append(Row("ai service killed", round(seconds, 1), "s", f"<= {LIMIT:g}", holds, "; ".join(wrong)))
    late = await late_answer(chatbots)
    rows.append(
        Row("ai answer after a takeover", len(late), "broken promises", "= 0", not late, "; ".join(late))
    )
    return rows


def _people(fault: ModelFault) -> int:
    """After a fault an endpoint is tried by one call: whoever comes beside it goes to people, rightly."""
    return 4 if fault.outcome == "handed_over" else 1


def _row(seen: Sequence[Seen], outcome: str, name: str) -> Row:
    mine = [one for one in seen if one.fault.outcome == outcome]
    wrong = [f"{one.fault.name}: {said}" for one in mine for said in one.wrong]
    slowest = max((one.seconds for one in mine), default=0.0)
    detail = "; ".join([*(f"{one.fault.name} {one.seconds:.1f} s" for one in mine), *wrong])
    holds = not wrong and slowest <= LIMIT
    return Row(f"model endpoint ill: {name}", round(slowest, 1), "s at most", "<= 30", holds, detail)


def _others(before: list[float], beside: list[float], said: set[str]) -> Row:
    own, during = (sorted(one)[int(len(one) * 0.99)] for one in (before, beside))
    ratio = during / own
    detail = (
        f"p99 {during * 1000:.0f} ms of {len(beside)} beside the ill, "
        f"{own * 1000:.0f} ms of {len(before)} before"
    )
    holds = ratio <= 1.5 and said == {ANSWER}
    return Row("model endpoint ill: other chatbots", round(ratio, 2), "ratio", "<= 1.5", holds, detail)
