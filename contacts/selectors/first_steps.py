"""What a new installation still has to do, in order (新手引导)."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Order, Segment
from scrm.wecom.models import CheckUp, SyncRun


@dataclass(frozen=True)
class FirstStep:
    """One step; `page` is the name of the console page where it is done."""

    title: str | Promise
    why: str | Promise
    page: str
    permission: str
    is_done: bool


def first_steps() -> list[FirstStep]:
    """All steps, done or not; an existence query each."""
    # The floor above is only named, never imported.
    broadcasts = apps.get_model("broadcasts", "Broadcast")
    return [
        *([] if settings.WECOM_SIMULATED else [_connect()]),
        FirstStep(
            _("Pull customers from WeCom"),
            _("Departments, staff, customers, tags and groups."),
            "sync",
            "wecom.run_sync",
            SyncRun.objects.filter(state=SyncRun.State.DONE).exists(),
        ),
        FirstStep(
            _("Import the shop's orders"),
            _("Value, repurchase and lifecycle follow from them."),
            "order-import",
            "contacts.add_order",
            Order.objects.exists(),
        ),
        FirstStep(
            _("Save a first segment"),
            _("Say in a rule whom you want to talk to."),
            "segment-new",
            "contacts.add_segment",
            Segment.objects.exists(),
        ),
        FirstStep(
            _("Send a first broadcast"),
            _("Look at the dry run before anything leaves."),
            "broadcast-new",
            "broadcasts.add_broadcast",
            broadcasts.objects.exists(),
        ),
    ]


def _connect() -> FirstStep:
    """Only a real corp has to be connected by hand."""
    return FirstStep(
        _("Connect your corp"),
        _("Settings, trusted IP, callbacks: the check tells what is missing."),
        "check-up",
        "wecom.run_doctor",
        CheckUp.objects.filter(failed=0).exists(),
    )
