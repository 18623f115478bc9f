from tests.coverage_limits import shortfalls


def _report(name: str, *, missing: list[int], percent: float) -> dict[str, object]:
    return {
        "files": {name: {"missing_lines": missing, "missing_branches": []}},
        "totals": {"percent_covered": percent},
    }


def test_a_missing_line_in_domain_is_a_shortfall() -> None:
    report = _report("services/ai/domain/words.py", missing=[3], percent=99.0)
    assert shortfalls(report) == ["services/ai/domain/words.py: lines [3] and branches [] are not covered"]


def test_a_missing_line_in_an_adapter_is_none_while_the_whole_is_covered() -> None:
    assert shortfalls(_report("services/ai/adapters/mongo.py", missing=[3], percent=90.0)) == []
    assert shortfalls(_report("services/ai/adapters/mongo.py", missing=[3], percent=89.9)) == [
        "over all: 89.9 % is below 90 %"
    ]
