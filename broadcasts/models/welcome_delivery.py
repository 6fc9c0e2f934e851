"""What became of each welcome code (欢迎语发送记录)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WelcomeDelivery(models.Model):
    """One welcome code: sent, or missed with the reason. The code itself is never kept, only the
    digest that lets it be answered once.

    A row is written before WeCom is called. `is_calling`: a call was begun whose end nobody has
    recorded; `is_unsure`: an earlier call may have been heard, so that "taken" means delivered.
    """

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        MISSED = "missed", _("Missed")

    class Reason(models.TextChoices):
        NO_RULE = "no_rule", _("No welcome was for this customer")
        LATE = "late", _("We were too late: 20 seconds had passed")
        EXPIRED = "expired", _("WeCom: the code had expired")
        TAKEN = "taken", _("WeCom: another welcome was sent, or they were chatting already")
        CONTESTED = "contested", _("WeCom: another app was sending until the time was over")
        RATE_LIMITED = "rate_limited", _("Too many calls to WeCom")
        UNREACHABLE = "unreachable", _("WeCom could not be reached")
        MISCONFIGURED = "misconfigured", _("The WeCom settings are wrong")
        CONTENT = "content", _("WeCom did not accept the content")
        REFUSED = "refused", _("WeCom refused it for another reason")
        STOPPED = "stopped", _("All sending was stopped")
        UNKNOWN = "unknown", _("Nobody knows whether it arrived")

    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    external_userid = models.CharField(_("customer"), max_length=64)
    userid = models.CharField(_("userid"), max_length=64)
    channel_state = models.CharField(_("channel state"), max_length=64, blank=True)
    # Known once the customer is: when the touch is written.
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    staff = models.ForeignKey(
        "contacts.Staff",
        verbose_name=_("staff"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    welcome = models.ForeignKey(
        "broadcasts.Welcome",
        verbose_name=_("welcome"),
        null=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.SENDING)
    reason = models.CharField(_("reason"), max_length=13, choices=Reason, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    is_calling = models.BooleanField(default=False)
    is_unsure = models.BooleanField(default=False)
    is_bare = models.BooleanField(_("without pictures"), default=False)
    received_at = models.DateTimeField(_("added at"))
    claimed_at = models.DateTimeField(_("taken up at"))
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    delay_ms = models.PositiveIntegerField(_("delay (ms)"), null=True)

    class Meta:
        verbose_name = _("welcome delivery")
        verbose_name_plural = _("welcome deliveries")
        constraints = [
            models.CheckConstraint(
                name="welcome_delivery_state_known",
                condition=Q(state__in=["sending", "sent", "missed"]),
            ),
            models.CheckConstraint(
                name="welcome_delivery_reason_known",
                condition=Q(
                    reason__in=[
                        *("", "no_rule", "late", "expired", "taken", "contested", "rate_limited"),
                        *("unreachable", "misconfigured", "content", "refused", "unknown"),
                        "stopped",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="welcome_delivery_reason_iff_missed",
                condition=Q(state="missed") ^ Q(reason=""),
            ),
            models.CheckConstraint(
                name="welcome_delivery_open_iff_sending",
                condition=Q(state="sending", finished_at__isnull=True, next_at__isnull=False)
                | (~Q(state="sending") & Q(finished_at__isnull=False, next_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="welcome_delivery_delay_iff_sent",
                condition=Q(state="sent", delay_ms__isnull=False)
                | (~Q(state="sent") & Q(delay_ms__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="welcome_newest_first"),
            models.Index(
                fields=["next_at"], condition=Q(state="sending"), name="welcome_still_open"
            ),
            models.Index(
                fields=["external_userid"],
                condition=Q(state="sent", contact__isnull=True),
                name="welcome_without_touch",
            ),
            # For the timeline of a customer.
            models.Index(
                fields=["external_userid", "-received_at"],
                condition=Q(state="missed"),
                name="welcome_missed_of_customer",
            ),
        ]


class WelcomeWatch(models.Model):
    """How far the inbox of callbacks was searched for codes that nobody answered; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    searched_until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="welcome_watch_one_row", condition=Q(id=1))]
