"""Send again what of a report surely did not arrive (补发报表), to those it did not reach alone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import ReportMessage, ReportSending
from analytics.selectors.report_plans import obstacle
from analytics.services.report_plans import ReportClosed
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit


def send_rest(*, sending: ReportSending, operator: Operator, now: datetime) -> None:
    """Take up its refused messages again, with the files as they were made; what arrived, or may have,
    is left alone. Raises ReportClosed when there is nothing to send, or something in the way.
    """
    with transaction.atomic():
        rows = ReportSending.objects.select_for_update(of=("self",)).select_related("plan__owner")
        locked = rows.get(pk=sending.pk)
        if locked.finished_at is None:
            raise ReportClosed(_("One of it is being sent already."))
        reason = _("The report was removed meanwhile.") if locked.plan.removed_at else ""
        reason = reason or obstacle(locked.plan)
        if reason:
            raise ReportClosed(reason)
        if not locked.files.exists() or locked.files.filter(content=None).exists():
            raise ReportClosed(_("Its files are gone. “Send now” makes new ones."))
        failed = locked.messages.filter(state=ReportMessage.State.FAILED)
        if not failed.update(state=ReportMessage.State.PLANNED):
            raise ReportClosed(_("Nothing of it was refused."))
        locked.state, locked.finished_at, locked.due_at = ReportSending.State.SENDING, None, now
        locked.save(update_fields=["state", "finished_at", "due_at"])
        record_act(
            action="report.send_rest",
            operator=operator,
            now=now,
            subject=locked.plan,
            details={"sending": locked.pk},
        )
        enqueue_on_commit("analytics.send_reports")
