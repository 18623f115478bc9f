"""How the parts that answers are made with are named to those who look at readiness."""

from collections.abc import Collection, Sequence

WORDS_ALONE = "words alone are compared"


def embedding_named(model: str | None, *, is_away: bool) -> str:
    """The embedding model, and whether it is there."""
    if model is None:
        return f"none: {WORDS_ALONE}"
    return f"{model}, away: {WORDS_ALONE}" if is_away else model


def model_named(models: Sequence[str], left_alone: Collection[str], without: str) -> str:
    """The way down from the model that is asked first. ``models`` are by full name, ``left_alone`` the
    endpoints that are not asked just now, ``without`` what happens without any.
    """
    if not models:
        return "none: answers are quotes"
    active = [one for one in models if one.partition("/")[0] not in left_alone]
    named = ", then ".join([*active, without])
    return f"{named} ({', '.join(sorted(left_alone))} left alone for now)" if left_alone else named
