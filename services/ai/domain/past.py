"""Past conversations that ended well, of which one may help with a question of now."""

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

from services.ai.domain.learning import Proposal
from services.ai.domain.topics import topic_stems

#: Share of a question's topics, by how rare they are, that an earlier one must have.
_LEAST_ALIKE: Final = 0.5
#: What the same intent is worth beside that. Plain ones say nothing.
_SAME_INTENT: Final = 0.2
_PLAIN_INTENTS: Final = frozenset({"", "question", "greeting", "thanks", "goodbye"})


def alike(question: str, intent: str, language: str, past: Sequence[Proposal], limit: int) -> list[Proposal]:
    """At most ``limit`` of ``past`` (the newest first) whose questions are most like this one, the likest
    first; of several in one conversation, or with the same reply, one.
    """
    # Numbers are of one order or one day: nobody else has asked about them.
    topics = {stem for stem in topic_stems(question, language) if stem.isalpha()}
    known = [(one, topic_stems(one.question, one.language)) for one in past if one.question]
    frequencies = Counter(stem for _, stems in known for stem in stems)
    rarity = {stem: log(1 + (len(known) + 1) / (frequencies[stem] + 0.5)) for stem in topics}
    mass = sum(rarity.values())
    found: list[tuple[float, Proposal]] = []
    for one, stems in known:
        share = sum(rarity[stem] for stem in topics & stems) / mass if mass else 0.0
        if share >= _LEAST_ALIKE:
            same = one.intent == intent and intent not in _PLAIN_INTENTS
            found.append((share + _SAME_INTENT * same, one))
    kept: dict[str, Proposal] = {}
    replies: set[str] = set()
    for _, one in sorted(found, key=lambda pair: -pair[0]):
        if one.conversation_id not in kept and one.sent not in replies:
            kept[one.conversation_id] = one
            replies.add(one.sent)
    return list(kept.values())[:limit]
