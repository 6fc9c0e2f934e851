"""`/healthz`: what answers, what is missing."""

from __future__ import annotations

from django.conf import settings

from scrm.health import WELCOMES, heartbeat, say_alive


def test_everything_there_is_ok(client, db, corp):
    for queue in settings.QUEUES:
        heartbeat(queue=queue)
    say_alive(WELCOMES)
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "components": dict.fromkeys(("postgres", "redis", "worker", "beat", "wecom"), "ok"),
    }


def test_a_queue_without_worker_counts_as_down(client, db, corp):
    for queue in settings.QUEUES[1:]:
        heartbeat(queue=queue)
    say_alive(WELCOMES)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert response.json()["components"]["worker"] == "down"
    assert response.json()["components"]["beat"] == "ok"


def test_a_worker_of_welcomes_that_is_gone_counts_as_down(client, db, corp):
    for queue in settings.QUEUES:
        heartbeat(queue=queue)
    assert client.get("/healthz").json()["components"]["worker"] == "down"


def test_wecom_out_of_reach_is_named(client, db, corp):
    corp.stop()
    assert client.get("/healthz").json()["components"]["wecom"] == "down"
