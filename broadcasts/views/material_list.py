"""The library (素材库): a grid with folders, and the dialog that picks from it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Material
from broadcasts.selectors.material_uses import use_counts
from broadcasts.selectors.materials import (
    IN_NO_FOLDER,
    MaterialsWanted,
    folders,
    library,
    shown,
    tags_in_use,
)
from scrm.console.fields import row_number, without_nul
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

MAY_LOOK, MAY_ADD = "broadcasts.view_material", "broadcasts.add_material"
MAY_CHANGE, MAY_DELETE = "broadcasts.change_material", "broadcasts.delete_material"
_NEWEST_FIRST = Sort("updated_at")
_PER_PAGE, _PICKED_FROM = 48, 60
# An icon for what has no picture.
ICONS = {
    "text": "notes",
    "image": "image",
    "link": "link",
    "miniprogram": "widgets",
    "video": "movie",
    "file": "draft",
}


class MaterialFilter(forms.Form):
    """A value that makes no sense narrows nothing."""

    text = forms.CharField(label=gettext_lazy("Name or words"), required=False, max_length=64)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", "–"), *Material.Kind.choices]
    )
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"list": "material-tags"}),
    )
    shelf = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("In the library")), ("archived", gettext_lazy("Archived"))],
    )
    folder = forms.CharField(required=False, widget=forms.HiddenInput)

    def wanted(self) -> MaterialsWanted:
        self.is_valid()
        typed = self.cleaned_data
        folder = typed.get("folder", "")
        return MaterialsWanted(
            text=without_nul(typed.get("text", "")),
            kind=typed.get("kind", ""),
            tag=without_nul(typed.get("tag", "")),
            folder=IN_NO_FOLDER if folder == "none" else row_number(folder),
            is_archived=typed.get("shelf") == "archived",
        )


class MaterialListPage(ConsolePage):
    template_name = "broadcasts/material_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Materials")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = MaterialFilter(self.request.GET)
        wanted = form.wanted()
        found = library(wanted)
        page = window(
            found.select_related("folder"),
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            size=_PER_PAGE,
            count_words=_("%(number)s materials") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            wanted=wanted,
            is_filtered=wanted != MaterialsWanted(),
            window=page,
            items=shown(page.rows, use_counts(page.rows)),
            folders=folders(),
            tags=tags_in_use(),
            kinds=[(kind, label, ICONS[kind]) for kind, label in Material.Kind.choices],
            icons=ICONS,
            **rights(operator_of(self.request)),
            **kwargs,
        )


class MaterialPicker(ConsolePage):
    """The inside of the dialog: what fits a search, to be chosen. `kinds` narrows what may be."""

    template_name = "broadcasts/material_picker_items.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = MaterialFilter(self.request.GET).wanted()
        found = library(MaterialsWanted(wanted.text, wanted.kind, wanted.tag, wanted.folder))
        allowed = [kind for kind in self.request.GET.get("kinds", "").split(",") if kind in ICONS]
        if allowed:
            found = found.filter(kind__in=allowed)
        rows = list(found.order_by("-updated_at", "-pk")[:_PICKED_FROM])
        return {"items": shown(rows), "icons": ICONS, "is_searched": wanted != MaterialsWanted()}


def rights(operator: Any) -> dict[str, bool]:
    return {
        "may_add": operator.has_perm(MAY_ADD),
        "may_change": operator.has_perm(MAY_CHANGE),
        "may_delete": operator.has_perm(MAY_DELETE),
    }
