"""The pages of content (内容): library, tracked links, forbidden words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from broadcasts.views import (
    content_words,
    links,
    material_folders,
    material_list,
    material_pages,
    media_files,
)
from scrm.console.pages import Page, Section, register

_PAGES: tuple[tuple[str, str, Any], ...] = (
    ("material-picker", "materials/picker/", material_list.MaterialPicker),
    ("material-new", "materials/new/", material_pages.NewMaterial),
    ("material", "materials/<int:pk>/", material_pages.MaterialPage),
    ("material-edit", "materials/<int:pk>/edit/", material_pages.EditMaterial),
    ("material-archive", "materials/<int:pk>/archive/", material_pages.Archive),
    ("material-restore", "materials/<int:pk>/restore/", material_pages.Restore),
    ("material-delete", "materials/<int:pk>/delete/", material_pages.Delete),
    ("material-folder-new", "material-folders/new/", material_folders.NewFolder),
    ("material-folder-rename", "material-folders/<int:pk>/rename/", material_folders.RenameFolder),
    ("material-folder-delete", "material-folders/<int:pk>/delete/", material_folders.DeleteFolder),
    ("media-file", "media-files/<int:pk>/", media_files.ServeMediaFile),
    ("link", "links/<int:pk>/", links.LinkPage),
    ("content-lint", "content/lint/", content_words.LintText),
)
_ENTRIES: tuple[tuple[str, str, Any, Any, str, int], ...] = (
    ("material-list", "materials/", material_list.MaterialListPage, _("Materials"),
     "perm_media", 10),
    ("link-list", "links/", links.LinkListPage, _("Tracked links"), "ads_click", 20),
    ("content-words", "content/words/", content_words.ContentWordsPage, _("Forbidden words"),
     "spellcheck", 30),
)  # fmt: skip


def register_pages() -> None:
    for name, path, view in _PAGES:
        register(Page(name, path, view.as_view(), Section.CONTENT, view.permission))
    for name, path, view, label, icon, order in _ENTRIES:
        register(
            Page(name, path, view.as_view(), Section.CONTENT, view.permission, label, icon, order)
        )
