"""The command, the clock's tasks and the dictionary of figures."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from analytics import tasks
from analytics.metrics.registry import METRICS
from analytics.models import ContactMetrics, MetricsRun, RfmCuts
from analytics.schedule import SCHEDULE
from scrm.celery import app
from tests.analytics.building import contact, order, orders

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def refreshed(*options):
    out = io.StringIO()
    call_command("refresh_metrics", "--json", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.django_db
def test_the_command_refreshes_what_changed_and_says_so():
    today = timezone.localdate()
    orders(order(contact(), today, imported_at=timezone.now() - timedelta(hours=1)))
    assert refreshed()["kind"] == "rebuild"
    assert refreshed() == {"refreshed": False}
    orders(order(contact(), today, imported_at=timezone.now()))
    found = refreshed()
    assert (found["kind"], found["changed"]) == ("incremental", 1)


@pytest.mark.django_db
def test_a_rebuild_by_command_also_says_what_a_forecast_lacks():
    orders(order(contact(), timezone.localdate()))
    found = refreshed("--rebuild")
    assert found["buyers"] == 1
    assert not found["fitted"]
    assert found["reason"] == "not enough orders"


@pytest.mark.django_db
def test_the_tasks_do_what_the_command_does():
    orders(order(contact(), timezone.localdate()))
    tasks.refresh_changed(added_by_a_later_version=True)
    assert ContactMetrics.objects.count() == 1
    tasks.rebuild()
    tasks.fit()
    assert set(MetricsRun.objects.values_list("changed", flat=True)) == {1, 0}
    assert RfmCuts.objects.get().buyers == 1


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    for entry in SCHEDULE.values():
        assert entry["task"] in app.tasks


def test_the_document_names_every_figure():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [key for key in METRICS if f"`{key}`" not in text] == []
