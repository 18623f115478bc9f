"""A frame as it goes over the wire, encoded once for everybody who hears it under the same topic."""

import json

from libs.contracts.frames import Frame


class FrameText:
    """One frame with its JSON by topic."""

    __slots__ = ("_texts", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._texts: dict[str, str] = {}

    def under(self, topic: str) -> str:
        """The JSON text, with the topic as the receiver named it."""
        text = self._texts.get(topic)
        if text is None:
            payload = self.frame.payload_under(topic)
            text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
            self._texts[topic] = text
        return text
