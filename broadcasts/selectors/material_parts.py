"""Stored attachments as WeCom takes them, but for the ids of their files (素材展开)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from broadcasts.models import Material, MaterialVersion, MediaFile
from broadcasts.policy.references import Reference, reference_of
from scrm.errors import InvalidInput

Kind = Material.Kind


@dataclass(frozen=True)
class Part:
    """One attachment. Where there is a `file`, its media id still belongs under `slot`."""

    msgtype: str
    body: Mapping[str, Any]
    file: MediaFile | None = None
    slot: str = ""
    material_id: int | None = None

    def whole(self, media_id: str = "") -> dict[str, Any]:
        """In WeCom's form."""
        filled = {self.slot: media_id} if self.file is not None else {}
        return {"msgtype": self.msgtype, self.msgtype: {**self.body, **filled}}


def parts_of(attachments: Sequence[Mapping[str, Any]]) -> list[Part]:
    """What the attachments stand for, in order. One query, none without materials.

    Raises InvalidInput naming `attachments` for a material that is not there or is no attachment.
    """
    return [
        _own(attachment) if reference is None else _of_library(version)
        for attachment, reference, version in _looked_up(attachments)
    ]


def parts_at_hand(attachments: Sequence[Mapping[str, Any]]) -> list[Part | None]:
    """The same for who cannot complain any more: None in place of what cannot be sent."""
    return [
        _own(attachment)
        if reference is None
        else None
        if version is None or version.material.kind == Kind.TEXT
        else _of_library(version)
        for attachment, reference, version in _looked_up(attachments)
    ]


def _looked_up(
    attachments: Sequence[Mapping[str, Any]],
) -> list[tuple[Mapping[str, Any], Reference | None, MaterialVersion | None]]:
    references = [reference_of(attachment) for attachment in attachments]
    versions = versions_of(one for one in references if one is not None)
    return [
        (attachment, reference, versions.get(reference) if reference is not None else None)
        for attachment, reference in zip(attachments, references, strict=True)
    ]


def versions_of(references: Iterable[Reference]) -> dict[Reference, MaterialVersion]:
    """The versions that references mean, with material and file; without those that are gone."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        return {}
    newest = Q(material_id__in=[one.material for one in wanted if one.version is None])
    fits = newest & Q(number=F("material__version"))
    for one in wanted:
        if one.version is not None:
            fits |= Q(material_id=one.material, number=one.version)
    rows = MaterialVersion.objects.filter(fits).select_related("material", "file")
    found = {(row.material_id, row.number): row for row in rows}
    newest_of = {
        row.material_id: row for row in found.values() if row.number == row.material.version
    }
    meant = (
        (
            one,
            newest_of.get(one.material)
            if one.version is None
            else found.get((one.material, one.version or 0)),
        )
        for one in wanted
    )
    return {one: row for one, row in meant if row is not None}


def _own(attachment: Mapping[str, Any]) -> Part:
    kind = str(attachment.get("msgtype"))
    body = attachment.get(kind)
    return Part(kind, body if isinstance(body, Mapping) else {})


def _of_library(version: MaterialVersion | None) -> Part:
    if version is None:
        message = _("A material of this message is gone from the library. Choose another.")
        raise InvalidInput(message, field="attachments")
    material = version.material
    if material.kind == Kind.TEXT:
        message = _("“%(name)s” is a text; put it into the message instead of attaching it.")
        raise InvalidInput(message % {"name": material.name}, field="attachments")
    slot = {Kind.LINK: "", Kind.MINIPROGRAM: "pic_media_id"}.get(Kind(material.kind), "media_id")
    return Part(
        msgtype=material.kind,
        body={name: value for name, value in version.body.items() if value},
        file=version.file if slot else None,
        slot=slot,
        material_id=material.pk,
    )
