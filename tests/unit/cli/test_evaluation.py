"""`parley eval`: what it computes, what it says of bad files."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.evaluation.figures import auroc, calibration_error, precision_recall_f1
from cli.main import app

CORPUS = (
    {"id": "a", "group": "delivery", "title": "Delivery", "text": "Parcels arrive within three days."},
    {"id": "b", "group": "returns", "title": "Returns", "text": "Send a kettle back within thirty days."},
    {"id": "c", "title": "Opening hours"},
)


def lines(folder: Path, name: str, *rows: object) -> str:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "\n", encoding="utf-8")
    return str(file)


def evaluate(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["eval", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.output))


def test_retrieval_counts_the_rank_of_the_first_right_group(tmp_path: Path) -> None:
    found = evaluate(
        "retrieval",
        "--corpus",
        lines(tmp_path, "corpus", *CORPUS),
        "--queries",
        lines(
            tmp_path,
            "queries",
            {"id": "1", "query": "when do parcels arrive", "relevant_groups": ["delivery"]},
            {"id": "2", "query": "send the kettle back", "relevant_groups": ["delivery", "returns"]},
            {"id": "3", "query": "opening hours", "relevant_groups": ["c"]},
            {"id": "4", "query": "xylophone", "relevant_groups": ["delivery"]},
        ),
    )
    assert (found["queries"], found["documents"]) == (4, 3)
    assert (found["r1"], found["mrr"]) == (0.75, 0.75)


def test_a_question_that_leans_on_the_turn_before_is_looked_up_with_it(tmp_path: Path) -> None:
    turns = [
        {"role": "contact", "text": "Can I send a kettle back?"},
        {"role": "ai", "text": "Yes."},
        {"role": "contact", "text": "and how long do they take?"},
    ]
    found = evaluate(
        "retrieval",
        "--corpus",
        lines(tmp_path, "corpus", *CORPUS),
        "--queries",
        lines(tmp_path, "queries", {"id": "1", "turns": turns, "relevant_groups": ["returns"]}),
    )
    assert found["r1"] == 1.0


def test_what_was_learnt_is_found_again(tmp_path: Path) -> None:
    arguments = ["retrieval", "--corpus", lines(tmp_path, "corpus", *CORPUS), "--queries"]
    asked = lines(tmp_path, "queries", {"id": "1", "query": "parcel window", "relevant_groups": ["c"]})
    learnt = {"id": "2", "query": "window of opening for my parcel", "relevant_groups": ["c"]}
    nowhere = {"id": "3", "query": "xylophone", "relevant_groups": ["c"]}

    assert evaluate(*arguments, asked)["r1"] == 0.0
    assert evaluate(*arguments, asked, "--learnt", lines(tmp_path, "learnt", learnt, nowhere))["r1"] == 1.0


def test_support_tells_pairs_whose_passage_answers_from_others(tmp_path: Path) -> None:
    pairs = lines(
        tmp_path,
        "pairs",
        {
            "query": "when do parcels arrive",
            "passages": ["Parcels arrive within three days."],
            "answerable": True,
        },
        {
            "query": "when do parcels arrive",
            "passages": [{"title": "Returns", "text": "Send a kettle back."}],
            "answerable": False,
        },
        {"query": "when do parcels arrive", "passages": [], "answerable": False},
    )
    assert evaluate("support", "--pairs", pairs)["auroc"] == 1.0


def test_handoff_counts_wishes_for_a_person(tmp_path: Path) -> None:
    texts = lines(
        tmp_path,
        "texts",
        {"text": "let me talk to a human", "handoff": True},
        {"text": "how long does delivery take", "handoff": False},
    )
    assert evaluate("handoff", "--texts", texts) == {"texts": 2, "precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_intent_takes_what_is_like_no_example_as_out_of_scope(tmp_path: Path) -> None:
    train = lines(
        tmp_path,
        "train",
        {"text": "where is my parcel", "intent": "tracking"},
        {"text": "I want my money back", "intent": "refund"},
    )
    test = lines(
        tmp_path, "test", {"text": "my parcel?", "intent": "tracking"}, {"text": "12345", "intent": None}
    )
    found = evaluate("intent", "--train", train, "--test", test)
    assert (found["accuracy"], found["out_of_scope_recall"]) == (1.0, 1.0)


def test_a_table_is_printed_for_people(tmp_path: Path) -> None:
    texts = lines(tmp_path, "texts", {"text": "let me talk to a human", "handoff": True})
    result = CliRunner().invoke(app, ["eval", "handoff", "--texts", texts])
    assert result.exit_code == 0
    assert "f1" in result.output


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not a JSON object"),
        ('{"text": "a"}', "handoff: Field required"),
        ("[]", "row: Input should be"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "texts"
    file.write_text('{"text": "a", "handoff": false}\n' + text + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["eval", "handoff", "--texts", str(file)])
    assert result.exit_code == 1
    assert "line 2" in result.output
    assert why in result.output


def test_a_set_of_one_kind_says_what_is_missing(tmp_path: Path) -> None:
    pairs = lines(tmp_path, "pairs", {"query": "a", "passages": [], "answerable": False})
    result = CliRunner().invoke(app, ["eval", "support", "--pairs", pairs])
    assert result.exit_code == 1
    assert "answerable" in result.output


def test_a_query_without_words_is_refused(tmp_path: Path) -> None:
    queries = lines(tmp_path, "queries", {"id": "1", "relevant_groups": ["a"]})
    corpus = lines(tmp_path, "corpus", *CORPUS)
    result = CliRunner().invoke(app, ["eval", "retrieval", "--corpus", corpus, "--queries", queries])
    assert result.exit_code == 1
    assert "line 1" in result.output


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_figures_stay_between_0_and_1(rows: list[tuple[float, bool]]) -> None:
    scores, right = [score for score, _ in rows], [good for _, good in rows]
    assert 0 <= calibration_error(scores, right) <= 1
    assert all(0 <= figure <= 1 for figure in precision_recall_f1([s > 0.5 for s in scores], right))
    if any(right) and not all(right):
        assert 0 <= auroc(scores, right) <= 1
        assert auroc([-score for score in scores], right) == pytest.approx(1 - auroc(scores, right))


def test_a_forecast_that_is_right_as_often_as_it_says_has_no_calibration_error() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error([], []) == 0.0
