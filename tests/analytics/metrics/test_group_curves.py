import numpy as np
import pytest

from analytics.metrics.group_curves import LEAST_PEOPLE, compare_groups
from analytics.metrics.survival import Durations, kaplan_meier, log_rank


@pytest.fixture(scope="module")
def groups():
    generator = np.random.default_rng(2)
    return {
        name: Durations.of(
            np.minimum(days := generator.exponential(mean, people), 100), days <= 100
        )
        for name, mean, people in (("short", 40, 300), ("long", 120, 500), ("tiny", 40, 20))
    }


def test_groups_stand_by_size_with_what_is_left_of_them(groups):
    found = compare_groups(groups)
    assert [group.name for group in found.groups] == ["long", "short"]
    curve = kaplan_meier(groups["short"])
    assert [left.share for left in found.groups[1].left] == pytest.approx(curve.at([7, 30, 90]))
    assert all(left.low < left.share < left.high for left in found.groups[1].left)


def test_one_test_over_all_groups_that_are_large_enough(groups):
    found = compare_groups(groups).test
    assert found == log_rank([groups["long"], groups["short"]])
    assert found.p_value < 1e-6


def test_nothing_is_tested_where_nothing_ended_or_one_group_stands_alone():
    people = [5] * LEAST_PEOPLE
    calm = Durations.of(people, [0] * LEAST_PEOPLE)
    found = compare_groups({"a": calm, "b": calm})
    assert found.test is None
    # All of them are still friends on day 0, and nobody was watched for a month.
    assert [group.left for group in found.groups] == [(None, None, None)] * 2
    assert compare_groups({"a": calm}).test is None
    assert compare_groups({}).groups == ()
