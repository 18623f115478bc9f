from services.ai.domain.wording import phrase
from services.ai.use_cases.draft_reply import DraftReply
from tests.unit.ai.conversations import asked, known
from tests.unit.ai.in_memory import InMemoryKnowledge


async def test_a_suggestion_quotes_the_best_public_passage_whatever_the_confidence() -> None:
    suggestion = await DraftReply(await known())(asked("Do glass things crack?"))

    assert suggestion.found
    assert suggestion.text == "Lids are made of glass."
    assert suggestion.citations[0].document_id == "lids"
    assert suggestion.confidence < 0.81
    assert suggestion.background == ()


async def test_internal_passages_are_shown_to_the_agent_but_not_drafted() -> None:
    suggestion = await DraftReply(await known())(
        asked("Is there a discount on shipping for loyal customers?")
    )

    assert suggestion.found
    assert "20 percent" not in suggestion.text
    assert [one.document_id for one in suggestion.background] == ["loyalty discount"]


async def test_with_internal_passages_alone_nothing_is_drafted() -> None:
    suggestion = await DraftReply(await known())(asked("loyal customers discount"))

    assert not suggestion.found
    assert suggestion.text == phrase("nothing_to_suggest", "en")
    assert suggestion.background


async def test_nothing_found_is_said_in_the_contacts_language() -> None:
    suggestion = await DraftReply(InMemoryKnowledge())(asked("Wo ist mein Paket?"))

    assert (suggestion.found, suggestion.unavailable, suggestion.confidence) == (False, False, 0.0)
    assert suggestion.text == phrase("nothing_to_suggest", "de")


async def test_an_engine_that_is_away_is_marked_as_such() -> None:
    knowledge = InMemoryKnowledge()
    knowledge.is_down = True

    suggestion = await DraftReply(knowledge)(asked("Where is my parcel?"))

    assert (suggestion.found, suggestion.unavailable) == (False, True)
    assert suggestion.text == phrase("suggestions_off", "en")


async def test_another_suggestion_is_taken_from_another_passage_as_long_as_there_is_one() -> None:
    propose = DraftReply(await known())
    question = asked("How much is shipping and are lids made of glass?")
    first = await propose(question)
    second = await propose(question, avoid=first.text)
    assert second.text != first.text
    alone = asked("Do glass things crack?")
    only = await propose(alone)
    assert (await propose(alone, avoid=only.text)).found
