"""The envelope: what goes on the wire, who reads what, and how old versions are brought up to date."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from libs.contracts.base import REGISTER, SYSTEM, Command, Event
from libs.contracts.catalogue import MODULES, contracts
from libs.contracts.envelope import Envelope, UnknownTypeError, schema_address, wrap
from libs.contracts.gateway import SetCredentials
from libs.contracts.upcasting import forget_upcaster, upcast, upcaster

MOMENT = datetime(2025, 11, 20, 14, 0, tzinfo=UTC)


def _command() -> SetCredentials:
    return SetCredentials(actor=SYSTEM, person_id="p1", email="a@example.org", password_hash="hash")


def _wrapped(**more: Any) -> Envelope:
    return wrap(_command(), id="m1", source="test", time=MOMENT, accountid="acc", **more)


@pytest.fixture
def versions() -> Iterator[tuple[type[Event], type[Event]]]:
    """Two versions of one event, the older with an upcaster."""

    class Moved1(Event, type="test.moved.v1"):
        where: str

    class Moved3(Event, type="test.moved.v3"):
        street: str
        town: str = ""

    @upcaster("test.moved.v1", "test.moved.v2")
    def _(data: dict[str, Any]) -> dict[str, Any]:
        street, _, town = data["where"].partition(", ")
        return {key: value for key, value in data.items() if key != "where"} | {
            "street": street,
            "town": town,
        }

    @upcaster("test.moved.v2", "test.moved.v3")
    def _(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "town": data["town"].title()}

    yield Moved1, Moved3
    for old in ("test.moved.v1", "test.moved.v2"):
        forget_upcaster(old)
    for name in ("test.moved.v1", "test.moved.v3"):
        del REGISTER[name]


def test_what_was_wrapped_is_read_back():
    again = Envelope.model_validate_json(_wrapped(subject="c1", sequence=3).encode())
    assert again.message() == _command()
    assert (again.id, again.subject, again.sequence, again.type) == ("m1", "c1", 3, "set_credentials.v1")
    assert again.dataschema == schema_address("set_credentials.v1")


def test_unset_attributes_are_left_out():
    assert set(json.loads(_wrapped().encode())) == {
        "specversion", "id", "source", "type", "time", "data", "datacontenttype", "dataschema", "accountid",
        "correlationid",
    }  # fmt: skip


def test_a_message_names_its_cause_and_keeps_the_correlation():
    first = _wrapped(traceparent="00-1-2-01")
    second = wrap(_command(), id="m2", source="test", time=MOMENT, accountid="acc", cause=first)
    third = wrap(_command(), id="m3", source="test", time=MOMENT, accountid="acc", cause=second)
    assert (second.causationid, second.correlationid, second.traceparent) == ("m1", "m1", "00-1-2-01")
    assert (third.causationid, third.correlationid) == ("m2", "m1")


def test_a_cause_from_elsewhere_without_correlation_is_the_correlation():
    foreign = Envelope(id="x", source="s", type="t", time=MOMENT, data={}, accountid="acc")
    assert (
        wrap(_command(), id="m", source="s", time=MOMENT, accountid="a", cause=foreign).correlationid == "x"
    )


def test_an_unknown_type_is_told_apart_from_bad_data():
    unknown = Envelope(id="x", source="s", type="never.heard.v9", time=MOMENT, data={}, accountid="acc")
    with pytest.raises(UnknownTypeError, match=r"never\.heard\.v9"):
        unknown.message()
    with pytest.raises(ValidationError):
        Envelope(id="x", source="s", type="set_credentials.v1", time=MOMENT, data={}, accountid="a").message()


def test_a_stored_event_of_version_one_is_read_as_the_newest(versions: tuple[type[Event], type[Event]]):
    stored = wrap(
        versions[0].model_validate({"actor": SYSTEM, "occurred_at": MOMENT, "where": "High Street, bath"}),
        id="m1",
        source="test",
        time=MOMENT,
        accountid="acc",
    ).encode()
    message = Envelope.model_validate_json(stored).message()
    assert isinstance(message, versions[1])
    assert message.model_dump(include={"street", "town"}) == {"street": "High Street", "town": "Bath"}


def test_an_upcaster_is_declared_once(versions: tuple[type[Event], type[Event]]):
    with pytest.raises(ValueError, match="has an upcaster already"):
        upcaster("test.moved.v1", "test.moved.v9")(lambda data: data)
    forget_upcaster("never.declared")


def test_what_needs_no_upcasting_stays_as_it_is():
    assert upcast("set_credentials.v1", {"a": 1}) == ("set_credentials.v1", {"a": 1})


def test_two_classes_cannot_have_one_type():
    with pytest.raises(TypeError, match="already the type of SetCredentials"):

        class Other(Command, type="set_credentials.v1"):
            pass


def test_a_base_without_a_type_is_not_registered():
    class Base(Command):
        pass

    assert Base.type == ""
    assert Base not in REGISTER.values()


def test_every_declared_message_has_a_schema_file_name():
    # Tests declare messages of their own.
    declared = {name: model for name, model in REGISTER.items() if not model.__module__.startswith("tests.")}
    assert {model.__module__ for model in declared.values()} == {module.__name__ for module in MODULES}
    assert set(declared) <= set(contracts())
