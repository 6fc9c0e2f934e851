"""Background tasks of broadcasts: each finds its row and calls one verb."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from broadcasts.services import (
    dispatch,
    harm,
    journey_enrolments,
    journey_exits,
    journey_tick,
    media,
    operator_notices,
    webhook_delivery,
    webhook_feed,
    welcome_recovery,
)
from broadcasts.services import tick as heartbeat


@shared_task(name="broadcasts.tick")
def tick(**_future: object) -> None:
    heartbeat.tick(now=timezone.now())


@shared_task(name="broadcasts.deliver_batch")
def deliver_batch(*, batch_id: int, **_future: object) -> None:
    dispatch.deliver_batch(batch_id=batch_id, now=timezone.now())


@shared_task(name="broadcasts.renew_media")
def renew_media(**_future: object) -> None:
    media.renew_media(now=timezone.now())


@shared_task(name="broadcasts.account_for_welcomes")
def account_for_welcomes(**_future: object) -> None:
    welcome_recovery.record_missed(now=timezone.now())
    welcome_recovery.record_touches(now=timezone.now())


@shared_task(name="broadcasts.watch_harm")
def watch_harm(**_future: object) -> None:
    harm.look(now=timezone.now())


@shared_task(name="broadcasts.count_usual_losses")
def count_usual_losses(**_future: object) -> None:
    harm.count_usual_losses(now=timezone.now())


@shared_task(name="broadcasts.send_notices")
def send_notices(**_future: object) -> None:
    operator_notices.send_due(now=timezone.now())


@shared_task(name="broadcasts.collect_webhooks")
def collect_webhooks(**_future: object) -> None:
    webhook_feed.collect(now=timezone.now())


@shared_task(name="broadcasts.deliver_webhooks")
def deliver_webhooks(**_future: object) -> None:
    webhook_delivery.deliver_due(now=timezone.now())


@shared_task(name="broadcasts.tidy_webhooks")
def tidy_webhooks(**_future: object) -> None:
    webhook_delivery.switch_off_dead(now=timezone.now())
    webhook_delivery.forget_old(now=timezone.now())


@shared_task(name="broadcasts.advance_journeys")
def advance_journeys(**_future: object) -> None:
    journey_tick.advance(now=timezone.now())


@shared_task(name="broadcasts.survey_journeys")
def survey_journeys(**_future: object) -> None:
    journey_tick.survey(now=timezone.now())


@shared_task(name="broadcasts.enrol_into_journeys")
def enrol_into_journeys(**_future: object) -> None:
    journey_enrolments.work_enrolments(now=timezone.now())


@shared_task(name="broadcasts.end_journeys_by_rule")
def end_journeys_by_rule(**_future: object) -> None:
    journey_exits.leave_by_rules(now=timezone.now())
