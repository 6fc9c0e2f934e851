"""The form of a material (编辑素材): the fields of its kind, with the phone beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Material, MaterialFolder, MaterialVersion
from broadcasts.policy.message_limits import FILE_BYTES, LINK_BYTES, MINI_BYTES
from broadcasts.services.material_checks import FIELDS_OF, FILE_OF, MaterialDraft, problems
from broadcasts.services.media_files import Upload

Kind = Material.Kind
_ACCEPT = {
    Kind.IMAGE: "image/png,image/jpeg",
    Kind.MINIPROGRAM: "image/png,image/jpeg",
    Kind.VIDEO: "video/mp4",
    Kind.FILE: "",
}
_FILE_HELP = {
    Kind.IMAGE: _("JPG or PNG, at most 10 MB."),
    Kind.MINIPROGRAM: _("The cover: JPG or PNG of 520 × 416 pixels or that proportion."),
    Kind.VIDEO: _("MP4, at most 10 MB."),
    Kind.FILE: _("Any kind, at most 20 MB; customers see its name."),
}


class MaterialForm(forms.Form):
    """Fields only; what is right or wrong with them is known to the service."""

    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("For your colleagues; customers never see it.")
    )
    folder = forms.ModelChoiceField(
        label=_("Folder"),
        queryset=MaterialFolder.objects.none(),
        required=False,
        empty_label=_("In no folder"),
    )
    tags = forms.CharField(
        label=_("Tags"), required=False, help_text=_("Up to ten, with commas between them.")
    )
    text = forms.CharField(
        label=_("Text"), required=False, strip=True, widget=forms.Textarea(attrs={"rows": 8})
    )
    title = forms.CharField(label=_("Title"), required=False)
    desc = forms.CharField(label=_("Description"), required=False)
    url = forms.CharField(
        label=_("Address"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Sent as a short link of ours, so that clicks are counted."),
    )
    picurl = forms.CharField(
        label=_("Address of the picture"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    appid = forms.CharField(
        label=_("AppID"), required=False, widget=forms.TextInput(attrs={"placeholder": "wx…"})
    )
    page = forms.CharField(label=_("Page it opens at"), required=False)
    file = forms.FileField(label=_("File"), required=False, widget=forms.FileInput)

    def __init__(self, *args: Any, kind: str, has_file: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.has_file = kind, has_file
        for name in self._not_of(kind):
            del self.fields[name]
        folder = self.fields["folder"]
        if isinstance(folder, forms.ModelChoiceField):
            folder.queryset = MaterialFolder.objects.order_by("name")
        if "file" in self.fields:
            self.fields["file"].help_text = _FILE_HELP[Kind(kind)]
            self.fields["file"].widget.attrs.update(
                {"accept": _ACCEPT[Kind(kind)], "data-most": str(FILE_BYTES[FILE_OF[kind]])}
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for problem in problems(self.draft(), has_file=self.has_file):
            field = problem.field if problem.field in self.fields else None
            if field is None or field not in self.errors:
                self.add_error(field, str(problem))
        return cleaned

    def draft(self) -> MaterialDraft:
        """What was typed; fields that could not be read stand empty."""
        typed = self.cleaned_data
        tags = (typed.get("tags") or "").replace("，", ",").split(",")
        return MaterialDraft(
            kind=self.kind,
            name=typed.get("name") or "",
            folder=typed.get("folder"),
            tags=[tag.strip() for tag in tags if tag.strip()],
            text=typed.get("text") or "",
            body={name: typed.get(name) or "" for name in FIELDS_OF.get(self.kind, {})},
            upload=_upload(typed.get("file")),
        )

    @staticmethod
    def _not_of(kind: str) -> set[str]:
        own = {"name", "folder", "tags", *FIELDS_OF.get(kind, {})}
        own |= {"text"} if kind == Kind.TEXT else set()
        own |= {"file"} if kind in FILE_OF else set()
        return set(MaterialForm.base_fields) - own


# Counted in bytes beside the fields, as WeCom counts.
BYTES_OF: dict[str, dict[str, int]] = {Kind.LINK: LINK_BYTES, Kind.MINIPROGRAM: MINI_BYTES}


def values_of(material: Material, version: MaterialVersion) -> dict[str, Any]:
    return {
        "name": material.name,
        "folder": material.folder_id,
        "tags": "，".join(material.tags),
        "text": version.text,
        **version.body,
    }


def _upload(file: UploadedFile[bytes] | None) -> Upload | None:
    if file is None:
        return None
    file.seek(0)
    return Upload(file.name or "", file.read(FILE_BYTES["file"] + 1))
