from typing import Any

import pytest

from libs.contracts.email_threads import plus_token
from libs.contracts.vocabulary import Channel, MessageKind, ReceiptKind
from services.gateway.domain.email import Email
from services.gateway.domain.inbound import Inbound, Receipt
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.webhooks import Post
from tests.unit.gateway.channel_samples import BASIC, EMAIL, basic, connection, mail, only, read
from tests.unit.gateway.samples import WHEN

CHANNEL = Email()
CONVERSATION = "0190f1c2d3e47a5b8c9d0e1f2a3b4c5d-9f2k".replace("k", "c")


def message(**fields: Any) -> Inbound:
    return only(read(CHANNEL, EMAIL, mail(**fields)))


def test_a_mail_names_its_thread_its_sender_and_what_they_say():
    found = message(StrippedTextReply="Green please.", TextBody="Green please.\n\n> Which colour?")
    assert (found.kind, found.content, found.subject) == (MessageKind.EMAIL, "Green please.", "Re: Kettle")
    assert (found.author.alias, found.author.name, found.author.email) == (
        "jo@sample.test",
        "Jo Wren",
        "jo@sample.test",
    )
    assert (found.session_id, found.target) == ("email:j1@sample.test", "jo@sample.test")
    assert found.external_id == found.delivery_id == "5d0c7a10-0001-4a00-9a00-0000000000a1"
    assert found.other_ids == ("j2@sample.test",)
    assert found.reply_to == "5d0c7a10-out1@desk.test"
    assert found.references == ("5d0c7a10-out1@desk.test", "j1@sample.test")
    assert found.expects_answer
    assert not found.automatic


@pytest.mark.parametrize(
    ("ids", "session"),
    [
        ({"Message-ID": "<a@x.test>"}, "email:a@x.test"),
        ({"message-id": "<b@x.test>", "IN-REPLY-TO": "<a@x.test>"}, "email:a@x.test"),
        (
            {
                "Message-ID": "<c@x.test>",
                "In-Reply-To": "<b@x.test>",
                "References": "<a@x.test>\n <b@x.test>",
            },
            "email:a@x.test",
        ),
        ({"Message-ID": "c@x.test", "References": "a@x.test b@x.test"}, "email:a@x.test"),
        ({}, "email:5d0c7a10-0001-4a00-9a00-0000000000a1"),
        ({"Message-ID": "", "References": "no ids here"}, "email:5d0c7a10-0001-4a00-9a00-0000000000a1"),
    ],
)
def test_a_thread_is_known_by_the_root_that_the_mail_names(ids: dict[str, str], session: str):
    assert message(headers=ids).session_id == session


def test_a_long_chain_keeps_its_root_and_its_newest():
    chain = " ".join(f"<m{number}@x.test>" for number in range(300))
    found = message(headers={"References": chain})
    assert found.session_id == "email:m0@x.test"
    assert found.references[0] == "m299@x.test"
    assert len(found.references) == 60


def test_an_answer_goes_where_the_sender_wants_it():
    found = message(ReplyTo='"Jo" <Jo.Private@Sample.test>')
    assert (found.target, found.author.alias) == ("jo.private@sample.test", "jo@sample.test")


def test_addresses_are_lower_cased_and_keep_their_plus_and_dots():
    found = message(
        FromFull={"Email": "Jo.W+shop@Sample.TEST", "Name": "", "MailboxHash": "shop"}, FromName="Jo"
    )
    assert (found.author.alias, found.author.name) == ("jo.w+shop@sample.test", "Jo")
    assert message(FromFull=None, From="Jo <JO@sample.test>").author.alias == "jo@sample.test"


def token(
    conversation_id: str = CONVERSATION, connection_id: str = EMAIL.connection_id, secret: str = BASIC
) -> str:
    return plus_token(conversation_id, connection_id, secret) or ""


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_token_of_ours_names_the_conversation(change: Any):
    ours = change(token())
    assert message(MailboxHash=ours).conversation_id == CONVERSATION
    to = {"Email": "help+x@desk.test", "Name": "", "MailboxHash": ours}
    assert message(ToFull=[to], OriginalRecipient="help+x@desk.test").conversation_id == CONVERSATION
    assert message(OriginalRecipient=f"help+{ours}@desk.test").conversation_id == CONVERSATION
    assert message(ToFull=[to], OriginalRecipient=None).conversation_id == CONVERSATION


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "t_9f2k",
        token()[:-1],
        token() + "a",
        token(secret="another"),
        token(connection_id="another"),
        "a" * 42,
        "1" * 42,
    ],
)
def test_any_other_token_names_nothing(forged: str):
    found = message(MailboxHash=forged)
    assert found.conversation_id is None
    assert found.session_id == "email:j1@sample.test"


def test_the_senders_own_plus_tag_is_no_token():
    full = {"Email": "jo@sample.test", "Name": "Jo", "MailboxHash": token()}
    other = {"Email": "other@desk.test", "Name": "", "MailboxHash": token()}
    assert message(FromFull=full, ToFull=[other, 7]).conversation_id is None


def test_an_id_of_another_form_or_no_secret_gives_no_token():
    assert plus_token("conv-1", "c", "s") is None
    assert plus_token(CONVERSATION, "c", "") is None
    unset = EMAIL.model_copy(update={"webhook_secret": None})
    assert only(read(CHANNEL, unset, mail(MailboxHash=token()))).conversation_id is None


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        ({"StrippedTextReply": " Yes. ", "TextBody": "all"}, "Yes."),
        ({"TextBody": "Yes.\n\nOn Mon, Desk wrote:\n> Which?"}, "Yes."),
        ({"TextBody": "Ja.\r\n\r\nAm 4. August schrieb Desk <help@desk.test>:\r\n\r\n> Welche?"}, "Ja."),
        ({"TextBody": "Oui.\n\nLe mar. 4 août 2026 à 09:12, Desk <help@desk.test> a écrit :\n> x"}, "Oui."),
        ({"TextBody": "Yes.\n\nOn Mon, Aug 3, 2026 at 9:00\nDesk <help@desk.test>\nwrote:\n\n> x"}, "Yes."),
        ({"TextBody": "Yes.\n-----Original Message-----\nFrom: x\nold"}, "Yes."),
        (
            {"TextBody": "Yes.\n\n__________________\nFrom: Desk\nSent: Mon\nTo: Jo\nSubject: Kettle\n\nold"},
            "Yes.",
        ),
        ({"TextBody": "Ja.\n\nVon: Desk\nGesendet: Mo\nAn: Jo\nBetreff: Kessel\n\nalt"}, "Ja."),
        ({"TextBody": "From: here it is\nnice and warm"}, "From: here it is\nnice and warm"),
        ({"TextBody": "On the other hand\nI wrote: no"}, "On the other hand\nI wrote: no"),
        ({"TextBody": "> Which?\nGreen.\n> When?\nNow."}, "Green.\nNow."),
        ({"TextBody": "On Mon, Desk wrote:\n> Which?\nGreen."}, "Green."),
        ({"TextBody": "> only\n> quotes"}, "> only\n> quotes"),
        (
            {"HtmlBody": "<html><head><style>p{}</style></head><body><p>Hello &amp; bye</p></body></html>"},
            "Hello & bye",
        ),
        (
            {
                "HtmlBody": "See <a href='https://x.test/1'>this</a>, <a href=https://x.test/2>https://x.test/2</a>"
            },
            "See this (https://x.test/1), https://x.test/2",
        ),
        (
            {"HtmlBody": '<a href="mailto:a@b.test">a@b.test</a> <a name=x>y</a> <a href="x:1">z</a>'},
            "a@b.test y z",
        ),
        (
            {"HtmlBody": "one<br>two<div>three</div><ul><li>a</li><li>b</li></ul>"},
            "one\ntwo\nthree\n\n- a\n\n- b",
        ),
        ({"HtmlBody": "<table><tr><td>a</td><td>b</td></tr></table>"}, "a b"),
        ({"HtmlBody": "Yes.<blockquote>old</blockquote> more"}, "Yes."),
        ({"HtmlBody": 'Yes.<div class="x gmail_quote">On Mon, Desk wrote: old</div>'}, "Yes."),
        ({"HtmlBody": 'Yes.<div id="divRplyFwdMsg">From: Desk</div>old'}, "Yes."),
        ({"HtmlBody": "Yes.<p>On Mon, Desk wrote:</p><p>old</p>"}, "Yes."),
        ({"HtmlBody": "<blockquote><b>old</b> <blockquote>older</blockquote>x</blockquote>New."}, "New."),
        ({"HtmlBody": "a <!-- no --> b <!doctype x> <script>no()</script> 1 < 2 </b>"}, "a b 1 < 2"),
        ({"HtmlBody": "a<style>never ends"}, "a"),
        ({"HtmlBody": "a<!-- never ends"}, "a"),
        ({"HtmlBody": "a<b never ends"}, "a"),
        ({"HtmlBody": "\n"}, ""),
        ({"TextBody": "a\0b"}, "ab"),
        ({"TextBody": 7, "HtmlBody": None}, ""),
    ],
)
def test_the_text_is_what_they_say_themselves(bodies: dict[str, Any], text: str):
    assert message(**{"StrippedTextReply": "", "TextBody": "", "HtmlBody": ""} | bodies).content == text


@pytest.mark.parametrize(
    "piece", ["<div>", "<", "<a ", "<!--", "<script>", "On ", "> ", "From: a\n", "On x\n"]
)
def test_a_hostile_body_is_read_in_passing_and_in_bounds(piece: str):
    huge = piece * (8_000_000 // len(piece))
    for field in ("TextBody", "HtmlBody"):
        assert len(message(**{"StrippedTextReply": "", "TextBody": "", field: huge}).content) <= 65_536


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"auto-submitted": "auto-generated; x=1"},
        {"Precedence": "bulk"},
        {"Precedence": "Junk"},
        {"X-Auto-Response-Suppress": "All"},
        {"List-Id": "<news.sample.test>"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
        {"Return-Path": ""},
        {"Content-Type": "multipart/report; report-type=delivery-status"},
        {"X-Failed-Recipients": "gone@sample.test"},
    ],
)
def test_what_a_machine_wrote_is_kept_and_never_answered(headers: dict[str, str]):
    found = message(headers=headers)
    assert found.automatic
    assert not found.expects_answer


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@sample.test", "postmaster@x.test", "noreply+1@x.test", "help+t_9f2k@desk.test"]
)
def test_machines_and_ourselves_are_never_answered(sender: str):
    assert message(FromFull={"Email": sender, "Name": ""}).automatic


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "no"},
        {"X-Auto-Response-Suppress": "None"},
        {"Precedence": "first-class"},
        {"Return-Path": "<jo@sample.test>"},
    ],
)
def test_what_a_person_wrote_is_answered(headers: dict[str, str]):
    assert message(headers=headers).expects_answer


def test_files_are_named_by_their_place_in_the_mail():
    files = [
        {"Name": "lid.png", "Content": "iVBORw0KGgo=", "ContentType": "image/png; x=1", "ContentLength": 8},
        {"Name": "", "Data": "eA==", "ContentType": "message/rfc822", "ContentLength": -1},
        {"Name": "x.svg", "ContentType": "IMAGE/SVG+XML"},
    ]
    found = message(Attachments=files).attachments
    copy = "5d0c7a10-0001-4a00-9a00-0000000000a1"
    assert [one.reference for one in found] == [f"{copy}/0", f"{copy}/1", f"{copy}/2"]
    assert [one.kind for one in found] == [MessageKind.IMAGE, MessageKind.DOCUMENT, MessageKind.DOCUMENT]
    assert (found[0].filename, found[0].content_type, found[0].size) == ("lid.png", "image/png", 8)
    assert (found[1].filename, found[1].size) == (None, None)


def test_files_that_cannot_be_taken_are_said():
    reading = read(CHANNEL, EMAIL, mail(Attachments=["x", *[{"Name": "a"}] * 65]))
    assert reading.unread == ("an attachment is not an object", "more files than a message takes")
    assert len(reading.messages[0].attachments) == 64


@pytest.mark.parametrize(
    "raw",
    [
        {},
        mail(MessageID=None),
        mail(From="nobody", FromFull=None),
        mail(From=7, FromFull={"Email": "nobody"}),
        {"RecordType": "Weather"},
        {"RecordType": 7},
        {"RecordType": "Delivery"},
        {"RecordType": "Bounce", "Type": "Trampoline", "MessageID": "g"},
        {"RecordType": "Bounce", "Type": ["HardBounce"], "MessageID": "g"},
    ],
)
def test_what_is_not_postmarks_is_unreadable(raw: dict[str, Any]):
    with pytest.raises(UnreadableError):
        read(CHANNEL, EMAIL, raw)


def receipt(**fields: Any) -> Receipt | None:
    event = {"MessageID": "g-1", "Recipient": "Jo@sample.test", "Metadata": {"mid": "m-81"}, **fields}
    reading = read(CHANNEL, EMAIL, event)
    assert not reading.messages
    return reading.receipts[0] if reading.receipts else None


@pytest.mark.parametrize(
    ("fields", "kind", "delivery_id"),
    [
        (
            {"RecordType": "Delivery", "DeliveredAt": "2026-08-04T07:13:00.1234567Z"},
            ReceiptKind.DELIVERED,
            "Delivery:g-1:jo@sample.test",
        ),
        (
            {"RecordType": "Open", "ReceivedAt": "2026-08-04T07:13:00"},
            ReceiptKind.OPENED,
            "Open:g-1:jo@sample.test:2026-08-04T07:13:00",
        ),
        (
            {"RecordType": "Click", "ReceivedAt": "2026-08-04T09:13:00+02:00"},
            ReceiptKind.CLICKED,
            "Click:g-1:jo@sample.test:2026-08-04T09:13:00+02:00",
        ),
    ],
)
def test_each_event_is_a_receipt(fields: dict[str, Any], kind: ReceiptKind, delivery_id: str):
    found = receipt(**fields)
    assert found is not None
    assert (found.external_id, found.kind, found.delivery_id) == ("g-1", kind, delivery_id)
    assert (found.recipient, found.reference, found.error) == ("jo@sample.test", "m-81", None)
    assert found.at is not None
    assert found.at.isoformat().startswith("2026-08-04T07:13:00")


@pytest.mark.parametrize(
    ("why", "kind", "lasting"),
    [
        *(
            (one, ReceiptKind.BOUNCED, True)
            for one in ("HardBounce", "BadEmailAddress", "Blocked", "DMARCPolicy")
        ),
        *((one, ReceiptKind.BOUNCED, False) for one in ("Transient", "SoftBounce", "DnsError")),
        *((one, ReceiptKind.FAILED, True) for one in ("SMTPApiError", "InboundError")),
        ("SpamComplaint", ReceiptKind.COMPLAINT, True),
    ],
)
def test_bounces_are_told_apart_by_their_type(why: str, kind: ReceiptKind, lasting: bool):
    found = receipt(
        RecordType="Bounce", ID=31001, Type=why, Email="Gone@sample.test", BouncedAt="x", Description="no box"
    )
    assert found is not None
    assert (found.kind, found.lasting, found.delivery_id) == (kind, lasting, "bounce:31001")
    assert (found.recipient, found.detail, found.at) == ("gone@sample.test", f"{why}: no box", None)


def test_a_complaint_is_one_whatever_its_type_and_a_bounce_without_number_has_an_id():
    found = receipt(RecordType="SpamComplaint")
    assert found is not None
    assert (found.kind, found.error, found.delivery_id) == (
        ReceiptKind.COMPLAINT,
        "complaint",
        "SpamComplaint:g-1",
    )


@pytest.mark.parametrize("why", ["AutoResponder", "AddressChange", "Unknown", "Unsubscribe"])
def test_what_is_no_failure_says_nothing(why: str):
    assert receipt(RecordType="Bounce", ID=1, Type=why) is None


def test_a_changed_subscription_says_nothing_about_a_mail():
    assert receipt(RecordType="SubscriptionChange", SuppressSending=True) is None
    assert only(read(CHANNEL, EMAIL, mail(RecordType="Inbound"))).kind is MessageKind.EMAIL


# --- authenticity ---------------------------------------------------------------------------------------


def refusal(authorization: str | None, secret: str | None = BASIC, below: str = "") -> str | None:
    headers = {} if authorization is None else {"authorization": authorization}
    return CHANNEL.refusal(Post(WHEN, headers, below), connection(Channel.EMAIL, secret))


def test_the_right_credentials_open():
    assert refusal(basic(BASIC)) is None
    assert refusal(basic(BASIC).replace("Basic", "basic")) is None
    assert refusal(basic("anybody:let-me-in"), secret="let-me-in") is None
    assert refusal(None, secret="unguessable", below="unguessable") is None


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic ???",
        "Basic \xff",
        basic(BASIC)[:-4],
        basic(BASIC.upper()),
        basic(BASIC[:-1]),
        basic(BASIC + "x"),
        basic("let-me-in"),
        basic("other:let-me-in"),
        basic(BASIC).replace("Basic", "Bearer"),
        BASIC,
    ],
)
def test_any_other_credentials_are_refused(authorization: str | None):
    assert refusal(authorization) is not None


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_everything_is_refused(secret: str | None):
    for given in (None, basic(""), basic(":"), basic(BASIC)):
        assert refusal(given, secret) is not None
        assert refusal(given, secret, below=BASIC) is not None


def test_there_is_no_handshake():
    assert CHANNEL.challenge({"hub.mode": "subscribe"}, EMAIL) is None
