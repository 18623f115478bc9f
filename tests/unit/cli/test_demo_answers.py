"""`parley demo answers`: every scene is played by the code that serves, and ends as docs/answers.md says."""

import pytest
from typer.testing import CliRunner

from cli.demo_answers import SCENES
from cli.main import app


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What was said in each scene."""
    done = CliRunner().invoke(app, ["demo", "answers", "--call-seconds", "0.5", "--seconds", "1"])
    assert done.exit_code == 0, done.output
    scenes = {}
    for here, there in zip(SCENES, (*SCENES[1:], None), strict=True):
        _, _, rest = done.output.partition(f"\n{here.title}\n")
        scenes[here.title] = rest.partition(f"\n{there.title}\n")[0] if there else rest
    return scenes


def test_without_a_model_it_quotes_asks_back_and_hands_over(told: dict[str, str]) -> None:
    said = told["without a model"]
    assert "[courtesy]" in said
    assert "delivery#0]" in said
    assert "[clarify, " in said
    assert said.rstrip().endswith("[handed over: not_covered]")


def test_a_model_answers_and_is_named(told: dict[str, str]) -> None:
    said = told["with a model"]
    assert said.count("main/reader-1 ok") == 2
    assert "leave our warehouse the same day." in said


def test_what_a_model_makes_up_is_not_said(told: dict[str, str]) -> None:
    said = told["with a model that makes things up"]
    assert "one day" not in said
    assert "evil.example" not in said
    assert "[handed over: low_confidence" in said


def test_a_model_that_hangs_costs_a_handoff_or_a_quote(told: dict[str, str]) -> None:
    assert "[handed over: ai_unavailable, main/reader-1 timeout" in told["with a model that hangs"]
    quoted = told["with a model that hangs, AI_WITHOUT_MODEL=extractive"]
    assert "[answer, 0.99, delivery#0, main/reader-1 timeout" in quoted
