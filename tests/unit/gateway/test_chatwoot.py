from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.contracts.platform_console import ThereStatus
from libs.contracts.vocabulary import Channel, MessageKind, ReceiptKind
from services.gateway.domain.chatwoot import Chatwoot
from services.gateway.domain.chatwoot_messages import OUR_ID
from services.gateway.domain.inbound import Inbound, Reading, SettledThere, TakenOver, TypingThere
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.webhooks import Post
from tests.unit.gateway.channel_samples import CHATWOOT, connection, escaped, only, read, said, signed, talk
from tests.unit.gateway.samples import WHEN

CHANNEL = Chatwoot()
SECRET = "chatwoot-secret"


def event(body: dict[str, Any], **settings: Any) -> Reading:
    return read(CHANNEL, CHATWOOT.model_copy(update={"settings": settings}), body)


def message(**fields: Any) -> Inbound:
    return only(event(said(**fields)))


def test_a_text_names_its_conversation_its_contact_and_where_an_answer_goes():
    found = message(source_id="wamid.1")
    assert (found.kind, found.content) == (MessageKind.TEXT, "Where is my parcel?")
    assert (found.session_id, found.target) == ("cw:3:77", "3/77")
    assert (found.external_id, found.delivery_id) == ("9101", "message_created:9101")
    assert found.other_ids == ("wamid.1",)
    assert (found.author.alias, found.author.name, found.author.email) == (
        "3:501",
        "Jo Wren",
        "jo@sample.test",
    )
    assert found.expects_answer
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-08-04T07:00:00.120000+00:00"


def test_numbers_are_taken_where_newer_versions_have_words():
    found = message(message_type=0, created_at=1785826800)
    assert found.sent_at is not None
    assert found.sent_at.timestamp() == 1785826800
    assert found.author.alias == "3:501"


FILE = {"id": 1, "file_type": "image", "data_url": "https://desk.test/rails/lid.png?x=1", "file_size": 8}


@pytest.mark.parametrize(
    ("fields", "kind", "text", "files"),
    [
        ({"attachments": [FILE]}, MessageKind.IMAGE, "Where is my parcel?", 1),
        ({"content": None, "attachments": [FILE | {"file_type": "audio"}]}, MessageKind.AUDIO, "", 1),
        ({"content": None, "attachments": [FILE | {"file_type": "video"}]}, MessageKind.VIDEO, "", 1),
        ({"content": None, "attachments": [FILE | {"file_type": "file"}, FILE]}, MessageKind.DOCUMENT, "", 2),
        ({"content": None, "attachments": [FILE | {"file_type": "novel"}]}, MessageKind.DOCUMENT, "", 1),
        (
            {
                "content": None,
                "attachments": [
                    {
                        "file_type": "location",
                        "coordinates_lat": 48.1,
                        "coordinates_long": 11.5,
                        "fallback_title": "Shop",
                    }
                ],
            },
            MessageKind.LOCATION,
            "Shop\n48.1,11.5",
            0,
        ),
        (
            {"content": None, "attachments": [{"file_type": "contact", "fallback_title": "+49155"}]},
            MessageKind.CONTACT,
            "+49155",
            0,
        ),
        (
            {"content": None, "attachments": [{"file_type": "fallback"}]},
            MessageKind.UNSUPPORTED,
            "[fallback]",
            0,
        ),
        ({"content": None}, MessageKind.UNSUPPORTED, "[unsupported]", 0),
        ({"content": None, "attachments": ["x"]}, MessageKind.UNSUPPORTED, "[unsupported]", 0),
        (
            {"content_attributes": {"is_unsupported": True}, "content": None},
            MessageKind.UNSUPPORTED,
            "[unsupported]",
            0,
        ),
        ({"content_type": "sticker", "content": None, "attachments": [FILE]}, MessageKind.STICKER, "", 1),
        ({"content_type": "incoming_email"}, MessageKind.EMAIL, "Where is my parcel?", 0),
    ],
)
def test_each_content_has_its_neutral_kind(fields: dict[str, Any], kind: MessageKind, text: str, files: int):
    found = message(**fields)
    assert (found.kind, found.content, len(found.attachments)) == (kind, text, files)


def test_a_file_is_named_by_its_address():
    (file,) = message(attachments=[FILE]).attachments
    assert (file.reference, file.filename, file.size) == (FILE["data_url"], "lid.png", 8)


def test_a_reply_names_the_message_that_it_answers():
    assert message(content_attributes={"in_reply_to": 9100}).reply_to == "9100"


@pytest.mark.parametrize(
    ("status", "assignee", "settings", "answered"),
    [
        ("pending", None, {}, True),
        ("open", None, {}, False),
        ("open", None, {"answer_open": True}, True),
        ("open", {"id": 8}, {"answer_open": True}, False),
        ("pending", {"id": 8}, {}, True),
        ("resolved", None, {}, False),
        (None, None, {}, False),
    ],
)
def test_the_bot_answers_where_the_conversation_is_its_own(
    status: Any, assignee: Any, settings: dict[str, Any], answered: bool
):
    body = said(conversation=talk(status=status, meta={"assignee": assignee}))
    assert only(event(body, **settings)).expects_answer is answered


def test_a_deleted_message_is_a_deletion():
    found = message(event="message_updated", content_attributes={"deleted": True}, content="deleted")
    assert (found.kind, found.content, found.reply_to) == (MessageKind.DELETE, "", "9101")
    assert (found.external_id, found.expects_answer) == ("9101:deleted", False)


def test_a_changed_message_is_an_edit_each_time_it_changes():
    one, two = (message(event="message_updated", content=text) for text in ("a", "b"))
    assert (one.kind, one.content, one.reply_to) == (MessageKind.EDIT, "a", "9101")
    assert one.delivery_id != two.delivery_id


SELECT = {
    "event": "message_updated",
    "id": 9105,
    "message_type": "outgoing",
    "content": "Pick one",
    "content_type": "input_select",
    "sender": {"id": 2, "name": "Helper", "type": "agent_bot"},
}


def test_a_choice_is_a_button_pressed_by_the_contact():
    values = [{"title": "Refund", "value": "refund"}]
    found = message(**SELECT, content_attributes={"submitted_values": values})
    assert (found.kind, found.content, found.payload) == (MessageKind.BUTTON, "Refund", "refund")
    assert (found.reply_to, found.author.alias) == ("9105", "3:501")
    assert found.expects_answer


def test_a_form_is_written_out():
    values = [{"name": "Size", "value": 42}, {"value": "x"}, {"name": "Note", "value": []}]
    found = message(**SELECT | {"content_type": "form"}, content_attributes={"submitted_values": values})
    assert (found.kind, found.content) == (MessageKind.FORM, "Size: 42\nx\nNote: ")


def test_a_contact_that_nobody_names_is_somebody_of_the_conversation():
    body = said(sender=None, conversation=talk(meta={}, contact_inbox={"contact_id": 501}))
    assert only(event(body)).author.alias == "3:501"
    body = said(sender=None, conversation=talk(meta={}, contact_inbox=None))
    assert only(event(body)).author.alias == "3:conversation-77"


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        ("delivered", ReceiptKind.DELIVERED, None),
        ("read", ReceiptKind.READ, None),
        ("failed", ReceiptKind.FAILED, "chatwoot_failed"),
    ],
)
def test_what_became_of_ours_is_a_receipt(status: str, kind: ReceiptKind, error: str | None):
    nested = {"id": 9106, "status": status, "account_id": 3}
    body = said(
        event="message_updated",
        id=9106,
        message_type="outgoing",
        content_attributes={"external_error": "no"},
        conversation=talk(messages=[nested]),
    )
    (receipt,) = event(body).receipts
    assert (receipt.external_id, receipt.kind, receipt.error) == ("9106", kind, error)
    assert receipt.detail == ("no" if error else None)


@pytest.mark.parametrize(
    "messages", [[], ["x"], [{"id": 9106, "status": "sent"}], [{"id": 1, "status": "read"}]]
)
def test_what_says_nothing_new_about_ours_is_nothing(messages: list[Any]):
    body = said(
        event="message_updated", id=9106, message_type="outgoing", conversation=talk(messages=messages)
    )
    assert event(body) == Reading()


ANA = {"id": 8, "name": "Ana", "type": "user"}
WRITTEN_THERE: dict[str, Any] = {"message_type": "outgoing", "sender": ANA}


def test_what_a_person_writes_there_is_theirs_and_its_contact_the_conversations():
    (reply,) = event(said(**WRITTEN_THERE, content_attributes={"in_reply_to": 9100})).console_replies
    assert (reply.session_id, reply.target, reply.external_id) == ("cw:3:77", "3/77", "9101")
    assert (reply.writer.alias, reply.writer.name) == ("3:user:8", "Ana")
    assert (reply.contact.alias, reply.contact.name) == ("3:501", "Jo Wren")
    assert (reply.kind, reply.content, reply.reply_to) == (MessageKind.TEXT, "Where is my parcel?", "9100")


@pytest.mark.parametrize("sender", [{"id": 8, "type": "user"}, {"id": 2, "type": "agent_bot"}])
def test_our_own_message_told_back_is_a_receipt_whoever_s_token_it_came_with(sender: dict[str, Any]):
    marked = {"content_attributes": {OUR_ID: "m-1"}, "message_type": "outgoing", "sender": sender}
    found = event(said(**marked))
    (receipt,) = found.receipts
    assert (receipt.kind, receipt.external_id, receipt.reference) == (ReceiptKind.SENT, "9101", "m-1")
    assert not found.console_replies


@pytest.mark.parametrize(
    "fields",
    [
        {"message_type": "outgoing", "sender": {"id": 2, "type": "agent_bot"}},
        {"message_type": "outgoing", "sender": None},
        {"message_type": "template"},
        {"message_type": "activity"},
        {"message_type": 2},
        {"message_type": 9},
        {"private": True},
        {"private": True, "event": "message_updated"},
        {"message_type": "outgoing", "event": "message_updated"},
        {"event": "conversation_created"},
        {"event": "conversation_typing_on", "is_private": True},
        {"event": "contact_updated"},
        {"event": "webwidget_triggered"},
    ],
)
def test_echoes_notes_and_news_are_nothing(fields: dict[str, Any]):
    assert event(said(**fields)) == Reading()


def changed(**fields: Any) -> dict[str, Any]:
    moved = [{"status": {"previous_value": "pending", "current_value": "open"}}]
    body = {
        "event": "conversation_status_changed",
        "account": {"id": 3},
        "changed_attributes": moved,
        "updated_at": 1785827000.5,
    }
    return talk(**body, **fields)


AT = datetime(2026, 8, 4, 7, 3, 20, 500_000, tzinfo=UTC)
TOLD = "1785827000.5"


def before(status: str) -> list[dict[str, Any]]:
    return [{"status": {"previous_value": status}}]


def test_a_conversation_that_people_take_is_told():
    body = changed(status="open", meta={"assignee": {"id": 8, "name": "Ana"}})
    took = TakenOver("cw:3:77", "3/77", f"status:3:77:open:{TOLD}", "Ana", AT)
    assert event(body).taken_over == (took,)
    assert event(body | {"changed_attributes": before("resolved")}).taken_over == (took,)
    others = [{"assignee_id": {"previous_value": None}}, *before("resolved")]
    assert event(body | {"changed_attributes": others}).taken_over == (took,)
    (unsaid,) = event(body | {"changed_attributes": None, "meta": None, "updated_at": None}).taken_over
    assert (unsaid.by, unsaid.at) == ("", None)


def test_where_every_conversation_is_open_one_that_nobody_is_assigned_is_the_bots():
    assert event(changed(status="open"), answer_open=True) == Reading()
    assert event(changed(status="open", meta={"assignee": {"id": 8}}), answer_open=True).taken_over


def test_a_conversation_that_is_settled_there_or_given_back_is_told():
    body = changed(status="resolved", meta={"assignee": {"name": "Ana"}})
    settled = SettledThere("cw:3:77", f"status:3:77:resolved:{TOLD}", ThereStatus.RESOLVED, "Ana", AT)
    assert event(body).settled == (settled,)
    (back,) = event(changed(status="pending") | {"changed_attributes": before("open")}).settled
    assert back.status is ThereStatus.BOT


@pytest.mark.parametrize(
    ("kind", "status"), [("conversation_opened", "open"), ("conversation_resolved", "resolved")]
)
def test_an_agent_bot_is_told_the_same_in_other_words(kind: str, status: str):
    found = event(changed(status=status) | {"event": kind, "changed_attributes": None})
    assert bool(found.taken_over) is (status == "open")
    assert bool(found.settled) is (status == "resolved")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "pending"},
        # The contact's next message made it so, not a person.
        {"status": "pending", "changed_attributes": before("resolved")},
        {"status": "snoozed"},
        {"status": None},
        {"status": "open", "changed_attributes": before("open")},
    ],
)
def test_other_changes_of_status_are_nothing(fields: dict[str, Any]):
    assert event(changed() | fields) == Reading()


@pytest.mark.parametrize(
    ("user", "by_contact", "name"),
    [
        ({"id": 501, "name": "Jo"}, True, "Jo"),
        (ANA, False, "Ana"),
        (None, True, ""),
    ],
)
def test_who_is_writing_there_is_told(user: Any, by_contact: bool, name: str):
    body = {"event": "conversation_typing_on", "user": user, "conversation": talk(), "is_private": False}
    (typing,) = event(body).typing
    assert typing == TypingThere("cw:3:77", True, by_contact, name)
    (stopped,) = event(body | {"event": "conversation_typing_off"}).typing
    assert not stopped.typing


def test_the_account_is_bound_to_the_connection():
    with pytest.raises(UnreadableError, match="account is not the connection's"):
        event(said(), account_id=4)
    assert only(event(said(), account_id="3")).session_id == "cw:3:77"
    older = said(account=None)
    assert only(event(older)).session_id == "cw:3:77"
    silent = said(account=None, conversation=talk(messages=[]))
    assert only(event(silent, account_id=3)).session_id == "cw:3:77"
    for nested in ([], ["x"]):
        with pytest.raises(UnreadableError, match="account is not named"):
            event(said(account=None, conversation=talk(messages=nested)))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "weather"},
        {"event": ["message_created"]},
        said(id=None),
        said(conversation=None),
        said(conversation={}),
        said(content=7),
    ],
)
def test_what_is_not_chatwoots_is_unreadable(body: dict[str, Any]):
    with pytest.raises(UnreadableError):
        event(body)


# --- authenticity ---------------------------------------------------------------------------------------

BODY = escaped(said())
STAMP = str(int(WHEN.timestamp()))
SIGNATURE = signed(SECRET, f"{STAMP}.".encode() + BODY)


def refusal(
    signature: str | None = SIGNATURE,
    stamp: str | None = STAMP,
    *,
    body: bytes = BODY,
    secret: str | None = SECRET,
    below: str = "",
    **settings: Any,
) -> str | None:
    given = {"x-chatwoot-signature": signature, "x-chatwoot-timestamp": stamp}
    headers = {name: value for name, value in given.items() if value is not None}
    return CHANNEL.refusal(Post(WHEN, headers, below, body), connection(Channel.CHATWOOT, secret, **settings))


def stamped(moment: str, secret: str = SECRET) -> str:
    return signed(secret, f"{moment}.".encode() + BODY)


def test_the_right_signature_opens_within_five_minutes():
    assert refusal() is None
    for off in (-299, 299):
        moment = str(int((WHEN + timedelta(seconds=off)).timestamp()))
        assert refusal(stamped(moment), moment) is None


@pytest.mark.parametrize("off", [-301, 301, -86_400 * 365])
def test_what_is_replayed_later_is_refused(off: int):
    moment = str(int((WHEN + timedelta(seconds=off)).timestamp()))
    assert refusal(stamped(moment), moment) is not None


@pytest.mark.parametrize("moment", ["", "now", "-1", "1e9", "9" * 400, "٣"])
def test_a_time_that_is_none_is_refused(moment: str):
    assert refusal(stamped(moment), moment) is not None


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        SIGNATURE[:-1],
        SIGNATURE[:30],
        SIGNATURE.upper(),
        "sha256=" + SIGNATURE[7:].upper(),
        SIGNATURE.removeprefix("sha256="),
        stamped(STAMP, "another"),
        signed(SECRET, BODY),
        stamped("1"),
    ],
)
def test_any_other_signature_is_refused(signature: str | None):
    assert refusal(signature) is not None


def test_another_body_or_no_time_is_refused():
    assert refusal(body=BODY + b" ") is not None
    assert refusal(stamp=None) is not None
    assert refusal(signed(SECRET, b"." + BODY), None) is not None


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_everything_is_refused(secret: str | None):
    assert refusal(signed("", f"{STAMP}.".encode() + BODY), secret=secret) is not None
    assert refusal(None, None, secret=secret, unsigned=True) is not None


def test_a_version_that_does_not_sign_names_the_secret_in_its_path():
    assert refusal(None, None, below=SECRET, unsigned=True) is None
    for below in ("", SECRET[:-1], SECRET.upper(), f"{SECRET}/x"):
        assert refusal(None, None, below=below, unsigned=True) is not None
    assert refusal(None, None, below=SECRET) is not None
    assert refusal(stamped(STAMP, "another"), below=SECRET, unsigned=True) is not None


def test_there_is_no_handshake():
    assert CHANNEL.challenge({}, CHATWOOT) is None
