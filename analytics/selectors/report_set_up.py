"""What the set-up check looks at for scheduled reports: the mail server, sendings that failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from analytics.models import ReportPlan, ReportSending
from scrm.outgoing import mail
from scrm.wecom import doctor

_LATELY = timedelta(days=7)


def mail_server(_now: datetime) -> doctor.Verdict:
    """Logs in and leaves; sends nothing."""
    if not mail.is_set_up():
        waiting = ReportPlan.objects.filter(is_active=True, channel=ReportPlan.Channel.MAIL)
        number = waiting.count()
        if not number:
            return doctor.ok(_("none set; reports go by WeCom"))
        return doctor.fail(
            format_lazy(_("none set, and {number} reports are to go by mail"), number=number),
            _("Set SCRM_MAIL_HOST and the other SCRM_MAIL_… values, and start the product anew."),
        )
    try:
        mail.check()
    except mail.MailRefused as error:
        return doctor.fail(
            str(error),
            _(
                "Look at SCRM_MAIL_HOST, SCRM_MAIL_PORT and SCRM_MAIL_SECURITY, then at the password."
            ),
            _("Many mail providers want a password of its own for programs (授权码)."),
        )
    return doctor.ok(_("takes our log-in"))


def reports_arrive(now: datetime) -> doctor.Verdict:
    bad = ReportSending.objects.filter(
        state__in=[ReportSending.State.FAILED, ReportSending.State.UNKNOWN],
        created_at__gte=now - _LATELY,
    )
    number = bad.count()
    if not number:
        return doctor.ok(_("none failed in 7 days"))
    return doctor.warn(
        format_lazy(_("{number} reports failed in 7 days"), number=number),
        _("Open 数据 › 定时报表: each failed sending says why."),
    )


def register_checks() -> None:
    for name, group, title, look in (
        ("mail_server", doctor.Group.MACHINE, _("Mail server"), mail_server),
        ("reports_arrive", doctor.Group.WORK, _("Scheduled reports"), reports_arrive),
    ):
        doctor.register(
            doctor.Check(
                name,
                group,
                title,
                look,
                needs=("postgres",),
                docs="docs/operations.md#scheduled-reports-定时报表",
            )
        )
