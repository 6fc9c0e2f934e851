"""Define what customers may switch off (主题管理)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from contacts.models import Topic
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput


@transaction.atomic
def save_topic(
    *,
    name: str,
    description: str,
    is_active: bool,
    operator: Operator,
    now: datetime,
    topic_id: int | None = None,
) -> Topic:
    """Make a topic, or change one. One that is not offered any more keeps what customers said of
    it. Raises InvalidInput for a name that is empty, too long or taken; Topic.DoesNotExist.
    """
    name, description = " ".join(name.split()), description.strip()
    if not name or len(name) > 32:
        raise InvalidInput(_("A name has 1 to 32 characters."), field="name")
    if len(description) > 128:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": 128}, field="description")
    if topic_id is None:
        last = Topic.objects.aggregate(last=Max("order"))["last"] or 0
        topic = Topic(order=last + 1)
    else:
        topic = Topic.objects.select_for_update().get(pk=topic_id)
    topic.name, topic.description, topic.is_active = name, description, is_active
    try:
        with transaction.atomic():
            topic.save()
    except IntegrityError as error:
        raise InvalidInput(_("There is a topic of this name."), field="name") from error
    record_act(
        action="topic.create" if topic_id is None else "topic.change",
        operator=operator,
        now=now,
        subject=topic,
        details={"name": name, "is_active": is_active},
    )
    return topic
