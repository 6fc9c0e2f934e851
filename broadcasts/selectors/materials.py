"""The content library as lists show it (素材库)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from broadcasts.models import Material, MaterialFolder, MaterialVersion
from broadcasts.policy.references import Reference, references_in
from broadcasts.selectors.material_parts import versions_of

IN_NO_FOLDER = -1
_TAGS_OFFERED = 50


@dataclass(frozen=True)
class MaterialsWanted:
    """A search. `folder`: its key, `IN_NO_FOLDER`, or None for all."""

    text: str = ""
    kind: str = ""
    tag: str = ""
    folder: int | None = None
    is_archived: bool = False


@dataclass(frozen=True)
class Shown:
    """A material with its current words, the address of its picture and how many places use it."""

    material: Material
    version: MaterialVersion
    picture: str = ""
    uses: int = 0

    @property
    def title(self) -> str:
        return self.version.field("title") or self.version.text or self.filename

    @property
    def filename(self) -> str:
        return self.version.file.filename if self.version.file is not None else ""


def library(wanted: MaterialsWanted) -> QuerySet[Material]:
    """The materials that fit, without order."""
    found = Material.objects.filter(is_archived=wanted.is_archived).order_by()
    if wanted.text:
        words = MaterialVersion.objects.filter(
            Q(text__icontains=wanted.text) | Q(body__title__icontains=wanted.text)
        )
        found = found.filter(Q(name__icontains=wanted.text) | Q(pk__in=words.values("material")))
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag])
    if wanted.folder == IN_NO_FOLDER:
        found = found.filter(folder=None)
    elif wanted.folder is not None:
        found = found.filter(folder=wanted.folder)
    return found


def shown(materials: Sequence[Material], uses: dict[int, int] | None = None) -> list[Shown]:
    """These with their current versions; one query."""
    versions = versions_of(Reference(one.pk) for one in materials)
    return [
        Shown(one, version, picture_of(version), (uses or {}).get(one.pk, 0))
        for one in materials
        if (version := versions.get(Reference(one.pk))) is not None
    ]


def shown_in(attachments: object) -> list[Shown]:
    """The materials that stored attachments name, each in the version they mean."""
    references = list(references_in(attachments))
    versions = versions_of(references)
    return [
        Shown(versions[one].material, versions[one], picture_of(versions[one]))
        for one in references
        if one in versions
    ]


def picture_of(version: MaterialVersion) -> str:
    """Where operators see its picture or cover; "" when it has none."""
    if version.file_id is None or version.material.kind not in {"image", "miniprogram"}:
        return ""
    return reverse("console:media-file", args=[version.file_id])


def folders() -> QuerySet[MaterialFolder]:
    """All folders with how many materials are in them."""
    in_use = Count("materials", filter=Q(materials__is_archived=False))
    return MaterialFolder.objects.annotate(size=in_use).order_by("name")


def tags_in_use() -> list[str]:
    """The tags that materials carry, the commonest first."""
    counted: dict[str, int] = {}
    for tags in (
        Material.objects.filter(is_archived=False)
        .exclude(tags=[])
        .values_list("tags", flat=True)[:2000]
    ):
        for tag in tags:
            counted[tag] = counted.get(tag, 0) + 1
    return sorted(counted, key=lambda tag: (-counted[tag], tag))[:_TAGS_OFFERED]
