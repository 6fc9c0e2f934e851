"""The simulated corp lives at the tests' own moment."""

import pytest

from tests.broadcasts.rows import NOW


@pytest.fixture
def corp(corp):
    corp.state.clock.set(NOW)
    return corp
