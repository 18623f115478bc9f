import pytest

from tests.unit.runtime.blobs_suite import BlobsSuite
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs


@pytest.fixture
def blobs() -> InMemoryBlobs:
    return InMemoryBlobs()


class TestInMemoryBlobs(BlobsSuite):
    pass
