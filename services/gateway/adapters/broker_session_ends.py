"""The end of log-ins, told to every replica over the realtime exchange."""

import json
from collections.abc import Sequence

from libs.contracts import topology
from libs.contracts.errors import TransientError
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger
from libs.runtime.publisher import Publisher

MESSAGE_TYPE = "gateway.sessions_ended.v1"

_log = get_logger("sessions")


class BrokerSessionEnds:
    """Announces; the replicas' realtime queues all get it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def __call__(self, session_ids: Sequence[str]) -> None:
        """Tell them. A broker that is away is no reason to fail: the end is stored, and
        read from there within seconds.
        """
        try:
            await self._publisher.publish_raw(
                json.dumps(list(session_ids)).encode(),
                exchange=topology.REALTIME,
                routing_key=topology.SESSIONS_ENDED,
                message_id=new_id(),
                message_type=MESSAGE_TYPE,
                mandatory=False,
                time_limit=2.0,
            )
        except TransientError as error:
            _log.warning("end of sessions not told", code=error.code, sessions=len(session_ids))


def read_session_ends(body: bytes) -> list[str]:
    """The ids in a message; what is none is passed over."""
    try:
        found = json.loads(body)
    except ValueError:
        _log.warning("end of sessions unreadable")
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
