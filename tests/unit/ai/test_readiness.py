"""What readiness calls the parts that answers are made with."""

import pytest

from services.ai.domain.readiness import embedding_named, model_named

BOTH = ("main/big", "second/big")


def test_an_embedding_model_that_is_away_is_told_from_none() -> None:
    assert embedding_named(None, is_away=False) == "none: words alone are compared"
    assert embedding_named("e-1", is_away=False) == "e-1"
    assert embedding_named("e-1", is_away=True) == "e-1, away: words alone are compared"


@pytest.mark.parametrize(
    ("models", "left_alone", "named"),
    [
        ((), (), "none: answers are quotes"),
        (BOTH, (), "main/big, then second/big, then hand_off"),
        (BOTH, ("main",), "second/big, then hand_off (main left alone for now)"),
        (BOTH, ("second", "main"), "hand_off (main, second left alone for now)"),
    ],
)
def test_the_model_is_the_way_down(models: tuple[str, ...], left_alone: tuple[str, ...], named: str) -> None:
    assert model_named(models, left_alone, "hand_off") == named
