"""Where group tags, group segments, nickname rules and hand-overs stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups.views import handover, nickname, segment, tag
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    for order, name, path, view, label, icon in (
        (60, "group-tags", "group-tags/", tag.GroupTagsPage, _("Group tags"), "sell"),
        (
            70,
            "group-segments",
            "group-segments/",
            segment.GroupSegmentList,
            _("Group segments"),
            "filter_alt",
        ),
        (
            80,
            "nickname-rules",
            "nickname-rules/",
            nickname.NicknameRuleList,
            _("Nickname rules"),
            "badge",
        ),
        (
            90,
            "group-handovers",
            "group-handovers/",
            handover.HandoverList,
            _("Group hand-over"),
            "swap_horiz",
        ),
    ):
        register(
            Page(
                name,
                path,
                view.as_view(),
                Section.GROUPS,
                view.permission,
                label=label,
                icon=icon,
                order=order,
            )
        )
    for name, path, action in (
        ("group-tag-create", "group-tags/new/", tag.CreateGroupTags),
        ("group-tag-mark", "group-tags/mark/", tag.MarkGroupsPage),
        ("group-tag-act", "group-tags/<int:pk>/", tag.GroupTagAct),
        ("group-tag-set-act", "group-tag-sets/<int:pk>/", tag.GroupTagSetAct),
        ("group-segment-new", "group-segments/new/", segment.GroupSegmentForm),
        ("group-segment-preview", "group-segments/preview/", segment.PreviewGroupSegment),
        ("group-segment-choices", "group-segments/choices/", segment.GroupSegmentChoices),
        ("groupsegment", "group-segments/<int:pk>/", segment.GroupSegmentPage),
        ("group-segment-edit", "group-segments/<int:pk>/edit/", segment.GroupSegmentForm),
        ("group-segment-archive", "group-segments/<int:pk>/archive/", segment.ArchiveGroupSegment),
        ("nickname-rule-new", "nickname-rules/new/", nickname.NicknameRuleForm),
        ("nicknamerule", "nickname-rules/<int:pk>/", nickname.NicknameRulePage),
        ("nickname-rule-edit", "nickname-rules/<int:pk>/edit/", nickname.NicknameRuleForm),
        ("nickname-rule-state", "nickname-rules/<int:pk>/state/", nickname.NicknameRuleState),
        ("nickname-rule-decide", "nickname-rules/<int:pk>/decide/", nickname.DecideValue),
        ("group-handover-new", "group-handovers/new/", handover.HandoverWizard),
        ("grouphandover", "group-handovers/<int:pk>/", handover.HandoverPage),
        ("group-handover-progress", "group-handovers/<int:pk>/now/", handover.HandoverProgress),
        ("group-handover-cancel", "group-handovers/<int:pk>/cancel/", handover.CancelHandover),
        ("group-handover-csv", "group-handovers/<int:pk>/groups.csv", handover.DownloadHandover),
    ):
        register(Page(name, path, action.as_view(), Section.GROUPS, action.permission))
