"""The registry of limits, and holding a subject that was told to wait."""

from __future__ import annotations

import pytest

from scrm.ratelimit import holds, limits
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import client


def test_every_limit_says_where_its_figures_come_from():
    assert "wecom.api" in [limit.name for limit in limits.registered()]
    assert all(limit.source for limit in limits.registered())


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


class TestHolds:
    limit = Limit("test")

    @pytest.fixture(autouse=True)
    def _empty_store(self):
        client().flushdb()

    def test_a_held_subject_is_listed_with_the_seconds_left(self):
        holds.hold(self.limit, "api", seconds=60, most=3600)
        assert list(holds.left(self.limit)) == ["api"]
        assert 59 < holds.left(self.limit)["api"] <= 60
        assert holds.left(Limit("other")) == {}

    def test_holding_again_meanwhile_changes_nothing(self):
        holds.hold(self.limit, "api", seconds=60, most=3600)
        assert holds.hold(self.limit, "api", seconds=60, most=3600) <= 60

    def test_each_time_again_soon_after_is_twice_as_long_up_to_the_most(self):
        spans = []
        for _ in range(4):
            spans.append(holds.hold(self.limit, "api", seconds=60, most=300))
            client().delete("held:{test}")  # the hold is over
        assert spans == [60, 120, 240, 300]
