from typing import Any

import pytest

from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel, MessageKind, ReceiptKind
from services.gateway.domain.inbound import Inbound, Moved, Receipt
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.webhooks import Post
from services.gateway.domain.whatsapp import WhatsApp
from tests.unit.gateway.channel_samples import (
    APP_SECRET,
    INES,
    WHATSAPP,
    connection,
    escaped,
    only,
    read,
    signed,
    value,
    whatsapp,
    wrote,
)
from tests.unit.gateway.samples import WHEN

CHANNEL = WhatsApp()


def message(**fields: Any) -> Inbound:
    kind = fields.pop("kind", "text")
    return only(read(CHANNEL, WHATSAPP, whatsapp(value(messages=[wrote(kind, **fields)]))))


def test_a_text_names_its_thread_its_sender_and_where_an_answer_goes():
    found = message(text={"body": "Olá, chegou?"}, from_user_id="PT.90017")
    assert (found.kind, found.content) == (MessageKind.TEXT, "Olá, chegou?")
    assert (found.session_id, found.target) == ("wa:351910000001", "351910000001")
    assert (found.external_id, found.delivery_id, found.number) == ("wamid.A1", "wamid.A1", "70001")
    assert (found.author.alias, found.author.name) == ("351910000001", "Ines")
    assert (found.author.aliases, found.author.phone) == (("PT.90017",), "+351910000001")
    assert found.references == ("wa:351910000001", "wa:PT.90017")
    assert found.expects_answer
    assert found.sent_at is not None
    assert found.sent_at.timestamp() == 1786000001


FILE = {"id": "600100", "mime_type": "image/jpeg", "sha256": "q1Z="}


@pytest.mark.parametrize(
    ("kind", "fields", "neutral", "text", "reference"),
    [
        ("image", {"image": FILE | {"caption": "foto"}}, MessageKind.IMAGE, "foto", "600100"),
        ("video", {"video": FILE}, MessageKind.VIDEO, "", "600100"),
        ("document", {"document": FILE | {"filename": "a.pdf"}}, MessageKind.DOCUMENT, "", "600100"),
        ("audio", {"audio": FILE | {"voice": True}}, MessageKind.VOICE, "", "600100"),
        ("audio", {"audio": FILE}, MessageKind.AUDIO, "", "600100"),
        ("sticker", {"sticker": FILE | {"animated": False}}, MessageKind.STICKER, "", "600100"),
        (
            "location",
            {"location": {"latitude": 38.72, "longitude": -9.14, "name": "Loja", "address": "Rua 1"}},
            MessageKind.LOCATION,
            "Loja\nRua 1\n38.72,-9.14",
            None,
        ),
        (
            "location",
            {"location": {"latitude": "38.72", "longitude": " -9.14"}},
            MessageKind.LOCATION,
            "38.72,-9.14",
            None,
        ),
        (
            "contacts",
            {
                "contacts": [
                    {
                        "name": {"formatted_name": "Rui P"},
                        "phones": [{"phone": "+351 910 000 009"}, "?", {"type": "CELL"}],
                        "emails": [{"email": "rui@sample.test"}],
                    },
                    {"name": {"first_name": "Eva", "last_name": "M"}, "phones": [{"wa_id": "351910"}]},
                    {},
                    7,
                ]
            },
            MessageKind.CONTACT,
            "Rui P +351 910 000 009 rui@sample.test\nEva M 351910\n",
            None,
        ),
        (
            "interactive",
            {"interactive": {"type": "button_reply", "button_reply": {"id": "confirm:12", "title": "Sim"}}},
            MessageKind.BUTTON,
            "Sim",
            None,
        ),
        (
            "interactive",
            {"interactive": {"type": "list_reply", "list_reply": {"id": "slot-3", "title": "10:00"}}},
            MessageKind.BUTTON,
            "10:00",
            None,
        ),
        (
            "interactive",
            {"interactive": {"type": "button_reply", "button_reply": {"id": "confirm:12"}}},
            MessageKind.BUTTON,
            "confirm:12",
            None,
        ),
        (
            "interactive",
            {
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"a":1}'},
                }
            },
            MessageKind.FORM,
            'Sent\n{"a":1}',
            None,
        ),
        (
            "interactive",
            {"interactive": {"type": "call_permission_reply"}},
            MessageKind.UNSUPPORTED,
            "[call_permission_reply]",
            None,
        ),
        ("interactive", {}, MessageKind.UNSUPPORTED, "[unsupported]", None),
        (
            "button",
            {"button": {"payload": "STOP_NEWS", "text": "Parar"}},
            MessageKind.BUTTON,
            "Parar",
            None,
        ),
        (
            "order",
            {
                "order": {
                    "text": "please",
                    "product_items": [
                        {"product_retailer_id": "k-1", "quantity": 2, "item_price": 9.5, "currency": "EUR"},
                        {"item_price": [], "currency": None},
                    ],
                }
            },
            MessageKind.ORDER,
            "please\n2 x k-1 9.5 EUR\n1 x ?",
            None,
        ),
        (
            "unsupported",
            {"errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
            MessageKind.UNSUPPORTED,
            "[poll]",
            None,
        ),
        ("unsupported", {"errors": [{"code": 131051}]}, MessageKind.UNSUPPORTED, "[unsupported]", None),
    ],
)
def test_each_type_has_its_neutral_kind(
    kind: str, fields: dict[str, Any], neutral: MessageKind, text: str, reference: str | None
):
    found = message(kind=kind, **fields)
    assert (found.kind, found.content) == (neutral, text)
    assert [one.reference for one in found.attachments] == ([reference] if reference else [])
    assert found.expects_answer


def test_a_file_has_its_name_type_and_size():
    given = FILE | {"filename": "fatura.pdf", "mime_type": "application/pdf", "file_size": 90}
    (file,) = message(kind="document", document=given).attachments
    assert (file.filename, file.content_type, file.size) == ("fatura.pdf", "application/pdf", 90)
    (file,) = message(kind="document", document=FILE | {"file_size": -1}).attachments
    assert file.size is None


def test_what_a_button_stands_for_goes_beside_what_was_seen():
    chosen = {"type": "button_reply", "button_reply": {"id": "confirm:12", "title": "Confirmar"}}
    found = message(
        kind="interactive", interactive=chosen, context={"from": "4930555010", "id": "wamid.OUT2"}
    )
    assert (found.payload, found.reply_to) == ("confirm:12", "wamid.OUT2")


def test_a_reply_names_the_message_that_it_answers_and_a_forward_says_so():
    assert message(text={"body": "sim"}, context={"id": "wamid.OUT1"}).reply_to == "wamid.OUT1"
    for word in ("forwarded", "frequently_forwarded"):
        found = message(text={"body": "look"}, context={word: True})
        assert found.forwarded
        assert found.reply_to is None


@pytest.mark.parametrize(
    ("kind", "fields", "neutral", "text", "about"),
    [
        (
            "reaction",
            {"reaction": {"message_id": "wamid.OUT2", "emoji": "👍"}},
            MessageKind.REACTION,
            "👍",
            "wamid.OUT2",
        ),
        (
            "reaction",
            {"reaction": {"message_id": "wamid.OUT2", "emoji": ""}},
            MessageKind.REACTION_REMOVED,
            "",
            "wamid.OUT2",
        ),
        (
            "reaction",
            {"reaction": {"message_id": "wamid.OUT2"}},
            MessageKind.REACTION_REMOVED,
            "",
            "wamid.OUT2",
        ),
        (
            "edit",
            {
                "edit": {
                    "original_message_id": "wamid.A0",
                    "message": {"type": "text", "text": {"body": "já"}},
                }
            },
            MessageKind.EDIT,
            "já",
            "wamid.A0",
        ),
        (
            "edit",
            {"edit": {"original_message_id": "wamid.A0", "message": {"type": "edit"}}},
            MessageKind.EDIT,
            "",
            "wamid.A0",
        ),
        ("revoke", {"revoke": {"original_message_id": "wamid.A0"}}, MessageKind.DELETE, "", "wamid.A0"),
    ],
)
def test_what_is_about_another_message_names_it_and_wants_no_answer(
    kind: str, fields: dict[str, Any], neutral: MessageKind, text: str, about: str
):
    found = message(kind=kind, **fields)
    assert (found.kind, found.content, found.reply_to) == (neutral, text, about)
    assert not found.expects_answer


def test_a_group_is_one_thread_whoever_writes_and_is_answered_when_addressed():
    group = {"group_id": "Y2FwaV9ncm91cDo3MQ", "text": {"body": "alguém?"}}
    found = message(**group)
    assert (found.session_id, found.target) == ("wa:Y2FwaV9ncm91cDo3MQ", "Y2FwaV9ncm91cDo3MQ")
    assert (found.author.alias, found.references) == ("351910000001", ())
    assert not found.expects_answer
    assert not message(**group, context={"from": "351910000002", "id": "wamid.X"}).expects_answer
    assert message(**group, context={"from": "4930555010", "id": "wamid.OUT1"}).expects_answer


def test_a_person_without_a_number_is_known_by_their_user_id():
    zed = {"profile": {"username": "zed.k"}, "user_id": "GB.55120", "parent_user_id": "GB.ENT.9"}
    raw = {
        "from_user_id": "GB.55120",
        "id": "wamid.B7",
        "timestamp": "x",
        "type": "text",
        "text": {"body": "hi"},
    }
    found = only(read(CHANNEL, WHATSAPP, whatsapp(value(contacts=[INES, zed], messages=[raw]))))
    assert (found.session_id, found.target) == ("wa:GB.55120", "GB.55120")
    assert (found.author.alias, found.author.name, found.author.phone) == ("GB.55120", "zed.k", None)
    assert found.author.aliases == ("GB.ENT.9",)
    assert found.sent_at is None


def test_contacts_are_matched_by_id_and_may_be_missing():
    nobody = {"profile": "x", "wa_id": "351910000001"}
    text = wrote("text", text={"body": "hi"})
    for contacts in ([], [nobody], [{"wa_id": "1"}], ["?"]):
        found = only(read(CHANNEL, WHATSAPP, whatsapp(value(contacts=contacts, messages=[text]))))
        assert found.author.name == ""


@pytest.mark.parametrize(
    ("system", "to"),
    [
        ({"type": "user_changed_number", "wa_id": "351910000002"}, "351910000002"),
        ({"type": "customer_changed_number", "wa_id": "351910000002"}, "351910000002"),
        ({"type": "user_changed_user_id", "user_id": "PT.2"}, "PT.2"),
    ],
)
def test_a_changed_number_moves_the_thread(system: dict[str, Any], to: str):
    body = whatsapp(value(messages=[wrote("system", system=system)]))
    reading = read(CHANNEL, WHATSAPP, body)
    assert not reading.messages
    assert reading.moved == (
        Moved("wa:351910000001", f"wa:{to}", to, "wamid.A1", "351910000001", to, "70001"),
    )


def test_what_nobody_wrote_is_nothing():
    quiet = [wrote("system", system={"type": "customer_identity_changed"}), wrote("request_welcome")]
    reading = read(CHANNEL, WHATSAPP, whatsapp(value(messages=quiet)))
    assert not reading.messages
    assert not reading.unread


def test_a_change_of_number_without_a_number_is_kept():
    body = whatsapp(value(messages=[wrote("system", system={"type": "user_changed_number"})]))
    assert read(CHANNEL, WHATSAPP, body).unread == ("a change of number names no number",)


STATUS = {"id": "wamid.OUT2", "timestamp": "1786000019", "recipient_id": "351910000001"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sent", ReceiptKind.SENT),
        ("delivered", ReceiptKind.DELIVERED),
        ("read", ReceiptKind.READ),
        ("played", ReceiptKind.READ),
    ],
)
def test_each_status_is_a_receipt(word: str, kind: ReceiptKind):
    status = STATUS | {"status": word, "biz_opaque_callback_data": "m-77"}
    (receipt,) = read(CHANNEL, WHATSAPP, whatsapp(value(statuses=[status]))).receipts
    assert (receipt.external_id, receipt.kind, receipt.reference) == ("wamid.OUT2", kind, "m-77")
    assert receipt.delivery_id == f"wamid.OUT2:{word}:351910000001:"
    assert (receipt.recipient, receipt.error, receipt.number) == ("351910000001", None, "70001")


@pytest.mark.parametrize(
    ("errors", "code", "detail"),
    [
        (
            [{"code": 131047, "title": "t", "error_data": {"details": "window closed"}}],
            "window_closed",
            "window closed",
        ),
        ([{"code": 131026, "message": "Undeliverable"}], "whatsapp_131026", "Undeliverable"),
        ([{"code": 1, "error_data": "plain"}], "whatsapp_1", "plain"),
        ([{"title": "only"}], "whatsapp_failed", "only"),
        ([], "whatsapp_failed", None),
    ],
)
def test_a_failure_says_why(errors: list[Any], code: str, detail: str | None):
    status = STATUS | {"status": "failed", "errors": errors}
    (receipt,) = read(CHANNEL, WHATSAPP, whatsapp(value(statuses=[status]))).receipts
    assert (receipt.kind, receipt.error, receipt.detail) == (ReceiptKind.FAILED, code, detail)


def test_each_member_of_a_group_gives_a_receipt_of_their_own():
    def status(member: str) -> dict[str, Any]:
        return STATUS | {"status": "read", "recipient_type": "group", "recipient_participant_id": member}

    reading = read(CHANNEL, WHATSAPP, whatsapp(value(statuses=[status("1"), status("2")])))
    assert len({receipt.delivery_id for receipt in reading.receipts}) == 2


def test_one_post_may_hold_anything_of_any_number():
    one = value(
        messages=[wrote("text", text={"body": "a"}), wrote("text", id="wamid.A2", text={"body": "b"})]
    )
    two = value(
        number="70002",
        messages=[wrote("text", id="wamid.A3", text={"body": "c"})],
        statuses=[STATUS | {"status": "sent"}, STATUS | {"status": "delivered"}],
    )
    body = whatsapp(one, two)
    body["entry"].append(
        {"id": "88002", "changes": whatsapp(value(messages=[wrote("nonsense")]))["entry"][0]["changes"]}
    )
    reading = read(CHANNEL, WHATSAPP, body)
    assert [(m.content, m.number) for m in reading.messages] == [
        ("a", "70001"),
        ("b", "70001"),
        ("c", "70002"),
        ("[nonsense]", "70001"),
    ]
    assert [r.kind for r in reading.receipts] == [ReceiptKind.SENT, ReceiptKind.DELIVERED]
    assert reading.unread == ("a message of a type that is not known",)


TEXT = {"text": {"body": "hi"}}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (whatsapp(value(messages=[{"type": "text"}])), "id is not an id"),
        (whatsapp(value(messages=[wrote("text", text=7)])), "text is not an object"),
        (whatsapp(value(messages=[wrote("text", text={"body": 7})])), "body is not text"),
        (whatsapp(value(messages=[wrote("image", image={"id": ""})])), "id is not an id"),
        (whatsapp(value(messages=[wrote("contacts", contacts=[])])), "contacts is not a list of people"),
        (
            whatsapp(value(messages=[wrote("location", location={"latitude": 91, "longitude": 0})])),
            "latitude is not a coordinate",
        ),
        (
            whatsapp(value(messages=[wrote("location", location={"latitude": "north", "longitude": 0})])),
            "latitude is not a coordinate",
        ),
        (
            whatsapp(value(messages=[wrote("location", location={"latitude": True, "longitude": 0})])),
            "latitude is not a coordinate",
        ),
        (
            whatsapp(value(messages=[wrote("button", button={})])),
            "a button has neither title nor id",
        ),
        (
            whatsapp(value(messages=[wrote("text", **TEXT) | {"from": None}])),
            "a message names nobody who wrote it",
        ),
        (whatsapp(value(messages=["hi"])), "an item is not an object"),
        (whatsapp(value(messages="hi")), "messages is not a list"),
        (whatsapp(value(statuses={})), "statuses is not a list"),
        (whatsapp(value(statuses=[STATUS | {"status": "eaten"}])), "a status that is not known"),
        (whatsapp(value(errors=[{"code": 130429}])), "the platform reports an error of its own"),
        (whatsapp(value(novelty=1)), "a member of value that is not known"),
        (whatsapp({}, field="weather"), "a field that is not known"),
        ({"object": "whatsapp_business_account", "entry": [{}]}, "an entry has no list of changes"),
        ({"object": "whatsapp_business_account", "entry": [{"changes": [1]}]}, "a change is not an object"),
        (
            {
                "object": "whatsapp_business_account",
                "entry": [{"changes": [{"field": "messages", "value": 1}]}],
            },
            "value is not an object",
        ),
        (
            whatsapp(
                value(
                    messages=[
                        wrote("interactive", interactive={"type": "telepathy"}),
                    ]
                )
            ),
            "a message of a type that is not known",
        ),
        (whatsapp(value(messages=[wrote("text") | {"type": 7}])), "a message of a type that is not known"),
    ],
)
def test_what_cannot_be_read_is_said_and_takes_nothing_from_the_rest(body: dict[str, Any], reason: str):
    good = whatsapp(value(messages=[wrote("text", id="wamid.good", **TEXT)]))["entry"]
    reading = read(CHANNEL, WHATSAPP, body | {"entry": body["entry"] + good})
    assert reading.unread == (reason,)
    assert "wamid.good" in [message.external_id for message in reading.messages]


@pytest.mark.parametrize("field", ["account_update", "calls", "history", "smb_message_echoes"])
def test_what_is_no_conversation_is_nothing(field: str):
    reading = read(CHANNEL, WHATSAPP, whatsapp({"anything": 1}, field=field))
    assert not reading.messages
    assert not reading.unread


@pytest.mark.parametrize(
    "body", [{}, {"object": "page", "entry": []}, {"object": "whatsapp_business_account", "entry": 7}]
)
def test_what_is_not_whatsapps_is_unreadable(body: dict[str, Any]):
    with pytest.raises(UnreadableError):
        read(CHANNEL, WHATSAPP, body)


def test_what_is_no_object_is_refused():
    with pytest.raises(DomainError):
        CHANNEL.read(Post(WHEN, body=b"[]"), WHATSAPP)


def test_an_id_that_is_too_long_stays_its_own():
    first, second = (message(id=f"wamid.{'x' * 400}{end}", **TEXT) for end in "ab")
    assert len(first.external_id) == 256
    assert first.external_id != second.external_id


# --- authenticity ---------------------------------------------------------------------------------------

BODY = escaped(whatsapp(value(messages=[wrote("text", text={"body": "Olá"})])))
RIGHT = signed(APP_SECRET, BODY)


def refusal(signature: str | None, body: bytes = BODY, secret: str | None = APP_SECRET) -> str | None:
    headers = {} if signature is None else {"x-hub-signature-256": signature}
    return CHANNEL.refusal(Post(WHEN, headers, body=body), connection(Channel.WHATSAPP, secret))


def test_the_right_signature_opens():
    assert refusal(RIGHT) is None


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        RIGHT[:-1],
        RIGHT[:20],
        RIGHT + "0",
        RIGHT.upper(),
        "sha256=" + RIGHT[7:].upper(),
        RIGHT.removeprefix("sha256="),
        f" {RIGHT}",
        "sha1=" + RIGHT[7:47],
        signed("another-secret", BODY),
        signed(APP_SECRET, BODY + b" "),
        signed("", BODY),
        "\xff" * 71,
    ],
)
def test_any_other_signature_is_refused(signature: str | None):
    assert refusal(signature) is not None


def test_another_body_is_refused_the_same_in_other_words_too():
    assert refusal(RIGHT, BODY + b"\n") is not None
    assert refusal(RIGHT, BODY.replace(b"\\u00e1", "á".encode())) is not None


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_everything_is_refused(secret: str | None):
    assert refusal(signed("", BODY), secret=secret) is not None
    assert refusal(None, secret=secret) is not None


ASKED = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "verify-me"}


def test_the_handshake_gives_the_challenge_back():
    assert CHANNEL.challenge(ASKED, WHATSAPP) == "1158201444"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        ASKED | {"hub.verify_token": "verify"},
        ASKED | {"hub.verify_token": "VERIFY-ME"},
        ASKED | {"hub.mode": "unsubscribe"},
        {"hub.verify_token": "verify-me"},
    ],
)
def test_any_other_handshake_is_refused(asked: dict[str, str]):
    assert CHANNEL.challenge(asked, WHATSAPP) is None


@pytest.mark.parametrize("token", [None, ""])
def test_a_connection_without_a_token_shakes_no_hands(token: str | None):
    closed = WHATSAPP.model_copy(update={"verify_token": token})
    for asked in (ASKED, ASKED | {"hub.verify_token": ""}, ASKED | {"hub.verify_token": "\0"}):
        assert CHANNEL.challenge(asked, closed) is None


def test_a_receipt_of_a_person_without_a_number_names_their_user_id():
    status = {"id": "wamid.OUT2", "status": "sent", "recipient_user_id": "GB.55120"}
    (receipt,) = read(CHANNEL, WHATSAPP, whatsapp(value(statuses=[status]))).receipts
    assert receipt == Receipt(
        external_id="wamid.OUT2",
        kind=ReceiptKind.SENT,
        delivery_id="wamid.OUT2:sent:GB.55120:",
        recipient="GB.55120",
        number="70001",
    )
