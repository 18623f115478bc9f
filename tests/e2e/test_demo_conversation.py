"""The conversation of `make demo`, as part of the suite."""

from deploy.local.demo.play import play
from tests.e2e.parley import Parley, new_chat


async def test_a_conversation_goes_from_webhook_to_answer_to_agent_to_close(parley: Parley) -> None:
    timeline = await play(parley.gateways[0], parley.bot, new_chat())
    assert timeline.steps == 17
