"""Does the background work keep up: workers, sync, inbox?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm import health
from scrm.wecom.doctor.findings import Group, Verdict, Words, fail, ok, warn
from scrm.wecom.doctor.registry import Check
from scrm.wecom.models import CallbackEvent, SyncRun

DOCS = "docs/operations.md#what-runs"

_SYNC_AGE = timedelta(hours=26)  # one a night, and some hours for a slow one
_STILL = timedelta(minutes=10)
_OVERDUE = timedelta(minutes=5)
_RECENT = timedelta(days=7)


def workers(_now: datetime) -> Verdict:
    queues = (*settings.QUEUES, health.WELCOMES)
    silent = [queue for queue in queues if not health.worker_lives(queue)]
    if silent:
        return fail(
            format_lazy(_("No worker for {queues}"), queues=", ".join(silent)),
            _("Start the workers: make run, or docker compose up -d; look into their logs."),
        )
    return ok(", ".join(queues))


def beat(_now: datetime) -> Verdict:
    if not health.beat_lives():
        return fail(
            _("The clock of the background work stands still"),
            _("Start beat: make run, or docker compose up -d; look into its log."),
        )
    return ok()


def sync(now: datetime) -> Verdict:
    runs = SyncRun.objects.order_by("-started_at")
    done = runs.filter(state=SyncRun.State.DONE).first()
    last = runs.exclude(state=SyncRun.State.RUNNING).first()
    if done is None or done.finished_at is None:
        return warn(
            _("Nothing has been synced yet."),
            _("Open 设置 › 同步日志 and start a full sync, or run manage.py sync --full."),
        )
    seen = format_lazy(
        _("last one finished at {moment}"),
        moment=f"{timezone.localtime(done.finished_at):%Y-%m-%d %H:%M}",
    )
    if last is not None and last.state == SyncRun.State.FAILED:
        reason = str(last.errors[-1]) if last.errors else ""
        return fail(
            format_lazy(_("The last sync failed: {reason}"), reason=reason),
            _("Mend what the sync log says and start it again."),
        )
    if now - done.finished_at > _SYNC_AGE:
        return warn(seen, _("Look into the sync log why the nightly sync did not run."))
    return ok(seen)


def stuck(now: datetime) -> Verdict:
    run = SyncRun.objects.filter(state=SyncRun.State.RUNNING).first()
    if run is None:
        return ok(_("none is running"))
    if now - run.progressed_at > _STILL:
        return fail(
            format_lazy(
                _("The running sync has not moved since {moment}"),
                moment=f"{timezone.localtime(run.progressed_at):%Y-%m-%d %H:%M}",
            ),
            _("A worker takes it up by itself; if none does, start the workers or cancel it."),
        )
    return ok(_("running and moving"))


def inbox(now: datetime) -> Verdict:
    waiting = CallbackEvent.objects.filter(
        state=CallbackEvent.State.NEW, due_at__lte=now - _OVERDUE
    ).count()
    if waiting:
        return fail(
            format_lazy(_("{number} callbacks wait for longer than five minutes"), number=waiting),
            _("Start the worker of the queue callbacks; the callback log shows what waits."),
        )
    return ok(_("no callback is late"))


def failed_callbacks(now: datetime) -> Verdict:
    failed = CallbackEvent.objects.filter(
        state=CallbackEvent.State.FAILED, received_at__gte=now - _RECENT
    ).count()
    if failed:
        return warn(
            format_lazy(_("{number} callbacks could not be handled in seven days"), number=failed),
            _("Open 设置 › 回调日志, read the error, and replay them."),
        )
    return ok(_("none in seven days"))


def _check(
    name: str, title: Words, look: Callable[[datetime], Verdict], *needs: str, menu: str = ""
) -> Check:
    return Check(name, Group.WORK, title, look, needs=needs, menu=menu, docs=DOCS)


CHECKS = (
    _check("workers", _("Workers"), workers, "redis"),
    _check("beat", _("Scheduler"), beat, "redis"),
    _check("sync", _("Sync"), sync, "postgres"),
    _check("sync_moves", _("Running sync"), stuck, "postgres"),
    _check("callbacks_waiting", _("Callbacks in time"), inbox, "postgres"),
    _check("callbacks_failed", _("Callbacks failed"), failed_callbacks, "postgres"),
)
