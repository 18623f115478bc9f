from dataclasses import replace

import pytest

from libs.contracts.conversation import MessageRecorded
from libs.contracts.messages import MessageRetried
from libs.contracts.vocabulary import Channel, Direction
from services.delivery.domain.mail_thread import MOST_REFERENCES, MailThread, answer_subject
from services.delivery.use_cases.follow_mail import FollowMail
from tests.unit.delivery.build import START, new_conversation, recorded
from tests.unit.delivery.fakes import InMemoryThreads
from tests.unit.delivery.stage import Stage


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Kettle", "Re: Kettle"),
        ("Re: Kettle", "Re: Kettle"),
        ("AW: RE[2]: Fwd: Kettle", "Re: Kettle"),
        ("Report: Kettle", "Re: Report: Kettle"),
        ("", "Re:"),
    ],
)
def test_one_re_stands_before_a_subject(subject: str, answer: str) -> None:
    assert answer_subject(subject) == answer


def test_a_long_thread_keeps_its_first_and_its_newest_messages() -> None:
    thread = MailThread()
    for number in range(50):
        thread = thread.with_message(f"<{number}@x>", inbound=True, subject=f"s{number}")
    assert len(thread.references) == MOST_REFERENCES
    assert (thread.references[0], thread.references[-1]) == ("<0@x>", "<49@x>")
    assert (thread.answers, thread.subject) == ("<49@x>", "s0")
    assert thread.with_message("<49@x>", inbound=True, subject=None) is thread


async def test_a_reply_stands_in_the_thread_of_what_was_written_before_it() -> None:
    stage, conversation = Stage(), new_conversation()
    inbound, envelope = recorded(conversation, channel=Channel.EMAIL, direction=Direction.INBOUND)
    inbound = inbound.model_copy(
        update={
            "other_ids": ("j1@sample.test",),
            "message": inbound.message.model_copy(update={"subject": "Kettle"}),
        }
    )
    for _ in range(2):
        await stage.take(inbound, envelope)
    assert stage.threads.kept == 1
    first = await stage.record(conversation, channel=Channel.EMAIL)
    second = await stage.record(conversation, channel=Channel.EMAIL)
    await stage.dispatcher.drain()
    thread = MailThread(("j1@sample.test",), "j1@sample.test", "Kettle")
    assert stage.ledger.rows[first].thread == thread
    assert stage.ledger.rows[second].thread == replace(thread, references=("j1@sample.test", first))


async def test_a_mail_sent_once_more_does_not_refer_to_itself() -> None:
    threads = InMemoryThreads()
    follow = FollowMail(threads, lambda: START)
    event, _ = recorded(new_conversation(), channel=Channel.EMAIL)
    assert await follow(event) == MailThread()
    again = MessageRetried(
        actor=event.actor,
        occurred_at=event.occurred_at,
        conversation=event.conversation,
        message=event.message,
    )
    assert await follow(again) == MailThread()
    assert threads.kept == 1


async def test_what_is_no_mail_or_names_no_message_is_not_followed() -> None:
    threads = InMemoryThreads()
    follow = FollowMail(threads, lambda: START)
    chat, _ = recorded(new_conversation())
    nameless, _ = recorded(new_conversation(), channel=Channel.EMAIL, direction=Direction.INBOUND)
    assert isinstance(nameless, MessageRecorded)
    assert await follow(chat) is None
    assert await follow(nameless) == MailThread()
    assert threads.kept == 0
