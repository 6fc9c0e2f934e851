"""Tell chosen staff of lost customers by app messages (删人提醒)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from contacts.models import Follow, LossAlert, LossAlertSettings, Staff, ToldLoss
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

_MOST_LOSSES = 200
_NAMED = 10
# WeCom drops an equal message within this time, so a lost answer does no harm.
_ONCE_WITHIN = timedelta(hours=4)
_GIVE_UP = timedelta(hours=3)


def set_loss_alerts(
    *,
    tells_removals: bool,
    tells_unfriending: bool,
    receivers: Sequence[str],
    operator: Operator,
    now: datetime,
) -> LossAlertSettings:
    """Choose who is told of which losses from now on. Raises InvalidInput."""
    userids = sorted(set(receivers))
    known = set(Staff.objects.filter(userid__in=userids).values_list("userid", flat=True))
    if unknown := [userid for userid in userids if userid not in known]:
        raise InvalidInput(
            gettext("Nobody of the staff has the userid %(userid)s.") % {"userid": unknown[0]},
            field="receivers",
        )
    if (tells_removals or tells_unfriending) and not userids:
        raise InvalidInput(gettext("Choose at least one receiver."), field="receivers")
    row = LossAlertSettings.objects.filter(pk=1).first() or LossAlertSettings()
    row.tells_removals, row.tells_unfriending = tells_removals, tells_unfriending
    row.receivers, row.since = userids, now
    with transaction.atomic():
        row.save()
        record_act(
            action="loss_alert.change",
            operator=operator,
            now=now,
            details={
                "removals": tells_removals,
                "unfriending": tells_unfriending,
                "receivers": userids,
            },
        )
    return row


def tell_losses(*, now: datetime) -> int:
    """Write the message about losses nobody was told of, then send what waits. Answers how many
    messages were sent.
    """
    _write_message(now=now)
    waiting = LossAlert.objects.filter(state=LossAlert.State.SENDING).order_by("pk")
    return sum(_send(alert, now=now) for alert in waiting[:20])


@transaction.atomic
def _write_message(*, now: datetime) -> None:
    row = LossAlertSettings.objects.select_for_update().filter(pk=1).first()
    if row is None or not row.receivers:
        return
    kinds = []
    if row.tells_removals:
        kinds.append(Follow.Status.DELETED_BY_STAFF)
    if row.tells_unfriending:
        kinds.append(Follow.Status.DELETED_BY_CONTACT)
    told = ToldLoss.objects.filter(follow=OuterRef("pk"), ended_at=OuterRef("ended_at"))
    losses = list(
        Follow.objects.filter(~Exists(told), status__in=kinds, ended_at__gte=row.since)
        .select_related("contact", "staff")
        .order_by("ended_at", "pk")[:_MOST_LOSSES]
    )
    if not losses:
        return
    with translation.override(django_settings.LANGUAGE_CODE):
        text = _words(losses)
    alert = LossAlert.objects.create(receivers=row.receivers, text=text, created_at=now)
    ToldLoss.objects.bulk_create(
        ToldLoss(follow=loss, ended_at=loss.ended_at, alert=alert)
        for loss in losses
        if loss.ended_at
    )


def _words(losses: Sequence[Follow]) -> str:
    head = ngettext("%(number)d lost customer", "%(number)d lost customers", len(losses)) % {
        "number": len(losses)
    }
    lines = [_line(loss) for loss in losses[:_NAMED]]
    if len(losses) > _NAMED:
        lines.append(gettext("… and %(number)d more") % {"number": len(losses) - _NAMED})
    return "\n".join([head, *lines])


def _line(loss: Follow) -> str:
    names = {
        "at": timezone.localtime(loss.ended_at).strftime("%m-%d %H:%M"),
        "staff": str(loss.staff)[:30],
        "customer": loss.contact.name[:30],
    }
    if loss.status == Follow.Status.DELETED_BY_STAFF:
        return gettext("%(at)s %(staff)s removed %(customer)s") % names
    return gettext("%(at)s %(customer)s unfriended %(staff)s") % names


def _send(alert: LossAlert, *, now: datetime) -> bool:
    if now - alert.created_at > _GIVE_UP:
        _end(alert, LossAlert.State.FAILED, now=now, error=alert.error or "too late")
        return False
    LossAlert.objects.filter(pk=alert.pk).update(tried_at=now)
    try:
        wecom.get_gateway().send_app_message(
            wecom.AppMessage.text(alert.text), userids=alert.receivers, once_within=_ONCE_WITHIN
        )
    except wecom.WeComError as error:
        is_final = not (error.retryable or isinstance(error, wecom.OutcomeUnknown))
        state = LossAlert.State.FAILED if is_final else LossAlert.State.SENDING
        _end(alert, state, now=now, error=str(error))
        return False
    _end(alert, LossAlert.State.SENT, now=now)
    return True


def _end(alert: LossAlert, state: str, *, now: datetime, error: str = "") -> None:
    LossAlert.objects.filter(pk=alert.pk, state=LossAlert.State.SENDING).update(
        state=state, tried_at=now, error=error[:256]
    )
