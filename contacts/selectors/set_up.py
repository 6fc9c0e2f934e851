"""What the set-up check looks at in the directory: whose customers nobody sees (可见范围之外)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Exists, OuterRef
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from contacts.models import Follow, Staff
from scrm import wecom
from scrm.wecom import doctor

_SHOWN = 5


def staff_out_of_range(_now: datetime) -> doctor.Verdict:
    """Staff who left are not meant: theirs is the hand-over page."""
    seen = {userid.lower() for userid in wecom.get_gateway().follow_staff()}
    theirs = Follow.objects.filter(staff=OuterRef("pk"), status=Follow.Status.ACTIVE)
    serving = Staff.objects.exclude(status=Staff.Status.LEFT).filter(Exists(theirs))
    unseen = [
        (pk, str(name or userid))
        for pk, userid, name in serving.values_list("pk", "userid", "name")
        if userid.lower() not in seen
    ]
    if not unseen:
        return doctor.ok(_("none"))
    customers = Follow.objects.filter(
        staff__in=[pk for pk, _name in unseen], status=Follow.Status.ACTIVE
    ).aggregate(number=Count("pk"))["number"]
    names = ", ".join(name for _pk, name in unseen[:_SHOWN])
    return doctor.warn(
        format_lazy(
            _("{staff} staff with {customers} customers: {names}"),
            staff=len(unseen),
            customers=customers,
            names=names + (" …" if len(unseen) > _SHOWN else ""),
        ),
        _("Put them into the app's visible range (可见范围) and give them the customer function."),
        _("Who shall serve nobody any more hands the customers over first (在职继承)."),
    )


def register_checks() -> None:
    doctor.register(
        doctor.Check(
            "staff_out_of_range",
            doctor.Group.RANGE,
            _("Staff with customers outside the range"),
            staff_out_of_range,
            needs=("postgres", "follow_staff"),
            menu="应用管理 › 自建 › 可见范围",
            docs="docs/wecom.md#step-4-open-customer-contact-to-the-app",
        )
    )
