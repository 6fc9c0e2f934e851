"""Fixtures every test may use; few, and real."""

from __future__ import annotations

import os

import pytest
import redis as redis_client
from django.conf import settings

from scrm.embedded.home import Home
from tests import build
from tests.simulated import SimulatedCorp


def pytest_configure():
    # A million rounds a password protect people, not the operators of a test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each client starts the middleware anew; looking up all static files every time took longer
    # than most answers. This way they are looked for when one is asked for.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def django_db_keepdb():
    """Our own server goes with everything in it, so its test database need not be dropped."""
    return os.environ["DATABASE_URL"] == Home.from_environment().database_url


@pytest.fixture(autouse=True)
def _empty_redis(request, settings):
    """Limits, tokens and queues of one test are not another's."""
    if "db" in request.fixturenames or "corp" in request.fixturenames:
        client = redis_client.Redis.from_url(settings.REDIS_URL)
        client.flushdb()
        client.close()


@pytest.fixture
def operator(db):
    """An administrator of the console."""
    return build.operator()


@pytest.fixture
def operator_client(client, operator):
    """A browser-like client that is logged in as `operator`."""
    client.force_login(operator)
    return client


@pytest.fixture
def corp(settings):
    """An empty simulated corp over real HTTP; the product is pointed at it."""
    simulated = SimulatedCorp().start()
    settings.WECOM_BASE_URL = simulated.api
    yield simulated
    simulated.stop()
