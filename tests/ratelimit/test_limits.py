"""The registry of limits."""

from __future__ import annotations

import pytest

from scrm.ratelimit import limits
from scrm.ratelimit.limits import Limit, Quota, Window


def test_every_limit_says_where_its_figures_come_from_and_has_a_name_on_the_console():
    assert "wecom.api" in [limit.name for limit in limits.registered()]
    assert all(limit.source for limit in limits.registered())
    assert all(limit.label for limit in limits.registered())


def test_every_bound_of_a_limit_is_a_number_of_calls():
    bounds = [bound for limit in limits.registered() for bound in limit.bounds]
    assert all(isinstance(bound, Window | Quota) and bound.calls > 0 for bound in bounds)


def test_a_name_stands_once():
    with pytest.raises(ValueError, match="twice"):
        limits.register(Limit("wecom.api", source="again"))


def test_a_limit_without_a_source_is_refused():
    with pytest.raises(ValueError, match="figures"):
        limits.register(Limit("test.unfounded", (Window(1, 1),)))


def test_the_limit_of_the_api_follows_the_settings(settings):
    assert limits.get("wecom.api").windows == (
        Window(60, settings.WECOM_CALLS_PER_MINUTE),
        Window(3600, settings.WECOM_CALLS_PER_HOUR),
    )
