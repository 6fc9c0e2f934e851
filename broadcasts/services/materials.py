"""Keep the content library (素材库): every edit of content makes a version of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, Material, MaterialVersion, MediaFile, Variant
from broadcasts.policy.references import reference_of
from broadcasts.selectors.material_parts import versions_of
from broadcasts.selectors.material_uses import uses_of
from broadcasts.services.links import keep_link_of
from broadcasts.services.material_checks import FIELDS_OF, FILE_OF, MaterialDraft, problems
from broadcasts.services.media_files import keep_file
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

Kind = Material.Kind


def create_material(*, draft: MaterialDraft, operator: Operator | None, now: datetime) -> Material:
    """Raises InvalidInput for the first thing that is wrong with it."""
    for problem in problems(draft):
        raise problem
    with transaction.atomic():
        material = Material.objects.create(
            kind=draft.kind, created_by=operator, created_at=now, updated_at=now, **_about(draft)
        )
        _add_version(material, draft, None, number=1, operator=operator, now=now)
        record_act(action="material.create", operator=operator, now=now, subject=material)
    return material


def update_material(
    *, material: Material, draft: MaterialDraft, operator: Operator | None, now: datetime
) -> Material:
    """Change name, folder and tags in place; other words or another file make a new version.

    What was scheduled before keeps the version it was scheduled with. Raises InvalidInput.
    """
    with transaction.atomic():
        locked = Material.objects.select_for_update().get(pk=material.pk)
        current = current_version(locked)
        if draft.kind != locked.kind:
            raise InvalidInput(_("The kind of a material stays as it is."), field="kind")
        for problem in problems(draft, has_file=current.file_id is not None):
            raise problem
        about = _about(draft)
        changed = sorted(name for name, value in about.items() if getattr(locked, name) != value)
        if _add_version(
            locked, draft, current, number=locked.version + 1, operator=operator, now=now
        ):
            about["version"] = locked.version + 1
            changed.append("content")
        if changed:
            Material.objects.filter(pk=locked.pk).update(updated_at=now, **about)
            record_act(
                action="material.change",
                operator=operator,
                now=now,
                subject=locked,
                details={"changed": changed},
            )
    material.refresh_from_db()
    return material


def archive_material(*, material: Material, operator: Operator | None, now: datetime) -> bool:
    """Out of the library and its picker; what names it already goes on sending it. False when
    it was archived before.
    """
    return _moved(material, operator=operator, now=now, is_archived=True)


def restore_material(*, material: Material, operator: Operator | None, now: datetime) -> bool:
    """Back into the library; False when it was there."""
    return _moved(material, operator=operator, now=now, is_archived=False)


def delete_material(*, material: Material, operator: Operator | None, now: datetime) -> None:
    """For ever, with its versions. Raises InvalidInput for one that anything ever used."""
    with transaction.atomic():
        locked = Material.objects.select_for_update().get(pk=material.pk)
        if uses_of(locked):
            message = _("“%(name)s” is or was used. Archive it instead, so that history stays.")
            raise InvalidInput(message % {"name": locked}, field="material")
        record_act(
            action="material.delete",
            operator=operator,
            now=now,
            subject=locked,
            details={"name": locked.name, "kind": locked.kind},
        )
        locked.delete()


def pinned(attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The attachments with the versions that hold now, so that later edits do not change them.

    Raises InvalidInput for a material that is gone.
    """
    references = [reference_of(attachment) for attachment in attachments]
    found = versions_of(one for one in references if one is not None)
    result = []
    for attachment, reference in zip(attachments, references, strict=True):
        if reference is None:
            result.append(dict(attachment))
            continue
        if reference not in found:
            message = _("A material of this message is gone from the library. Choose another.")
            raise InvalidInput(message, field="attachments")
        result.append({**attachment, "version": found[reference].number})
    return result


def pin_content(broadcast: Broadcast) -> None:
    """Fix the versions of everything a broadcast is made of, its variants included, once and for
    all. What is gone stays as it is: the hand-over refuses it by name.
    """
    rows: list[Broadcast | Variant] = [broadcast, *broadcast.variants.all()]
    for row in rows:
        try:
            attachments = pinned(row.attachments)
        except InvalidInput:
            continue
        if attachments != row.attachments:
            row.attachments = attachments
            row.save(update_fields=["attachments"])


def current_version(material: Material) -> MaterialVersion:
    return MaterialVersion.objects.select_related("file").get(
        material=material, number=material.version
    )


def _about(draft: MaterialDraft) -> dict[str, Any]:
    tags = [tag.strip() for tag in draft.tags if tag.strip()]
    return {
        "name": draft.name.strip(),
        "folder": draft.folder,
        "tags": list(dict.fromkeys(tags)),
    }


def _add_version(
    material: Material,
    draft: MaterialDraft,
    current: MaterialVersion | None,
    *,
    number: int,
    operator: Operator | None,
    now: datetime,
) -> bool:
    """Add what the draft says as a version; False when the current one says the same."""
    file: MediaFile | None = current.file if current is not None else None
    if draft.upload is not None:
        file = keep_file(upload=draft.upload, kind=FILE_OF[draft.kind], now=now)
    text = draft.text.strip() if draft.kind == Kind.TEXT else ""
    fields = FIELDS_OF.get(draft.kind, {})
    body = {name: draft.body[name].strip() for name in fields if draft.body.get(name)}
    same = current is not None and (current.text, current.body, current.file) == (text, body, file)
    if same:
        return False
    MaterialVersion.objects.create(
        material=material,
        number=number,
        text=text,
        body=body,
        file=file,
        created_by=operator,
        created_at=now,
    )
    if draft.kind == Kind.LINK:
        keep_link_of(material=material, target=body["url"], title=body["title"], now=now)
    return True


def _moved(
    material: Material, *, operator: Operator | None, now: datetime, is_archived: bool
) -> bool:
    others = Material.objects.filter(pk=material.pk).exclude(is_archived=is_archived)
    with transaction.atomic():
        if not others.update(is_archived=is_archived, updated_at=now):
            return False
        action = "material.archive" if is_archived else "material.restore"
        record_act(action=action, operator=operator, now=now, subject=material)
    return True
