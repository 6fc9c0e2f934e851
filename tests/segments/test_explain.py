"""Rules and verdicts in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from contacts.selectors.audiences import why
from scrm.segments.explain import explain, yuan
from scrm.segments.fields import read_rule
from tests.segments.people import NOW, TODAY, customer


@pytest.fixture
def rule(there):
    return read_rule(
        {
            "all": [
                {"field": "stage", "op": "in", "value": ["silent"]},
                {
                    "any": [
                        {
                            "field": "tag",
                            "op": "any",
                            "value": [there.tags["甜"], there.tags["辣"]],
                        },
                        {"field": "order.revenue_fen", "op": ">=", "value": 50000},
                    ]
                },
                {"not": {"field": "order.last_on", "op": "within_days", "value": 30}},
            ]
        }
    )


def test_a_rule_reads_as_a_chinese_sentence(rule):
    with translation.override("zh-hans"):
        assert explain(rule) == (
            "生命周期阶段为 沉默 且（标签含任一 甜、辣 或 消费金额 ≥ ¥500）"
            "且 不满足（最近下单日期在最近 30 天内）"
        )


def test_a_rule_reads_as_an_english_sentence(rule):
    with translation.override("en"):
        assert explain(rule) == (
            "Lifecycle stage is Silent and (Tags has any of 甜, 辣 or Amount spent ≥ ¥500)"
            " and not (Last order on within the last 30 days)"
        )


def test_a_customer_is_told_condition_by_condition_with_her_own_values(there, rule):
    anna = customer(
        "Anna",
        stage="silent",
        tag_ids=[there.tags["华东"], there.tags["甜"]],
        revenue_fen=12_345,
        order_days=1,
        last_order_on=TODAY - timedelta(days=60),
    )
    with translation.override("en"):
        told = why(anna.pk, rule, NOW)
    assert told.is_in
    assert [(line.path, line.own, line.holds) for line in told.conditions] == [
        ("all[0]", "Silent", True),
        ("all[1].any[0]", "华东, 甜", True),
        ("all[1].any[1]", "¥123.45", False),
        ("all[2].not", "2026-01-09", False),
    ]


def test_an_empty_fact_is_said_to_be_empty(rule):
    newcomer = customer("New")
    with translation.override("en"):
        told = why(newcomer.pk, rule, NOW)
    assert not told.is_in
    assert [line.own for line in told.conditions] == ["New", "none", "¥0", "none"]


def test_somebody_without_facts_is_in_no_audience_and_has_no_reasons(rule):
    assert why(999_999_999, rule, NOW) is None


def test_a_long_list_is_cut(there):
    rule = read_rule({"field": "follow.add_way", "op": "any", "value": [*range(1, 7), 8, 9, 10]})
    with translation.override("en"):
        assert explain(rule).endswith("Search by e-mail and 1 more")


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "¥0"), (50_000, "¥500"), (123_450, "¥1,234.50"), (-5, "-¥0.05")],
)
def test_money_is_written_as_operators_do(fen, words):
    assert yuan(fen) == words
