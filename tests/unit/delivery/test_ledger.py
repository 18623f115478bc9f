import pytest

from tests.unit.delivery.fakes import InMemoryLedger
from tests.unit.delivery.ledger_suite import LedgerSuite


class TestInMemoryLedger(LedgerSuite):
    @pytest.fixture
    def ledger(self):
        return InMemoryLedger()
