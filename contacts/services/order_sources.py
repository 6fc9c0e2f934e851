"""Shops that send their orders themselves (订单来源): their secrets, on and off."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import OrderSource
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.signatures import derived_secret
from scrm.typed import one_line

# How long the secret before the last renewal still opens: time to change it in the shop.
OVERLAP = timedelta(hours=24)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LONGEST_LABEL = 64
_MOST_SOURCES = 50


def secret_of(source: OrderSource) -> str:
    """The present secret."""
    return derived_secret("contacts.order_source", source.public_id, source.secret_version)


def secrets_of(source: OrderSource, *, now: datetime) -> list[str]:
    """Every secret that opens at this moment, the present one first."""
    secrets = [secret_of(source)]
    if source.rotated_at is not None and now < source.rotated_at + OVERLAP:
        before = source.secret_version - 1
        secrets.append(derived_secret("contacts.order_source", source.public_id, before))
    return secrets


def create_source(*, name: str, label: str, operator: Operator, now: datetime) -> OrderSource:
    """A new shop; orders of files under the same short name are the same shop's.

    Raises InvalidInput (name, label).
    """
    name, label = name.strip(), one_line(label)
    if not _NAME.fullmatch(name):
        message = _("Small letters, digits, “-” and “_”, at most 32.")
        raise InvalidInput(message, field="name")
    if not label or len(label) > _LONGEST_LABEL:
        message = _("A name of at most %(most)d characters.") % {"most": _LONGEST_LABEL}
        raise InvalidInput(message, field="label")
    if OrderSource.objects.count() >= _MOST_SOURCES:
        message = _("There are %(most)d sources already.") % {"most": _MOST_SOURCES}
        raise InvalidInput(message, field="name")
    try:
        with transaction.atomic():
            source = OrderSource.objects.create(
                name=name, label=label, created_by=operator, created_at=now
            )
            _log("order_source.create", source, operator, now, name=name)
    except IntegrityError:
        raise InvalidInput(_("This short name is taken."), field="name") from None
    return source


def renew_secret(*, source: OrderSource, operator: Operator, now: datetime) -> None:
    """Another secret; the present one still opens for a day."""
    with transaction.atomic():
        locked = OrderSource.objects.select_for_update().get(pk=source.pk)
        locked.secret_version += 1
        locked.rotated_at = now
        locked.save(update_fields=["secret_version", "rotated_at"])
        _log("order_source.renew_secret", locked, operator, now)


def switch_source(*, source: OrderSource, active: bool, operator: Operator, now: datetime) -> bool:
    """Take what it sends, or refuse it; False when it was so already."""
    with transaction.atomic():
        others = OrderSource.objects.filter(pk=source.pk).exclude(is_active=active)
        if not others.update(is_active=active):
            return False
        _log(f"order_source.{'activate' if active else 'deactivate'}", source, operator, now)
    return True


def _log(
    action: str, source: OrderSource, operator: Operator, now: datetime, **details: Any
) -> None:
    record_act(action=action, operator=operator, now=now, subject=source, details=details)
