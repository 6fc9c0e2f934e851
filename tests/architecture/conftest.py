"""One world for the walks over all addresses."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from tests.architecture.world import world


@pytest.fixture(scope="module")
def lasting_world(django_db_setup, django_db_blocker):
    """The world, written once for a module whose tests undo whatever they do to it."""
    with django_db_blocker.unblock():
        made = world()
    yield made
    with django_db_blocker.unblock():
        # Numbers are not given out twice: a process remembers definitions by theirs.
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
