"""Where the pages of tags stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import tag_acts, tag_jobs, tags
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="tags",
            path="tags/",
            view=tags.TagListPage.as_view(),
            section=Section.CONTACTS,
            permission=tags.MAY_LOOK,
            label=_("Customer tags"),
            icon="sell",
            order=20,
        )
    )
    register(
        Page(
            name="tag-jobs",
            path="tag-jobs/",
            view=tag_jobs.TagJobList.as_view(),
            section=Section.CONTACTS,
            permission=tag_jobs.MAY_LOOK,
            label=_("Bulk tagging"),
            icon="new_label",
            order=22,
        )
    )
    for name, path, view in (
        ("tag", "tags/<int:pk>/", tags.TagPage),
        ("tag-rename", "tags/<int:pk>/rename/", tag_acts.RenameTag),
        ("tag-move", "tags/<int:pk>/move/", tag_acts.MoveTag),
        ("tag-delete", "tags/<int:pk>/delete/", tag_acts.DeleteTag),
        ("tag-rule", "tags/<int:pk>/rule/", tag_acts.TagRuleAct),
        ("tag-group-new", "tag-groups/new/", tag_acts.NewTagGroup),
        ("taggroup", "tag-groups/<int:pk>/", tags.TagGroupPage),
        ("tag-group-add", "tag-groups/<int:pk>/add/", tag_acts.AddTags),
        ("tag-group-rename", "tag-groups/<int:pk>/rename/", tag_acts.RenameTagGroup),
        ("tag-group-move", "tag-groups/<int:pk>/move/", tag_acts.MoveTagGroup),
        ("tag-group-delete", "tag-groups/<int:pk>/delete/", tag_acts.DeleteTagGroup),
        ("tag-job-new", "tag-jobs/new/", tag_jobs.NewTagJob),
        ("tagjob", "tag-jobs/<int:pk>/", tag_jobs.TagJobPage),
        ("tag-job-progress", "tag-jobs/<int:pk>/progress/", tag_jobs.TagJobProgress),
        ("tag-job-cancel", "tag-jobs/<int:pk>/cancel/", tag_jobs.CancelTagJob),
        ("tag-job-failures", "tag-jobs/<int:pk>/failures/", tag_jobs.TagJobFailures),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
