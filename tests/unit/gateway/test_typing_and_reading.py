"""Who is writing and how far people have read, as sockets say it and as they hear it."""

from typing import Any

from libs.contracts.frames import Frame
from libs.contracts.read_marks import MarkRead, ReadMessages
from libs.runtime.realtime import room_of
from services.gateway.domain.frame_text import FrameText
from services.gateway.use_cases.follower import Follower
from services.gateway.use_cases.tell_typing import MOST
from tests.unit.gateway.conftest import Served, Site
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN, REQUESTER, conversation, until, view
from tests.unit.gateway.test_sockets import connected, frame, know, send

REF = conversation("tg:77", department="IT")
OWN = conversation("web:v1", connection_id="conn-web")
TICKET = conversation("web:t", connection_id="ticket:bot-1", department="IT").model_copy(
    update={"requester_id": REQUESTER.id}
)


def pass_on(served: Served) -> list[Frame]:
    """Bring what was published to this gateway's own hub, as the broker does."""
    frames, served.site.passing.frames = served.site.passing.frames, []
    for one in frames:
        served.site.gateway.hub.receive(room_of(one), one.model_dump_json().encode())
    return frames


async def heard(socket: Any, kind: str) -> dict[str, Any]:
    while True:
        found = await frame(socket)
        if found["type"] == kind:
            return found


async def test_an_agents_typing_is_heard_by_the_visitor_and_the_team(served: Served) -> None:
    know(served, OWN, 1)
    agents = f"{served.ws}/ws?token={served.site.token()}"
    visitors = f"{served.ws}/ws/widget?token={served.site.visitor_token()}"
    async with connected(agents) as ana, connected(visitors) as visitor:
        await heard(ana, "subscribed")
        await heard(visitor, "subscribed")
        await send(ana, type="typing", topic=OWN.id, typing=True)
        await until(lambda: len(served.site.passing.frames) == 2)
        pass_on(served)
        seen = await heard(visitor, "typing")
        assert seen["sender"] == {"kind": "agent", "name": "Ana"}
        assert (seen["typing"], seen["expires_in"], "seq" in seen) == (True, 6, False)
        told = await heard(ana, "conversation:typing")
        assert told["sender"] == {"kind": "agent", "id": ANA.id, "name": "Ana Reis"}
        assert told["conversation_id"] == OWN.id


async def test_a_visitors_typing_is_the_teams_alone_who_may_see_it(served: Served) -> None:
    own = OWN.model_copy(update={"department": "HR"})
    know(served, own, 1)
    visitors = f"{served.ws}/ws/widget?token={served.site.visitor_token()}"
    async with (
        connected(visitors) as visitor,
        connected(f"{served.ws}/ws?token={served.site.token(BEN)}") as ben,
        connected(f"{served.ws}/ws?token={served.site.token(ANA)}") as ana,
    ):
        for socket in (visitor, ben, ana):
            await heard(socket, "subscribed")
        await send(visitor, type="typing", typing=False)
        await until(lambda: len(served.site.passing.frames) == 2)
        pass_on(served)
        told = await heard(ben, "conversation:typing")
        assert (told["sender"]["kind"], told["typing"]) == ("contact", False)
        for socket in (visitor, ana):
            await send(socket, type="ping")
            answer = await frame(socket)
            assert answer["type"] in {"pong", "subscribed"}


async def test_before_there_is_a_conversation_a_visitor_types_unheard(served: Served) -> None:
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}") as visitor:
        await heard(visitor, "subscribed")
        await send(visitor, type="typing", typing=True)
        await send(visitor, type="read", message_id="m1")
        assert (await heard(visitor, "error"))["code"] == "not_found"
    assert served.site.passing.frames == []


async def test_what_one_may_not_see_one_does_not_type_in(served: Served) -> None:
    know(served, REF, 1)
    served.site.book.blind.add(BEN.id)
    async with connected(f"{served.ws}/ws?token={served.site.token(BEN)}") as ben:
        for topic in (REF.id, f"account:{ACCOUNT}", "chat:tg:404"):
            await send(ben, type="typing", topic=topic, typing=True)
            error = await heard(ben, "error")
            assert (error["code"], error["topic"]) == ("not_found", topic)
        await send(ben, type="read", topic=REF.id)
        assert (await heard(ben, "error"))["code"] == "not_found"
    assert (served.site.passing.frames, served.site.commands.carried_out) == ([], [])


async def test_more_than_somebody_types_is_passed_over(served: Served) -> None:
    know(served, REF, 1)
    know(served, OWN, 1)
    visitors = f"{served.ws}/ws/widget?token={served.site.visitor_token()}"
    async with (
        connected(f"{served.ws}/ws?token={served.site.token()}") as ana,
        connected(visitors) as visitor,
    ):
        for socket, topic in ((ana, {"topic": f"chat:{REF.session_id}"}), (visitor, {})):
            for _ in range(MOST + 3):
                await send(socket, type="typing", typing=True, **topic)
            await send(socket, type="ping")
            await heard(socket, "pong")
    # Two frames each; a moment later one may fit in again.
    assert 4 * MOST <= len(served.site.passing.frames) <= 4 * MOST + 4


async def test_while_a_socket_catches_up_typing_goes_by() -> None:
    offered: list[str] = []

    class Sink:
        def offer(self, text: str) -> None:
            offered.append(text)

    passing = Frame(
        scope="account",
        account_id=ACCOUNT,
        conversation_id="c",
        connection_id="",
        topic="t",
        type="typing",
        passing=True,
    )
    follower = Follower("t", lambda _: True, Sink(), since=0)  # type: ignore[arg-type] # half a sink is enough
    follower.take_passing(FrameText(passing))
    await follower.catch_up([], cleared=0)
    follower.take_passing(FrameText(passing))
    assert len(offered) == 1


async def test_in_a_tickets_room_both_sides_type_and_read(served: Served) -> None:
    know(served, TICKET, 1)

    def room(who: Any) -> str:
        return f"{served.ws}/ws/chat/{TICKET.id}?token={served.site.token(who)}"

    async with connected(room(REQUESTER)) as uma, connected(room(ANA)) as ana:
        await heard(uma, "subscribed")
        await heard(ana, "subscribed")
        await send(uma, type="typing", typing=True)
        await until(lambda: len(served.site.passing.frames) == 2)
        pass_on(served)
        seen = await heard(ana, "typing")
        assert (seen["sender"]["kind"], seen["topic"]) == ("contact", f"ticket_{TICKET.id}")
        await send(uma, type="read", message_id="m1")
        await send(ana, type="read", message_id="m2")
        await until(lambda: len(served.site.commands.carried_out) == 2)
    commands = {type(command): command for _, command in served.site.commands.carried_out}
    assert commands[ReadMessages].message_id == "m1"  # type: ignore[attr-defined] # the command's own field
    assert commands[MarkRead].message_id == "m2"  # type: ignore[attr-defined] # the command's own field


async def test_a_visitors_mark_is_a_receipt_and_an_agents_the_teams(served: Served) -> None:
    know(served, OWN, 1)
    visitors = f"{served.ws}/ws/widget?token={served.site.visitor_token()}"
    async with connected(visitors) as visitor:
        await heard(visitor, "subscribed")
        await send(visitor, type="read", message_id="m1")
        await until(lambda: bool(served.site.inbound.acknowledged))
    ((_, receipt),) = served.site.inbound.acknowledged
    assert isinstance(receipt, ReadMessages)
    assert (receipt.conversation_id, receipt.message_id) == (OWN.id, "m1")
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as ana:
        await send(ana, type="read", topic=f"chat:{OWN.session_id}")
        await until(lambda: bool(served.site.commands.carried_out))
    ((_, command),) = served.site.commands.carried_out
    assert isinstance(command, MarkRead)
    assert (command.conversation_id, command.message_id) == (OWN.id, None)


async def test_the_team_marks_over_rest_too(site: Site) -> None:
    shown = view(REF).model_dump(mode="json")
    site.commands.result = shown
    path = f"/api/v1/conversations/{REF.id}/read"
    answer = await site.client.post(path, json={"message_id": "m1"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, shown)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, MarkRead)
    assert (command.conversation_id, command.message_id) == (REF.id, "m1")
    assert (await site.client.post(path, json={}, headers=site.bearer(REQUESTER))).status_code == 403
