"""Make, change and delete welcomes of groups (入群欢迎语) in WeCom's library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import GroupWelcome, Material
from broadcasts.services.media import attachments_for_wecom
from groups.models import GroupChat
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.typed import one_line
from scrm.wecom.maxima import GROUP_WELCOME_TEXT_BYTES, GROUP_WELCOMES_PER_CORP

Status = GroupWelcome.Status
NAME_CHARS = 64
_NO_SUCH_TEMPLATE = 40058


class GroupWelcomeRefused(ScrmError):
    """WeCom did not do it, or nobody knows; the sentence says which and what helps."""

    code = "group_welcome_refused"


@dataclass(frozen=True)
class GroupWelcomeDraft:
    """What an operator says of a group welcome; `group_ids` are our own."""

    name: str
    text: str = ""
    material_id: int | None = None
    notifies: bool = True
    group_ids: Sequence[int] = ()


def create_group_welcome(
    *, draft: GroupWelcomeDraft, operator: Operator, now: datetime
) -> GroupWelcome:
    """A welcome, put into WeCom's library at once. What stands in the way is written into its
    `problem`. Raises InvalidInput with the name of the draft's field.
    """
    with transaction.atomic():
        if GroupWelcome.objects.count() >= GROUP_WELCOMES_PER_CORP:
            raise InvalidInput(
                _("WeCom keeps %(most)d group welcomes; delete some.")
                % {"most": GROUP_WELCOMES_PER_CORP}
            )
        welcome = GroupWelcome(created_by=operator, created_at=now)
        _fill(welcome, draft, now=now)
        _record("create", welcome, operator, now)
    return _write(welcome, now=now)


def change_group_welcome(
    *, welcome_id: int, draft: GroupWelcomeDraft, operator: Operator, now: datetime
) -> GroupWelcome:
    """Change a welcome, in the groups that use it, too. Raises InvalidInput."""
    with transaction.atomic():
        welcome = GroupWelcome.objects.select_for_update().get(pk=welcome_id)
        welcome.is_written = False
        _fill(welcome, draft, now=now)
        _record("change", welcome, operator, now)
    # Whether one was made is not known; the operator says so by asking again.
    return welcome if welcome.status == Status.UNKNOWN else _write(welcome, now=now)


def try_again(*, welcome_id: int, operator: Operator, now: datetime) -> GroupWelcome:
    """Put it into the library once more; of an unknown one there may then be two."""
    welcome = GroupWelcome.objects.get(pk=welcome_id)
    if welcome.is_written:
        return welcome
    _record("retry", welcome, operator, now)
    return _write(welcome, now=now)


def delete_group_welcome(*, welcome_id: int, operator: Operator, now: datetime) -> None:
    """Delete it here and at WeCom: groups that use it welcome nobody any more.

    May be repeated. Raises GroupWelcomeRefused.
    """
    welcome = GroupWelcome.objects.get(pk=welcome_id)
    if welcome.template_id:
        try:
            wecom.get_gateway(hurry=True).delete_group_welcome(welcome.template_id)
        except wecom.OutcomeUnknown as error:
            words = _("WeCom gave no readable answer. Delete once more; it harms nobody.")
            raise GroupWelcomeRefused(words) from error
        except wecom.WeComError as error:
            if error.code != _NO_SUCH_TEMPLATE:
                raise GroupWelcomeRefused(error.advice) from error
    with transaction.atomic():
        _record("delete", welcome, operator, now)
        welcome.delete()


def _write(welcome: GroupWelcome, *, now: datetime) -> GroupWelcome:
    """Bring it to WeCom, outside any transaction, and write down what came of it."""
    told: dict[str, Any]
    gateway = wecom.get_gateway(hurry=True)
    try:
        content = _content(welcome, now=now)
        template_id = welcome.template_id
        if template_id:
            gateway.edit_group_welcome(template_id, content)
        else:
            template_id = gateway.add_group_welcome(content, notify=welcome.notifies)
        told = {"status": Status.LIVE, "template_id": template_id, "is_written": True}
    except InvalidInput as error:
        told = _refused(welcome, str(error))
    except wecom.OutcomeUnknown as error:
        told = {"problem": error.advice}
        if not welcome.template_id:
            told["status"] = Status.UNKNOWN
    except wecom.WeComError as error:
        told = _refused(welcome, f"{error.advice} ({error.code})")
    GroupWelcome.objects.filter(pk=welcome.pk).update(**{"problem": "", **told})
    welcome.refresh_from_db()
    return welcome


def _refused(welcome: GroupWelcome, problem: str) -> dict[str, Any]:
    status = Status.LIVE if welcome.template_id else Status.REFUSED
    return {"status": status, "problem": problem[:256]}


def _content(welcome: GroupWelcome, *, now: datetime) -> wecom.GroupWelcome:
    named = [{"msgtype": "material", "material": welcome.material_id}]
    parts = attachments_for_wecom(named if welcome.material_id else [], now=now)
    return wecom.GroupWelcome(text=welcome.text, attachment=parts[0] if parts else None)


def _fill(welcome: GroupWelcome, draft: GroupWelcomeDraft, *, now: datetime) -> None:
    welcome.name = one_line(draft.name)
    welcome.text = draft.text.replace("\0", "").replace("\r\n", "\n").strip()
    if not welcome.name or len(welcome.name) > NAME_CHARS:
        raise InvalidInput(
            _("Give it a name of at most %(most)d characters.") % {"most": NAME_CHARS},
            field="name",
        )
    size = len(welcome.text.encode())
    if size > GROUP_WELCOME_TEXT_BYTES:
        raise InvalidInput(
            _("At most %(most)d bytes; this has %(size)d. A Chinese character takes 3.")
            % {"most": GROUP_WELCOME_TEXT_BYTES, "size": size},
            field="text",
        )
    if draft.material_id is None or draft.material_id != welcome.material_id:
        welcome.material = _material(draft.material_id)
    if not welcome.text and welcome.material is None:
        raise InvalidInput(_("Write a text or choose an attachment."), field="text")
    groups = GroupChat.objects.filter(pk__in=set(draft.group_ids), dismissed_at__isnull=True)
    if groups.count() != len(set(draft.group_ids)):
        raise InvalidInput(_("Choose groups that exist."), field="groups")
    welcome.notifies, welcome.updated_at = draft.notifies, now
    welcome.save()
    welcome.groups.set(groups)


def _material(material_id: int | None) -> Material | None:
    if material_id is None:
        return None
    found = Material.objects.filter(pk=material_id, is_archived=False)
    material = found.exclude(kind=Material.Kind.TEXT).first()
    if material is None:
        raise InvalidInput(_("There is no such attachment in the library."), field="material")
    return material


def _record(verb: str, welcome: GroupWelcome, operator: Operator, now: datetime) -> None:
    record_act(
        action=f"group_welcome.{verb}",
        operator=operator,
        now=now,
        subject=welcome,
        details={"name": welcome.name},
    )
