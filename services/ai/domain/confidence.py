"""How sure we are of an answer: what retrieval says, and what a model's reading of the passages adds."""

from typing import Final

#: How much more likely a passage is to answer the question once a model has read it, quoted it word for word
#: and said nothing beyond the quote. A prior: a careful model claims to answer from nine in ten passages that
#: do and from one in ten that do not. It stands until there are outcomes to fit it to. An answer then needs a
#: passage that retrieval alone gives 0.32 where all claims hold, and 0.65 where half of them do.
READ_ODDS: Final = 9.0


def combined(retrieval: float, verified_share: float) -> float:
    """From 0 to below 1. ``retrieval`` is the fitted probability of the best passage that is quoted,
    ``verified_share`` how much of what the model claimed holds.
    """
    if retrieval <= 0 or verified_share <= 0:
        return 0.0
    odds = READ_ODDS * verified_share**2 * min(retrieval, 0.999) / (1 - min(retrieval, 0.999))
    return odds / (1 + odds)
