import pytest

from tests.unit.notify.fakes import InMemoryFrames
from tests.unit.notify.frames_suite import FramesSuite


class TestInMemoryFrames(FramesSuite):
    @pytest.fixture
    def frames(self):
        return InMemoryFrames()
