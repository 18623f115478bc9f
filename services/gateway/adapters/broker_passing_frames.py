"""Frames that pass by, published by the gateway itself: nobody numbers or keeps them."""

from libs.contracts import topology
from libs.contracts.frames import Frame
from libs.runtime.ids import new_id
from libs.runtime.publisher import Publisher
from libs.runtime.realtime import room_of

MESSAGE_TYPE = "gateway.passing_frame.v1"


class BrokerPassingFrames:
    """To every gateway, this one included."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def __call__(self, frame: Frame) -> None:
        """Publish it. Raises TransientError."""
        await self._publisher.publish_raw(
            frame.model_dump_json().encode(),
            exchange=topology.REALTIME,
            routing_key=topology.room_key(room_of(frame)),
            message_id=new_id(),
            message_type=MESSAGE_TYPE,
            mandatory=False,
            time_limit=2.0,
        )
