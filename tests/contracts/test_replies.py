import json

from libs.contracts.base import Reply, reply_with, result_in
from libs.contracts.errors import DomainError, ErrorCode


def test_a_reply_is_written_around_its_result_and_found_again_unread():
    result = json.dumps({"a": None, "b": {"c": "}"}})
    body = reply_with(result)
    assert Reply.model_validate_json(body).result == {"a": None, "b": {"c": "}"}}
    assert result_in(body) == result.encode()


def test_a_fault_or_a_reply_written_in_another_way_is_to_be_read():
    fault = Reply(fault=DomainError(ErrorCode.INVALID, "no").fault())
    assert result_in(fault.model_dump_json(exclude_none=True).encode()) is None
    assert result_in(Reply(result={"a": 1}).model_dump_json().encode()) is None
    assert result_in(b'{ "result": {} }') is None
