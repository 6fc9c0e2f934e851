"""Messages to workers while the broker is away."""

from __future__ import annotations

from time import monotonic

from celery import Celery
from django.template.loader import render_to_string

from scrm.health import heartbeat
from scrm.jobs import Messages


def test_a_broker_that_is_away_is_waited_for_once_and_not_for_each_message():
    nowhere = Celery("nowhere", broker="redis://127.0.0.1:9/0", set_as_current=False)
    messages = Messages(nowhere)
    began = monotonic()
    assert not any(messages.send("analytics.work_out", {"answer_id": n}) for n in range(50))
    # Each would take 0.2 s or more.
    assert monotonic() - began < 2


def test_a_page_that_waits_says_whether_anybody_is_at_it(rf, operator, settings):
    request = rf.get("/analytics/")
    request.user = operator
    heartbeat(queue="default")
    assert "Redis" not in render_to_string("analytics/waiting.html", request=request)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    away = render_to_string("analytics/waiting.html", request=request)
    assert "Redis" in away
    assert "/check-up/" in away
