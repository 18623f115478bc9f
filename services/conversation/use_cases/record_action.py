"""An action that the gateway carried out by itself, for the audit trail."""

from libs.contracts.audit import RecordAction
from services.conversation.use_cases.ports import Call, Transaction


async def record_action(_: RecordAction, __: Call, ___: Transaction) -> None:
    """Nothing more: that a command is kept in the trail is seen to where every command is."""
