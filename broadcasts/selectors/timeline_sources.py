"""What this app adds to the timeline of a customer: touches, clicks, missed welcomes."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext

from broadcasts.models import LinkClick, Touch, WelcomeDelivery
from contacts.models import Contact
from contacts.selectors.timeline import Entry, Source, Topic, register


def register_sources() -> None:
    """Called once, when the app is ready."""
    register(
        Source(
            "touch",
            lambda contact_id: Touch.objects.filter(contact=contact_id).select_related(
                "broadcast", "staff"
            ),
            "at",
            lambda rows: map(_touch_entry, rows),
            {Topic.TOUCHES: Q()},
        )
    )
    register(
        Source(
            "welcome",
            lambda contact_id: WelcomeDelivery.objects.filter(
                external_userid__in=Contact.objects.filter(pk=contact_id).values("external_userid"),
                state=WelcomeDelivery.State.MISSED,
            ),
            "received_at",
            lambda rows: map(_welcome_entry, rows),
            {Topic.TOUCHES: Q()},
        )
    )
    register(
        Source(
            "click",
            lambda contact_id: LinkClick.objects.filter(contact=contact_id).select_related(
                "link__broadcast"
            ),
            "at",
            lambda rows: map(_click_entry, rows),
            {Topic.TOUCHES: Q()},
        )
    )


def _click_entry(click: LinkClick) -> Entry:
    parts = [click.link.broadcast, click.link]
    return Entry(
        at=click.at,
        kind="click",
        title=gettext("Opened a link"),
        details=" · ".join(str(part) for part in parts if part),
        source="click",
        pk=click.pk,
        tone="green",
    )


def _touch_entry(touch: Touch) -> Entry:
    parts = [touch.broadcast, touch.staff, touch.get_touch_class_display()]
    return Entry(
        at=touch.at,
        kind="touch",
        title=gettext("Reached: %(channel)s") % {"channel": touch.get_channel_display()},
        details=" · ".join(str(part) for part in parts if part),
        source="touch",
        pk=touch.pk,
    )


def _welcome_entry(delivery: WelcomeDelivery) -> Entry:
    return Entry(
        at=delivery.received_at,
        kind="welcome_missed",
        title=gettext("Welcome missed"),
        details=str(delivery.get_reason_display()),
        source="welcome",
        pk=delivery.pk,
        tone="red",
    )
