"""The account's labels, and what becomes of conversations when they change."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import PostReply
from libs.contracts.directory import UpdateAccount
from libs.contracts.drafts import SaveDraft
from libs.contracts.errors import DomainError
from libs.contracts.labels import (
    MOST_ACCOUNT_LABELS,
    CreateLabel,
    DeleteLabel,
    Label,
    ListLabels,
    RelabelConversations,
    ReplaceLabel,
    UpdateLabel,
)
from libs.contracts.messages import WriteToContact
from libs.contracts.organising import LabelConversation
from libs.contracts.reading import ConversationPage, ListConversations
from libs.contracts.vocabulary import ActorKind, Status
from services.conversation.use_cases import keep_labels
from services.conversation.use_cases.keep_draft import save_draft
from services.conversation.use_cases.keep_labels import (
    ListLabelsForPerson,
    create_label,
    delete_label,
    relabel_conversations,
    replace_label,
    update_label,
)
from services.conversation.use_cases.label_conversation import label_conversation
from services.conversation.use_cases.list_conversations import ListForPerson
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.search_conversations import SearchConversations
from services.conversation.use_cases.update_account import update_account
from services.conversation.use_cases.write_to_contact import WriteAsPerson
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, agent, call, moment, person

ANA = agent("ana", "IT")
KEY = Actor(kind=ActorKind.API_KEY, id="key")


async def names(world: World) -> list[str]:
    query = ListLabels(person=person("ana", "IT"))
    found = await ListLabelsForPerson(world.store.organising)(query, call())
    return [label.name for label in found.items]


async def refused(world: World, use_case: Any, command: Any) -> str:
    with pytest.raises(DomainError) as error:
        await world.do(use_case, command)
    return str(error.value.code)


async def put_on(world: World, *labels: str, actor: Actor = ANA) -> None:
    for one in list(world.store.records.conversations.values()):
        command = LabelConversation(actor=actor, conversation_id=one.id, add=labels)
        await world.do(label_conversation, command)


async def carry_on(world: World) -> None:
    """Carry out what the account's partition tells itself and conversations."""
    routes: dict[type, Any] = {RelabelConversations: relabel_conversations, ReplaceLabel: replace_label}
    while sent := [one for one in world.store.records.sent if type(one.command) in routes]:
        world.store.records.sent = [one for one in world.store.records.sent if one not in sent]
        for one in sent:
            await world.do(routes[type(one.command)], one.command, 30)


def labels_of(world: World) -> list[tuple[str, ...]]:
    return [one.labels for one in world.store.records.conversations.values()]


async def test_labels_are_made_listed_and_recoloured(world: World) -> None:
    made = await world.do(create_label, CreateLabel(actor=ANA, name=" VIP  Customer", colour="#aa0000"))
    assert (made.name, made.colour, made.created_by) == ("vip customer", "#aa0000", "ana")
    await world.do(create_label, CreateLabel(actor=KEY, name="late"))
    assert await names(world) == ["late", "vip customer"]
    assert await refused(world, create_label, CreateLabel(actor=ADMIN, name="LATE")) == "conflict"
    changed = await world.do(
        update_label, UpdateLabel(actor=ADMIN, label="Vip customer", cleared=("colour",))
    )
    assert changed == made.model_copy(update={"colour": None})
    wrong = UpdateLabel(actor=ADMIN, label="late", cleared=("name",))
    assert await refused(world, update_label, wrong) == "invalid"
    assert world.store.records.sent == []


async def test_only_admins_change_them(world: World) -> None:
    await world.do(create_label, CreateLabel(actor=ANA, name="late"))
    assert await refused(world, update_label, UpdateLabel(actor=ANA, label="late", name="x")) == "forbidden"
    assert await refused(world, delete_label, DeleteLabel(actor=ANA, label="late")) == "forbidden"
    assert await refused(world, delete_label, DeleteLabel(actor=ADMIN, label="else")) == "not_found"
    requester = Actor(kind=ActorKind.USER, id="uma")
    assert await refused(world, create_label, CreateLabel(actor=requester, name="x")) == "forbidden"


async def test_a_new_label_on_a_conversation_is_made_where_its_user_may(world: World) -> None:
    await world.says()
    await put_on(world, "VIP", "late")
    assert await names(world) == ["late", "vip"]
    await world.do(update_account, UpdateAccount(actor=ADMIN, labels_by_admins=True))
    about = world.conversation().id
    command = LabelConversation(actor=ANA, conversation_id=about, add=("vip", "new"), replace=True)
    assert await refused(world, label_conversation, command) == "invalid"
    assert await refused(world, create_label, CreateLabel(actor=ANA, name="new")) == "forbidden"
    await put_on(world, "late", "vip")
    await put_on(world, "from admin", actor=ADMIN)
    await put_on(world, "from key", actor=KEY)
    assert await names(world) == ["from admin", "from key", "late", "vip"]


async def test_an_account_has_so_many(world: World) -> None:
    await world.says()
    for number in range(MOST_ACCOUNT_LABELS):
        name = f"label {number}"
        label = Label(name=name, created_by="ana", created_at=moment())
        world.store.records.organising.labels["acme", name] = label
    assert await refused(world, create_label, CreateLabel(actor=ANA, name="more")) == "invalid"
    command = LabelConversation(actor=ANA, conversation_id=world.conversation().id, add=("more",))
    assert await refused(world, label_conversation, command) == "invalid"
    assert len(await names(world)) == MOST_ACCOUNT_LABELS


async def test_another_name_reaches_every_conversation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_labels, "STEP", 2)
    for number in range(5):
        await world.says(session_id=f"tg:{number}")
    await put_on(world, "late", "vip")
    renamed = await world.do(update_label, UpdateLabel(actor=ADMIN, label="late", name="Too Late"))
    assert renamed.name == "too late"
    taken = UpdateLabel(actor=ADMIN, label="vip", name="too late")
    assert await refused(world, update_label, taken) == "conflict"
    await carry_on(world)
    assert labels_of(world) == [("too late", "vip")] * 5
    assert await names(world) == ["too late", "vip"]


async def test_a_label_that_is_deleted_leaves_every_conversation(world: World) -> None:
    for number in range(3):
        await world.says(session_id=f"tg:{number}")
    await put_on(world, "late", "vip")
    gone = await world.do(delete_label, DeleteLabel(actor=ADMIN, label="late"))
    assert gone.name == "late"
    await carry_on(world)
    assert labels_of(world) == [("vip",)] * 3


async def test_one_that_was_made_anew_meanwhile_stays(world: World) -> None:
    await world.says()
    await put_on(world, "late")
    await world.do(delete_label, DeleteLabel(actor=ADMIN, label="late"))
    await world.do(create_label, CreateLabel(actor=ANA, name="late"))
    await carry_on(world)
    assert labels_of(world) == [("late",)]


async def test_one_whose_new_name_is_gone_again_is_taken_off(world: World) -> None:
    await world.says()
    await put_on(world, "late")
    await world.do(update_label, UpdateLabel(actor=ADMIN, label="late", name="later"))
    await world.do(delete_label, DeleteLabel(actor=ADMIN, label="later"))
    await carry_on(world)
    assert labels_of(world) == [()]
    about = world.conversation()
    again = ReplaceLabel(actor=SYSTEM, conversation_id=about.id, label="late")
    await world.do(replace_label, again)
    assert world.conversation().version == about.version


async def test_a_list_of_what_is_put_aside(world: World) -> None:
    for number in range(2):
        await world.says(session_id=f"tg:{number}")
    first = next(iter(world.store.records.conversations.values()))
    first.snoozed_until = moment(900)
    listed = ListForPerson(
        world.store.conversations, SearchConversations(world.store.searches, world.store.contacts)
    )
    for snoozed, sessions in ((True, ["tg:0"]), (False, ["tg:1"]), (None, ["tg:0", "tg:1"])):
        written = await listed(ListConversations(person=person("ana"), snoozed=snoozed), call())
        page = ConversationPage.model_validate_json(written.json)
        assert sorted(one.session_id for one in page.items) == sessions


@pytest.mark.parametrize("console", [True, False])
async def test_a_reply_that_is_sent_takes_its_authors_draft_away(world: World, console: bool) -> None:
    await world.says()
    world.change(status=Status.HANDED_OFF)
    about = world.conversation().id
    for who in (ANA, ADMIN):
        await world.do(save_draft, SaveDraft(actor=who, conversation_id=about, content="Dear"))
    parts: dict[str, Any] = {"actor": ANA, "conversation_id": about, "content": "Dear Mira"}
    if console:
        await world.do(PostReplyToContact(world.new_id), PostReply(**parts))
    else:
        await world.do(WriteAsPerson(world.new_id), WriteToContact(**parts))
    assert list(world.store.records.organising.drafts) == [("acme", "ada", about)]
