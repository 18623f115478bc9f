"""Rows that are written once: always what a view of the conversation, for this viewer, would say."""

from typing import Any

from hypothesis import given

from libs.contracts.conversation import ConversationView
from libs.contracts.reading import ConversationPage
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.rows import MOST_VIEWERS, Row, Viewer, written_page
from services.conversation.use_cases.views import view_of
from tests.unit.conversation.making import CONTACT, agent, conversation, draft, moment
from tests.unit.conversation.test_available_actions import CALLERS, STATES


def in_state(state: dict[str, Any]) -> Conversation:
    one = conversation()
    one.receive(draft("text-1", content='Grüße, "Mira" \u2028 and \\ more'), CONTACT, wants_answer=False)
    for name in ("status", "status_before_archive", "assignee_id", "department", "requester_id"):
        setattr(one, name, state[name])
    one.snoozed_until = moment(60) if state["snoozed"] else None
    return one


@given(state=STATES)
def test_a_row_says_what_the_view_says_to_each_viewer_and_again(state: dict[str, Any]) -> None:
    one = in_state(state)
    row = Row(one)
    for actor in [*CALLERS.values(), *CALLERS.values()]:
        written = ConversationView.model_validate_json(row.written_for(Viewer(actor)))
        assert written == view_of(one, actor)


def test_somebody_who_changed_departments_is_another_viewer() -> None:
    one = conversation()
    one.department = "HR"
    row = Row(one)
    before = ConversationView.model_validate_json(row.written_for(Viewer(agent("ana", "IT"))))
    after = ConversationView.model_validate_json(row.written_for(Viewer(agent("ana", "HR"))))
    assert (before.available_actions, bool(after.available_actions)) == ((), True)


def test_a_row_remembers_a_bounded_number_of_viewers() -> None:
    row = Row(conversation())
    for number in range(2 * MOST_VIEWERS + 1):
        row.written_for(Viewer(agent(f"agent-{number}", "IT")))
    assert len(row._actions) <= MOST_VIEWERS


def test_a_page_is_written_as_its_model_writes_it() -> None:
    viewer = Viewer(agent("ana", "IT"))
    several = [conversation(f"000{number}", session_id=f"tg:{number}") for number in range(3)]
    several[0].subject = '"items":[]'
    for shown in ([], several):
        views = tuple(view_of(one, viewer.actor) for one in shown)
        whole = ConversationPage(items=views, page=2, page_size=20, total=47, next_cursor="WyJkZXNjIl0=")
        frame = whole.model_copy(update={"items": ()})
        written = written_page(frame, [Row(one) for one in shown], viewer)
        assert ConversationPage.model_validate_json(written.json) == whole
