"""A small service that a test runs as a process: it notes each step in its store, slowly."""

import asyncio

from pydantic import BaseModel

from libs.contracts import topology
from libs.runtime.deduplication import Deduplication
from libs.runtime.foundation import Foundation
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Session
from libs.runtime.received import Received
from libs.runtime.service import Service, run
from libs.runtime.settings import ServiceSettings, service_config
from tests.integration.runtime.messages import Step


class SampleSettings(ServiceSettings):
    """The shared settings, and how long a step takes."""

    model_config = service_config("SAMPLE_")
    step_seconds: float = 0.0
    fails: bool = False


async def build(settings: SampleSettings) -> Service:
    """The service: it stands in for the AI service's queues."""
    foundation = Foundation("ai", settings, indexes={"effects": []})

    async def note(received: Received[Step], session: Session) -> BaseModel | None:
        get_logger("sample").info("handling", content="what the contact wrote")
        await asyncio.sleep(settings.step_seconds)
        row = {"_id": received.envelope.id}
        await foundation.store.database["effects"].insert_one(row, session=session)
        return None

    async def end_by_itself() -> None:
        await asyncio.sleep(0.2)
        raise ValueError("what the contact wrote")

    once = Deduplication(foundation.store, "steps").once(note)
    foundation.consumers.work_queue(topology.AI_ANSWER_CONTACT, {Step: once}, prefetch=5)
    if settings.fails:
        foundation.service.background(end_by_itself)
    return foundation.start_consuming()


if __name__ == "__main__":
    chosen = SampleSettings()
    run(chosen, "ai", lambda: build(chosen))
