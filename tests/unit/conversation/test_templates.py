"""Templates and drafts: what agents send again and again, and what they have only begun to write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.drafts import DeleteDraft, GetDraft, SaveDraft
from libs.contracts.errors import DomainError
from libs.contracts.templates import (
    CreateTemplate,
    DeleteTemplate,
    GetTemplate,
    ListTemplates,
    RenderedTemplate,
    RenderTemplate,
    Template,
    TemplateFields,
    TemplatePage,
    UpdateTemplate,
)
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.templating import VARIABLES, render, variables_of
from services.conversation.use_cases import keep_templates
from services.conversation.use_cases.keep_draft import GetOwnDraft, delete_draft, save_draft
from services.conversation.use_cases.keep_templates import WriteTemplate, delete_template, update_template
from services.conversation.use_cases.read_templates import (
    GetTemplateForPerson,
    ListTemplatesForPerson,
    RenderForPerson,
)
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, CONTACT, agent, call, id_of_thread, moment, person

ANA, EVE = agent("ana", "IT"), agent("eve", "HR")
KEY = Actor(kind=ActorKind.API_KEY, id="key")
UNA = Actor(kind=ActorKind.USER, id="una", role=Role.USER)
BOSS = person("ada", role="admin")


def fields(content: str = "Hello {{contact.name}}", **parts: Any) -> TemplateFields:
    return TemplateFields(**{"name": "Greeting", "content": content, "department": "IT"} | parts)


async def create(world: World, actor: Actor = ANA, seconds: float = 1, **parts: Any) -> Template:
    command = CreateTemplate(actor=actor, template=fields(**parts))
    made: Template = await world.do(WriteTemplate(world.new_id), command, seconds)
    return made


async def update(world: World, template_id: str, actor: Actor = ANA, **parts: Any) -> Any:
    command = UpdateTemplate(actor=actor, template_id=template_id, template=fields(**parts))
    return await world.do(update_template, command, 5)


async def remove(world: World, template_id: str, actor: Actor = ANA) -> Any:
    return await world.do(delete_template, DeleteTemplate(actor=actor, template_id=template_id), 6)


async def page(world: World, who: Person, **parts: Any) -> TemplatePage:
    return await ListTemplatesForPerson(world.store.templates)(ListTemplates(person=who, **parts), call())


async def rendered(
    world: World, template_id: str, who: Person | None = None, **parts: Any
) -> RenderedTemplate:
    case = RenderForPerson(world.store.templates, world.store.conversations, world.store.contacts)
    parts.setdefault("conversation_id", world.conversation().id)
    query = RenderTemplate(person=who or person("ana", "IT"), template_id=template_id, **parts)
    return await case(query, call())


async def refusal(attempt: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await attempt
    return refused.value.code


class TestVariables:
    def test_those_that_are_named_are_found(self) -> None:
        content = "{{contact.name}} {{ agent.first_name }} {{contact.name|you}} { } {x}"
        assert variables_of(content) == ("agent.first_name", "contact.name")

    @pytest.mark.parametrize(
        "content",
        [
            "{{contact.nmae}}",
            "{{}}",
            "{{ }}",
            "{{contact.__class__}}",
            "{{contact.name",
            "contact.name}}",
            "{{contact.name|a|b}}",
            "{{{{contact.name}}}}",
            "{{contact.name}}" * 101,
        ],
    )
    def test_what_is_none_is_refused(self, content: str) -> None:
        with pytest.raises(DomainError) as refused:
            variables_of(content)
        assert refused.value.code == "invalid"

    def test_the_refusal_names_it_and_those_there_are(self) -> None:
        with pytest.raises(DomainError, match=r"no variable contact\.nmae; there are .*contact\.name"):
            variables_of("{{contact.nmae}}")

    def test_a_value_is_no_template(self) -> None:
        values = {"contact.name": "{{agent.email}}", "agent.email": "a@b"}
        assert render("Hi {{contact.name}}", values).content == "Hi {{agent.email}}"

    def test_a_fallback_stands_in(self) -> None:
        shown = render(
            "Hi {{contact.name|there}}, {{contact.phone}}{{contact.email|}}.", {"contact.name": ""}
        )
        assert (shown.content, shown.missing) == ("Hi there, .", ("contact.phone",))

    @given(st.lists(st.sampled_from([*VARIABLES, "x", "", " "])), st.text("{}| a.", max_size=20))
    def test_whatever_is_accepted_can_be_shown(self, names: list[str], rest: str) -> None:
        content = rest.join(f"{{{{{name}}}}}" for name in names) + rest
        try:
            variables = variables_of(content)
        except DomainError:
            return
        shown = render(content, dict.fromkeys(VARIABLES, "v"))
        assert shown.missing == ()
        assert set(variables) <= set(VARIABLES)


class TestKeeping:
    async def test_it_is_written_changed_and_taken_away(self, world: World) -> None:
        made = await create(world, shortcut="hi")
        assert (made.variables, made.created_by, made.created_at) == (("contact.name",), "ana", moment(1))
        changed = await update(world, made.id, content="Bye {{agent.name}}", shortcut="hi")
        assert (changed.content, changed.variables) == ("Bye {{agent.name}}", ("agent.name",))
        assert (changed.created_at, changed.updated_at) == (moment(1), moment(5))
        assert await remove(world, made.id) == changed
        assert await refusal(remove(world, made.id)) == "not_found"

    async def test_a_shortcut_is_one_templates(self, world: World) -> None:
        await create(world, shortcut="hi")
        other = await create(world, shortcut="ho")
        assert await refusal(create(world, shortcut="hi")) == "conflict"
        assert await refusal(update(world, other.id, shortcut="hi")) == "conflict"
        await create(world)
        await create(world)

    async def test_what_does_not_fit_is_refused(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keep_templates, "MOST_TEMPLATES", 1)
        assert await refusal(create(world, content="{{who}}")) == "invalid"
        assert await refusal(create(world, ADMIN, department="Space")) == "invalid"
        made = await create(world)
        assert await refusal(create(world)) == "invalid"
        assert await refusal(update(world, made.id, content="{{who}}")) == "invalid"
        assert await refusal(update(world, made.id, ADMIN, department="Space")) == "invalid"

    async def test_agents_keep_those_of_their_departments_and_admins_all(self, world: World) -> None:
        shared = await create(world, ADMIN, department=None)
        mine = await create(world)
        await create(world, KEY, department="HR")
        for actor, parts in [
            (ANA, {"department": None}),
            (ANA, {"department": "HR"}),
            (UNA, {}),
            (CONTACT, {}),
        ]:
            assert await refusal(create(world, actor, **parts)) == "forbidden"
        assert await refusal(update(world, mine.id, department="HR")) == "forbidden"
        assert await refusal(update(world, shared.id)) == "forbidden"
        assert await refusal(remove(world, shared.id)) == "forbidden"
        assert await refusal(update(world, mine.id, EVE)) == "not_found"
        assert await refusal(remove(world, mine.id, UNA)) == "forbidden"
        assert (await update(world, mine.id, ADMIN, department="HR")).department == "HR"


class TestReading:
    async def test_everybody_sees_what_they_may_use(self, world: World) -> None:
        shared = await create(world, ADMIN, department=None, shortcut="hi-all")
        it = await create(world, shortcut="hi-it")
        hr = await create(world, EVE, department="HR", shortcut="ho")
        assert (await page(world, BOSS)).items == (shared, it, hr)
        assert (await page(world, person("ana", "IT"))).items == (shared, it)
        assert (await page(world, person("key", role="api_key"))).items == (shared, it, hr)
        assert (await page(world, BOSS, shortcut="hi")).items == (shared, it)
        assert (await page(world, person("ana", "IT"), department="IT")).items == (it,)
        assert (await page(world, person("ana", "IT"), department="HR")).items == ()
        first = await page(world, BOSS, limit=2)
        assert first.next_after == it.id
        last = await page(world, BOSS, limit=2, after=it.id)
        assert (last.items, last.next_after) == ((hr,), None)
        assert await refusal(page(world, person("una", role="user"))) == "forbidden"

        get = GetTemplateForPerson(world.store.templates)
        found = await get(GetTemplate(person=person("ana", "IT"), template_id=it.id), call())
        assert found == it
        assert await refusal(get(GetTemplate(person=person("ana", "IT"), template_id=hr.id), call())) == (
            "not_found"
        )

    async def test_it_reads_in_a_conversation_as_its_sender_would_send_it(self, world: World) -> None:
        await world.says()
        every = "; ".join(f"{{{{{name}}}}}" for name in VARIABLES)
        made = await create(world, content=every)
        shown = await rendered(world, made.id)
        conversation = world.conversation()
        assert shown.content == (f"ana@acme.test; Ana; Ana Agent; Bot; ; Mira; Mira; ; ; {conversation.id}; ")
        assert shown.missing == (
            "contact.email",
            "contact.phone",
            "conversation.department",
            "conversation.subject",
        )
        world.store.records.contacts.clear()
        assert (await rendered(world, made.id)).content == shown.content
        world.change(subject="Kettle", department="IT")
        assert "IT" in (await rendered(world, made.id)).content

    async def test_an_agent_without_a_name_goes_by_their_address(self, world: World) -> None:
        await world.says()
        made = await create(world, content="{{agent.first_name}}")
        nameless = person("ana", "IT").model_copy(update={"name": ""})
        assert (await rendered(world, made.id, nameless)).content == "ana@acme.test"

    async def test_only_where_the_sender_may_reply(self, world: World) -> None:
        await world.says()
        made = await create(world, ADMIN, department=None)
        world.change(department="HR")
        assert await refusal(rendered(world, made.id)) == "not_found"
        assert await refusal(rendered(world, made.id, conversation_id=id_of_thread("9999"))) == "not_found"
        assert await refusal(rendered(world, "nothing")) == "not_found"


class TestDrafts:
    async def save(self, world: World, content: str = "Dear", actor: Actor = ANA) -> Any:
        command = SaveDraft(actor=actor, conversation_id=world.conversation().id, content=content)
        return await world.do(save_draft, command, 3)

    async def read(self, world: World, who: Person, **parts: Any) -> Any:
        parts.setdefault("conversation_id", world.conversation().id)
        case = GetOwnDraft(world.store.conversations, world.store.templates)
        return await case(GetDraft(person=who, **parts), call())

    async def test_it_is_its_writers_alone_and_changes_nothing(self, world: World) -> None:
        await world.says()
        before, events = world.conversation(), world.event_types()
        await self.save(world, "Dear")
        draft = await self.save(world, "Dear Mira")
        assert (draft.content, draft.updated_at) == ("Dear Mira", moment(3))
        assert await self.read(world, person("ana", "IT")) == draft
        assert await refusal(self.read(world, BOSS)) == "not_found"
        assert (world.conversation(), world.event_types()) == (before, events)
        command = DeleteDraft(actor=ANA, conversation_id=before.id)
        for _ in range(2):
            assert (await world.do(delete_draft, command, 4)).conversation_id == before.id
        assert await refusal(self.read(world, person("ana", "IT"))) == "not_found"

    async def test_it_is_for_those_who_may_reply(self, world: World) -> None:
        await world.says()
        world.change(department="IT", requester_id="una")
        assert await refusal(self.save(world, actor=EVE)) == "not_found"
        assert await refusal(self.save(world, actor=UNA)) == "forbidden"
        assert await refusal(self.read(world, person("una", role="user"))) == "forbidden"
        assert await refusal(self.read(world, BOSS, conversation_id=id_of_thread("9999"))) == "not_found"
