"""Steering the model stand-in over the control API."""

from typing import Any

from libs.standins.steering import Call, JsonObject


class ModelClient:
    """What its models shall say, what shall go wrong, what they were asked."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def say(self, content: str | JsonObject | None = None, **rule: Any) -> None:
        """Let a model say this; ``contains``, ``model``, ``times``, ``finish_reason``, ``refusal``."""
        await self._call("POST", "/model/replies", {"content": content, **rule})

    async def clear_replies(self) -> None:
        """Back to the small models."""
        await self._call("DELETE", "/model/replies")

    async def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force and return its id."""
        return int((await self._call("POST", "/model/faults", {"kind": kind, **options}))["id"])

    async def faults(self) -> list[JsonObject]:
        """The rules in force, with how often each was seen and fired."""
        return list((await self._call("GET", "/model/faults"))["faults"])

    async def clear_faults(self) -> None:
        """Take all of them out of force."""
        await self._call("DELETE", "/model/faults")

    async def calls(self, model: str | None = None, **query: Any) -> list[JsonObject]:
        """Every request with its body; ``after``, ``limit``."""
        return list((await self._call("GET", "/model/calls", query={"model": model, **query}))["calls"])
