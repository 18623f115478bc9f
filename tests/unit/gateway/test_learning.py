"""What a chatbot learnt, over REST."""

from libs.contracts.chatbots import ChatbotView
from libs.contracts.learning import DecidePhrasing, LearningView, ListPhrasings, PhrasingPage
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ANA
from tests.unit.gateway.test_documents import ADA

CHATBOT = "/api/v1/chatbots/bot-1"


async def test_phrasings_are_listed_approved_and_revoked_by_administrators(site: Site) -> None:
    site.queries.result = ChatbotView(id="bot-1", name="Kettle").model_dump(mode="json")
    site.knowledge.answer = PhrasingPage(items=())
    listed = await site.client.get(f"{CHATBOT}/phrasings?state=waiting", headers=site.bearer(ADA))
    assert (listed.status_code, listed.json()["items"]) == (200, [])
    query = site.knowledge.asked[-1][1]
    assert isinstance(query, ListPhrasings)
    assert query.state == "waiting"
    for verb, state in (("approve", "approved"), ("revoke", "revoked")):
        path = f"{CHATBOT}/documents/lids/phrasings/abc/{verb}"
        done = await site.client.post(path, headers=site.bearer(ADA))
        assert (done.status_code, done.json()["state"]) == (200, state)
        command = site.knowledge.carried_out[-1][2]
        assert isinstance(command, DecidePhrasing)
        assert (command.document_id, command.phrasing_id, command.state) == ("lids", "abc", state)
        assert (await site.client.post(path, headers=site.bearer(ANA))).status_code == 403
    assert (
        await site.client.get(f"{CHATBOT}/phrasings?state=x", headers=site.bearer(ADA))
    ).status_code == 400


async def test_how_answers_fared_is_told_to_administrators(site: Site) -> None:
    site.queries.result = ChatbotView(id="bot-1", name="Kettle").model_dump(mode="json")
    site.knowledge.answer = LearningView(suggestions={}, answers=3, endings={}, in_favour=2, against=1)
    seen = await site.client.get(f"{CHATBOT}/learning", headers=site.bearer(ADA))
    assert (seen.status_code, seen.json()["answers"]) == (200, 3)
    assert (await site.client.get(f"{CHATBOT}/learning", headers=site.bearer(ANA))).status_code == 403
