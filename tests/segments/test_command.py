"""`manage.py segment`."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from contacts.services.segments import create_segment
from tests.segments.people import NOW, customer


def run(*arguments):
    out = io.StringIO()
    call_command("segment", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def rule_file(tmp_path, there):
    def write(rule):
        path = tmp_path / "rule.json"
        path.write_text(rule if isinstance(rule, str) else json.dumps(rule), encoding="utf-8")
        return str(path)

    return write


def test_a_file_is_counted_and_said_in_words(rule_file):
    customer("Anna", order_days=3)
    customer("Bea", order_days=1)
    path = rule_file({"field": "order.count", "op": ">=", "value": 2})
    answer = json.loads(run(path, "--json"))
    assert answer["count"] == 1
    assert answer["milliseconds"] >= 0
    assert "≥ 2" in answer["words"]
    assert run(path).splitlines()[1].startswith("1 (")


def test_a_rule_comes_from_standard_input(rule_file, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"all": []}'))
    assert json.loads(run("-", "--json"))["count"] == 0


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"all": [{"field": "order.cuont", "op": ">=", "value": 2}]}, "order.count"),
        ("{", "不是 JSON"),
        ('{"not":' * 100_000, "不是 JSON"),
    ],
)
def test_a_bad_rule_is_answered_with_one_sentence(rule, sentence, rule_file):
    with pytest.raises(CommandError, match=sentence) as told:
        run(rule_file(rule))
    assert "\n" not in str(told.value)


def test_a_missing_file_is_said(db):
    with pytest.raises(CommandError, match="无法读取"):
        run("/nowhere/rule.json")


def test_a_saved_segment_is_counted_by_its_number_and_says_why_somebody_is_in(there):
    anna = customer("Anna", order_days=2)
    rule = {"all": [{"field": "order.count", "op": ">=", "value": 1}]}
    segment = create_segment(name="买过", rule=rule, now=NOW)
    told = run(str(segment.pk), "--why", anna.external_userid)
    assert "✓" in told
    assert "[2]" in told
    answer = json.loads(run(str(segment.pk), "--json", "--why", anna.external_userid))
    assert (answer["count"], answer["why"]["is_in"]) == (1, True)


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_a_segment_that_does_not_exist_is_said_so(there, number):
    with pytest.raises(CommandError, match=number):
        run(number)


def test_a_customer_nobody_knows_has_no_reasons(rule_file):
    path = rule_file({"field": "order.count", "op": ">=", "value": 1})
    with pytest.raises(CommandError, match="wm-nobody"):
        run(path, "--why", "wm-nobody")
