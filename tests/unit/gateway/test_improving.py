"""An agent's draft on its way to the AI service and back."""

from libs.contracts.ai import ChatbotProfile
from libs.contracts.conversation import Sender
from libs.contracts.improving import ImprovedDraft, ImproveDraft, Remark
from libs.contracts.reading import ConversationThread
from libs.contracts.vocabulary import SenderKind
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import REQUESTER, conversation, message, view

CONVERSATION = conversation()
ADDRESS = f"/api/v1/conversations/{CONVERSATION.id}/improve"


async def test_a_draft_goes_to_the_ai_with_its_conversation_and_comes_back(site: Site) -> None:
    asked = message(CONVERSATION, 1, "What does shipping cost?").model_copy(
        update={"sender": Sender(kind=SenderKind.CONTACT, id="mira")}
    )
    answered = message(CONVERSATION, 2, "One moment")
    site.book.thread_answer = ConversationThread(
        conversation=view(CONVERSATION), messages=(asked, answered), timeline=()
    )
    profile = ChatbotProfile(id="bot-1", name="Kettle", instructions="Be kind.")
    site.queries.result = profile.model_dump(mode="json")
    remarks = (Remark(kind="tone", text="Very short."),)
    site.knowledge.answer = ImprovedDraft(improved="It costs 4.90.", remarks=remarks, engine="rules")

    answer = await site.client.post(ADDRESS, json={"draft": "4.90\0"}, headers=site.bearer())

    assert answer.status_code == 200, answer.text
    assert answer.json() == site.knowledge.answer.model_dump(mode="json")
    ((account, query),) = site.knowledge.asked
    assert account == CONVERSATION.account_id
    assert isinstance(query, ImproveDraft)
    assert (query.draft, query.contact_name) == ("4.90", CONVERSATION.contact.name)
    assert query.chatbot == profile
    assert [(turn.role, turn.text) for turn in query.turns] == [
        ("contact", "What does shipping cost?"),
        ("agent", "One moment"),
    ]


async def test_a_conversation_that_is_not_seen_a_blank_draft_and_a_requester_are_refused(site: Site) -> None:
    unseen = await site.client.post(ADDRESS, json={"draft": "Hi"}, headers=site.bearer())
    blank = await site.client.post(ADDRESS, json={"draft": " \0 "}, headers=site.bearer())
    requester = await site.client.post(ADDRESS, json={"draft": "Hi"}, headers=site.bearer(REQUESTER))
    assert (unseen.status_code, blank.status_code, requester.status_code) == (404, 422, 403)
    assert site.knowledge.asked == []
