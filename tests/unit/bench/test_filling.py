import bson
import pytest

from tests.bench.filling import derived, recorded


@pytest.mark.parametrize("number", [0, 7, 11, 12, 999, 99_999])
def test_what_fills_the_store_is_what_the_service_would_have_written(number: int) -> None:
    for made, wanted in zip(derived(number), recorded(number), strict=True):
        made_all, wanted_all = (one if isinstance(one, list) else [one] for one in (made, wanted))
        assert [bson.encode(one) for one in made_all] == [bson.encode(one) for one in wanted_all]
