"""The sync log (同步日志): runs, how far the present one is, and the gaps they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.wecom.models import SyncGap, SyncRun

COUNT_WORDS: dict[str, Promise] = {
    "departments": _("Departments"),
    "staff": _("Staff"),
    "serving_staff": _("Staff that serve customers"),
    "staff_left": _("Staff that left"),
    "tags": _("Tags"),
    "relations": _("Follow relations read"),
    "contacts_new": _("New customers"),
    "relations_ended": _("Relations ended"),
    "groups": _("Groups"),
    "groups_read": _("Groups read"),
    "groups_unchanged": _("Unchanged groups"),
    "groups_dismissed": _("Dismissed groups"),
    "members": _("Group members"),
    "buyers_found": _("Buyers recognised"),
    "facts": _("Customer facts renewed"),
    "stages": _("Stages changed"),
    "errors": _("Errors"),
}
GAP_WORDS: dict[str, Promise] = {
    "follow_new": _("Relation we had not heard of"),
    "follow_returned": _("Friends again, not heard of"),
    "follow_ended": _("Relation ended, not heard of"),
    "follow_remarked": _("Remark changed, not heard of"),
    "follow_edited": _("Relation changed, not heard of"),
    "follow_tagged": _("Tagged, not heard of"),
    "follow_untagged": _("Tag removed, not heard of"),
}


@dataclass(frozen=True)
class Progress:
    """How far a running sync is. `percent` is of the present step, None while unknown."""

    run: SyncRun
    step: str | Promise
    number: int
    steps: int
    percent: int | None
    stands_still: bool


def runs() -> QuerySet[SyncRun]:
    """Every run, unordered, with the number of gaps it found as `gaps`."""
    return SyncRun.objects.annotate(gaps=Count("syncgap"))


def running(
    *, steps: Sequence[tuple[str, str | Promise]], still_since: datetime
) -> Progress | None:
    """The run under way, if any; one query.

    `steps` are the name and label of each step in the order they are walked. A run that has not
    moved since `still_since` stands still.
    """
    run = SyncRun.objects.filter(state=SyncRun.State.RUNNING).first()
    if run is None:
        return None
    names = [name for name, _label in steps]
    place = names.index(run.step) if run.step in names else 0
    return Progress(
        run=run,
        step=steps[place][1] if steps else run.step,
        number=place + 1,
        steps=len(steps),
        percent=min(100, round(100 * run.done / run.total)) if run.total else None,
        stands_still=run.progressed_at <= still_since,
    )


def counts_in_words(run: SyncRun) -> list[tuple[str | Promise, int]]:
    """What a run counted, in words and their order; a count without a word keeps its name."""
    unnamed = [name for name in run.counts if name not in COUNT_WORDS]
    return [
        (COUNT_WORDS.get(name, name), run.counts[name])
        for name in (*COUNT_WORDS, *unnamed)
        if name in run.counts
    ]


def gaps(run: SyncRun, *, most: int) -> list[tuple[str | Promise, SyncGap]]:
    """The first gaps of a run with their kind in words."""
    found = SyncGap.objects.filter(run=run).order_by("pk")[:most]
    return [(GAP_WORDS.get(gap.kind, gap.kind), gap) for gap in found]
