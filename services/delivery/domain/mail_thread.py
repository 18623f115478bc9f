"""What a mail answers: the Message-IDs of its conversation, and its subject."""

import re
from dataclasses import dataclass, replace

#: References that a mail carries: the first, which names the thread, and the newest.
MOST_REFERENCES = 20
_PREFIXES = re.compile(r"\s*((re|aw|sv|antw|fw|fwd|wg)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailThread:
    """Oldest first. A message of our own stands there by our id for it (without an @), as its Message-ID
    depends on the mailbox; `answers` is the last that the contact wrote.
    """

    references: tuple[str, ...] = ()
    answers: str | None = None
    subject: str = ""

    def with_message(self, reference: str, *, inbound: bool, subject: str | None) -> "MailThread":
        """The thread with one message more. A repeat changes nothing; the first subject stays."""
        if reference in self.references:
            return self
        references = (*self.references, reference)
        if len(references) > MOST_REFERENCES:
            references = (references[0], *references[-(MOST_REFERENCES - 1) :])
        return replace(
            self,
            references=references,
            answers=reference if inbound else self.answers,
            subject=self.subject or (subject or "").strip(),
        )

    def without(self, reference: str) -> "MailThread":
        """What stood before a message that is in it already: a mail does not refer to itself."""
        return replace(self, references=tuple(one for one in self.references if one != reference))


def answer_subject(subject: str) -> str:
    """`Re: ` before the subject, once, whatever stood before it."""
    return f"Re: {_PREFIXES.sub('', subject, count=1).strip()}".strip()
