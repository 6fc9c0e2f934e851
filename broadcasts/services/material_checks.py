"""What can be wrong with a material (素材校验), named by the field where it was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from broadcasts.models import Material, MaterialFolder, MediaFile
from broadcasts.policy.file_kinds import look_into
from broadcasts.policy.message_limits import (
    COVER_SIDES,
    LINK_BYTES,
    MINI_BYTES,
    TEXT_BYTES,
    fits_cover,
)
from broadcasts.policy.variables import unknown
from broadcasts.services.links import target_problem
from broadcasts.services.media_files import Upload, file_problem
from scrm.errors import InvalidInput

Kind = Material.Kind
NAME_LENGTH, TAG_LENGTH, MOST_TAGS = 64, 16, 10
# The kind of file that each kind of material carries.
FILE_OF: dict[str, str] = {
    Kind.IMAGE: MediaFile.Kind.IMAGE,
    Kind.MINIPROGRAM: MediaFile.Kind.IMAGE,
    Kind.VIDEO: MediaFile.Kind.VIDEO,
    Kind.FILE: MediaFile.Kind.FILE,
}
# What is typed of each kind, with its maximum in bytes.
FIELDS_OF: dict[str, dict[str, int]] = {Kind.LINK: LINK_BYTES, Kind.MINIPROGRAM: MINI_BYTES}


@dataclass(frozen=True)
class MaterialDraft:
    """What an operator fills in. `body`: title, desc, url and picurl of a link, title, appid and
    page of a mini program. Without an `upload` the stored file stays.
    """

    kind: str
    name: str
    folder: MaterialFolder | None = None
    tags: list[str] = field(default_factory=list)
    text: str = ""
    body: dict[str, str] = field(default_factory=dict)
    upload: Upload | None = None


def problems(draft: MaterialDraft, *, has_file: bool = False) -> list[InvalidInput]:
    """Everything that is wrong, in the order of the form. `has_file`: one is stored already."""
    if draft.kind not in Kind.values:
        return [InvalidInput(_("There is no such kind of material."), field="kind")]
    return [*_about(draft), *_text(draft), *_body(draft), *_file(draft, has_file=has_file)]


def _about(draft: MaterialDraft) -> Iterator[InvalidInput]:
    if not draft.name.strip():
        yield InvalidInput(_("Give it a name."), field="name")
    if len(draft.name.strip()) > NAME_LENGTH:
        yield InvalidInput(_("The name is longer than 64 characters."), field="name")
    if len(draft.tags) > MOST_TAGS or any(len(tag) > TAG_LENGTH for tag in draft.tags):
        yield InvalidInput(_("At most 10 tags of 16 characters each."), field="tags")


def _text(draft: MaterialDraft) -> Iterator[InvalidInput]:
    text = draft.text.strip()
    if draft.kind != Kind.TEXT:
        return
    if not text:
        yield InvalidInput(_("Write the text."), field="text")
    size = len(text.encode())
    if size > TEXT_BYTES:
        message = _("The message has %(size)d bytes; WeCom takes %(most)d.")
        yield InvalidInput(message % {"size": size, "most": TEXT_BYTES}, field="text")
    for name in unknown(text):
        message = _("There is no variable {%(name)s}. Choose one from the buttons.")
        yield InvalidInput(message % {"name": name}, field="text")


def _body(draft: MaterialDraft) -> Iterator[InvalidInput]:
    limits = FIELDS_OF.get(draft.kind, {})
    for name, value in draft.body.items():
        if value and name not in limits:
            message = _("“%(part)s” is nothing we can send.") % {"part": name[:40]}
            yield InvalidInput(message, field="body")
    for name, most in limits.items():
        value = draft.body.get(name, "")
        if len(value.encode()) > most:
            message = _("This has %(size)d bytes; WeCom takes %(most)d. Shorten it.")
            sizes = {"size": len(value.encode()), "most": most}
            yield InvalidInput(message % sizes, field=name)
    if draft.kind == Kind.LINK:
        yield from _link(draft.body)
    if draft.kind == Kind.MINIPROGRAM:
        yield from _mini(draft.body)


def _link(body: dict[str, str]) -> Iterator[InvalidInput]:
    if not body.get("title"):
        yield InvalidInput(_("A link needs a title."), field="title")
    problem = target_problem(body.get("url", ""))
    if problem:
        yield InvalidInput(problem, field="url")
    picture = body.get("picurl", "")
    if picture and target_problem(picture):
        yield InvalidInput(_("The address of the picture begins with https://."), field="picurl")


def _mini(body: dict[str, str]) -> Iterator[InvalidInput]:
    for name, message in (
        ("title", _("A mini program needs a title.")),
        ("appid", _("A mini program needs its AppID; it begins with wx.")),
        ("page", _("A mini program needs the page it opens at.")),
    ):
        if not body.get(name):
            yield InvalidInput(message, field=name)
    if body.get("appid") and not body["appid"].startswith("wx"):
        yield InvalidInput(_("An AppID begins with wx."), field="appid")


def _file(draft: MaterialDraft, *, has_file: bool) -> Iterator[InvalidInput]:
    kind = FILE_OF.get(draft.kind)
    if kind is None:
        if draft.upload is not None:
            yield InvalidInput(_("This kind of material has no file."), field="file")
        return
    if draft.upload is None:
        if not has_file:
            yield InvalidInput(_("Choose a file."), field="file")
        return
    problem = file_problem(draft.upload, kind)
    if problem:
        yield InvalidInput(problem, field="file")
    elif draft.kind == Kind.MINIPROGRAM:
        yield from _cover(draft.upload)


def _cover(upload: Upload) -> Iterator[InvalidInput]:
    found = look_into(upload.content)
    if not fits_cover(found.width, found.height):
        message = _(
            "The cover has %(width)d × %(height)d pixels. WeCom shows %(wanted)s; cut it to that "
            "size or to the same proportion, but larger."
        )
        sides = {
            "width": found.width,
            "height": found.height,
            "wanted": " × ".join(map(str, COVER_SIDES)),
        }
        yield InvalidInput(message % sides, field="file")
