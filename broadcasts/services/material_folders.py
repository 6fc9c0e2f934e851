"""Folders of the content library (素材分组)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from broadcasts.models import MaterialFolder
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

_NAME_LENGTH = 32


def create_folder(*, name: str, operator: Operator | None, now: datetime) -> MaterialFolder:
    """Raises InvalidInput naming `name` when it is empty, too long or taken."""
    folder = MaterialFolder(name=_checked(name))
    _save(folder)
    record_act(action="material_folder.create", operator=operator, now=now, subject=folder)
    return folder


def rename_folder(
    *, folder: MaterialFolder, name: str, operator: Operator | None, now: datetime
) -> None:
    """Raises InvalidInput as for a new one."""
    folder.name = _checked(name)
    _save(folder)
    record_act(action="material_folder.rename", operator=operator, now=now, subject=folder)


def delete_folder(*, folder: MaterialFolder, operator: Operator | None, now: datetime) -> None:
    """The folder alone: what lay in it stays in the library, in no folder."""
    with transaction.atomic():
        record_act(
            action="material_folder.delete",
            operator=operator,
            now=now,
            subject=folder,
            details={"name": folder.name},
        )
        folder.delete()


def _checked(name: str) -> str:
    name = name.replace("\0", "").strip()
    if not 0 < len(name) <= _NAME_LENGTH:
        raise InvalidInput(_("Write a name of at most 32 characters."), field="name")
    return name


def _save(folder: MaterialFolder) -> None:
    try:
        with transaction.atomic():
            folder.save()
    except IntegrityError:
        message = _("There is a folder “%(name)s” already.") % {"name": folder.name}
        raise InvalidInput(message, field="name") from None
