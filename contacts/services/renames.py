"""A staff member gets another userid (成员改账号)."""

from __future__ import annotations

import logging

from django.db import DatabaseError, transaction
from django.db.models import ProtectedError

from contacts.models import Follow, Staff

log = logging.getLogger(__name__)


def rename_staff(*, old: str, new: str) -> Staff | None:
    """Give the row of `old` the userid `new`, so that her relations stay hers; answers the row.

    A customer's event under the new userid may have come first and made a second row: it is taken
    into the first. None when nobody is called `old` (any more).
    """
    rows = Staff.objects.select_for_update()
    staff = rows.filter(userid__iexact=old).first()
    if staff is None:
        return None
    young = rows.filter(userid__iexact=new).first()
    if young is not None and young.pk != staff.pk and not _take_in(young, into=staff):
        return staff
    Staff.objects.filter(pk=staff.pk).update(userid=new)
    return staff


def _take_in(young: Staff, *, into: Staff) -> bool:
    """Move all that points to the younger row; False when a ledger says that both have history."""
    try:
        with transaction.atomic():
            told_twice = Follow.objects.filter(
                staff=into, contact__in=Follow.objects.filter(staff=young).values("contact")
            )
            told_twice.delete()  # what was read last stands in the younger row
            for relation in Staff._meta.related_objects:
                pointing = relation.related_model._base_manager.filter(
                    **{relation.field.name: young}
                )
                if relation.many_to_many:
                    for row in pointing:
                        getattr(row, relation.field.name).add(into)
                else:
                    pointing.update(**{relation.field.name: into})
            young.delete()
    except (ProtectedError, DatabaseError) as error:
        log.warning("staff %s stays beside %s: %s", young.pk, into.pk, type(error).__name__)
        return False
    into.is_following = into.is_following or young.is_following
    into.save(update_fields=["is_following"])
    return True
