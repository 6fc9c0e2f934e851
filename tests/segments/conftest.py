"""A small world for the tests of segments."""

import pytest

from tests.segments import people


@pytest.fixture
def there(db):
    """Tags, staff, departments, groups and products that rules can name."""
    return people.world()
