"""Whoever looks at the figures is told when they are not current, or were wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import ContactMetrics, MetricsRun
from analytics.services.refresh import rebuild_metrics
from tests.analytics.building import contact, order, orders

pytestmark = pytest.mark.django_db


# Words of the three alarms, in the language of the console.
LATE, WRONG, FAILED = "指标最近一次刷新于", "的全量重算发现", "刷新失败"
ALARMS = {LATE, WRONG, FAILED}


def text(client, path):
    return client.get(path).content.decode()


def said(client, path):
    page = text(client, path)
    return {words for words in ALARMS if words in page}


def test_the_log_shows_runs_with_what_they_found_and_as_a_file(operator_client):
    now = timezone.now()
    alice = contact()
    orders(order(alice, now.date()))
    rebuild_metrics(now=now - timedelta(minutes=2))
    assert not ALARMS & said(operator_client, "/refreshes/")
    ContactMetrics.objects.update(revenue_fen=1)
    rebuild_metrics(now=now)
    page = text(operator_client, "/refreshes/")
    assert WRONG in said(operator_client, "/refreshes/")
    assert f'href="/contacts/{alice.pk}/"' in page
    answer = operator_client.get("/refreshes/refreshes.csv")
    assert len(b"".join(answer.streaming_content).splitlines()) == 3
    assert WRONG in said(operator_client, "/")
    assert WRONG in said(operator_client, "/analytics/")


def test_figures_nobody_refreshes_any_more_are_an_alarm_at_home(operator_client):
    now = timezone.now()
    orders(order(contact(), now.date()))
    rebuild_metrics(now=now - timedelta(minutes=4))
    assert not ALARMS & said(operator_client, "/")
    MetricsRun.objects.update(checked_at=now - timedelta(minutes=6))
    assert ALARMS & said(operator_client, "/") == {LATE}


def test_an_empty_shop_has_a_log_without_an_alarm(operator_client):
    assert not ALARMS & said(operator_client, "/refreshes/")
    assert 'class="empty"' in text(operator_client, "/refreshes/")
