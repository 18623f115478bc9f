"""The account's labels: made, changed and taken away, and conversations with them."""

from collections.abc import Iterable
from dataclasses import dataclass

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.labels import (
    MOST_ACCOUNT_LABELS,
    CreateLabel,
    DeleteLabel,
    Label,
    LabelList,
    ListLabels,
    RelabelConversations,
    ReplaceLabel,
    UpdateLabel,
)
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.directory import fields_of
from services.conversation.domain.organising import label_of
from services.conversation.domain.policy import Action, actor_of, require_admin, require_team
from services.conversation.use_cases.label_ports import Labels
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction

#: Conversations that one step of a change goes through.
STEP = 500


@dataclass(frozen=True)
class ListLabelsForPerson:
    """Takes ListLabels."""

    labels: Labels

    async def __call__(self, query: ListLabels, call: Call) -> LabelList:
        """All of them. Raises DomainError `forbidden`."""
        require_team(actor_of(query.person, call.account_id))
        return LabelList(items=tuple(await self.labels.labels(call.account_id, MOST_ACCOUNT_LABELS)))


async def create_label(command: CreateLabel, call: Call, tx: Transaction) -> Label:
    """Raises DomainError `forbidden`, `invalid`, `conflict`."""
    await _check_maker(command.actor, tx)
    name = label_of(command.name)
    if await tx.label(name) is not None:
        raise _taken()
    await _check_room(1, tx)
    label = Label(name=name, colour=command.colour, created_by=command.actor.id, created_at=call.now)
    await tx.put_label(label)
    return label


async def update_label(command: UpdateLabel, _: Call, tx: Transaction) -> Label:
    """Raises DomainError `forbidden`, `not_found`, `invalid`, `conflict`."""
    require_admin(command.actor)
    before = await _load(command.label, tx)
    changes = fields_of(command, ("colour",), {"colour"})
    name = before.name if command.name is None else label_of(command.name)
    after = before.model_copy(update={**changes, "name": name})
    if name != before.name:
        if await tx.label(name) is not None:
            raise _taken()
        await tx.delete_label(before.name)
        tx.tell_account(RelabelConversations(actor=SYSTEM, label=before.name, into=name))
    await tx.put_label(after)
    return after


async def delete_label(command: DeleteLabel, _: Call, tx: Transaction) -> Label:
    """Raises DomainError `forbidden`, `not_found`."""
    require_admin(command.actor)
    label = await _load(command.label, tx)
    await tx.delete_label(label.name)
    tx.tell_account(RelabelConversations(actor=SYSTEM, label=label.name))
    return label


async def relabel_conversations(command: RelabelConversations, _: Call, tx: Transaction) -> None:
    """One step: each conversation is told by itself, so that no change of anybody's waits for all of them."""
    found = await tx.labelled(command.label, command.after, STEP)
    for conversation_id in found:
        tx.tell(
            ReplaceLabel(
                actor=SYSTEM, conversation_id=conversation_id, label=command.label, into=command.into
            ),
            conversation_id,
        )
    if len(found) == STEP:
        tx.tell_account(command.model_copy(update={"after": found[-1]}))


async def replace_label(command: ReplaceLabel, call: Call, tx: Transaction) -> None:
    """Take the label off, unless somebody made it anew meanwhile, and put the other one on while there is
    one. Raises DomainError `not_found`, `forbidden`.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.RELEASE)
    known = await tx.known_labels([command.label, *([command.into] if command.into else [])])
    if command.label not in conversation.labels or command.label in known:
        return
    add = [command.into] if command.into in known else []
    conversation.label(command.actor, call.now, add=[one for one in add if one], remove=[command.label])
    await tx.save(conversation)


async def know_labels(names: Iterable[str], actor: Actor, call: Call, tx: Transaction) -> None:
    """Have the account know these labels: who may make labels makes those that are not there by using them.
    Raises DomainError `invalid` for one that is not there and that the actor may not make, or one too many.
    """
    wanted = sorted(set(names))
    known = await tx.known_labels(wanted) if wanted else set()
    new = [name for name in wanted if name not in known]
    if not new:
        return
    if not await _may_make(actor, tx):
        raise DomainError(ErrorCode.INVALID, "there is no such label, and only admins make labels here")
    await _check_room(len(new), tx)
    for name in new:
        await tx.add_label(Label(name=name, created_by=actor.id, created_at=call.now))


async def _may_make(actor: Actor, tx: Transaction) -> bool:
    if actor.kind is ActorKind.API_KEY or actor.role is Role.ADMIN:
        return True
    account = await tx.account()
    return account is None or not account.labels_by_admins


async def _check_maker(actor: Actor, tx: Transaction) -> None:
    require_team(actor)
    if not await _may_make(actor, tx):
        raise DomainError(ErrorCode.FORBIDDEN, "only admins make labels here")


async def _check_room(more: int, tx: Transaction) -> None:
    if await tx.count_labels() + more > MOST_ACCOUNT_LABELS:
        raise DomainError(ErrorCode.INVALID, f"an account has at most {MOST_ACCOUNT_LABELS} labels")


async def _load(name: str, tx: Transaction) -> Label:
    label = await tx.label(label_of(name))
    if label is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such label")
    return label


def _taken() -> DomainError:
    return DomainError(ErrorCode.CONFLICT, "there is a label of this name already")
