"""The sync log (同步日志): runs, how far the present one is, and the gaps they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
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
    "tag_new": _("New tag, not heard of"),
    "tag_changed": _("Tag changed, not heard of"),
    "tag_gone": _("Tag deleted, not heard of"),
    "group_new": _("New group, not heard of"),
    "group_changed": _("Group changed, not heard of"),
    "group_dismissed": _("Group dismissed, not heard of"),
    "member_joined": _("Joined a group, not heard of"),
    "member_left": _("Left a group, not heard of"),
}


# What a run is about, for the line of the list.
HEADLINE_COUNTS = ("relations", "contacts_new", "relations_ended", "groups_read")
_LONGEST_FORECAST = 7 * 24 * 3600


@dataclass(frozen=True)
class RunsWanted:
    """Which runs are asked for; an empty value asks for nothing."""

    kind: str = ""
    state: str = ""


@dataclass(frozen=True)
class GapsWanted:
    """Which gaps are asked for; `kind` is one of `GAP_WORDS`, `state` that of the run."""

    kind: str = ""
    state: str = ""
    subject: str = ""


@dataclass(frozen=True)
class StepShown:
    """A step of a run: `state` is "done", "current" or "later"."""

    label: str | Promise
    state: str


@dataclass(frozen=True)
class Progress:
    """How far a running sync is. `percent` is of the present step, None while unknown; `rate` is
    in things a second, and `seconds_left` what the present step takes at this rate.
    """

    run: SyncRun
    step: str | Promise
    number: int
    steps: list[StepShown]
    percent: int | None
    rate: float | None
    seconds_left: int | None
    stands_still: bool


def runs(wanted: RunsWanted | None = None) -> QuerySet[SyncRun]:
    """The runs that fit, unordered, with the number of gaps each found as `gaps`."""
    theirs = SyncGap.objects.filter(run=OuterRef("pk")).order_by().values("run")
    number = theirs.annotate(number=Count("pk")).values("number")
    found = SyncRun.objects.annotate(gaps=Coalesce(Subquery(number), 0))
    if wanted and wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted and wanted.state:
        found = found.filter(state=wanted.state)
    return found


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
        steps=steps_shown(run, steps=steps),
        percent=min(100, round(100 * run.done / run.total)) if run.total else None,
        rate=run.rate or None,
        seconds_left=_seconds_left(run),
        stands_still=run.progressed_at <= still_since,
    )


def steps_shown(run: SyncRun, *, steps: Sequence[tuple[str, str | Promise]]) -> list[StepShown]:
    """Every step and how far the run is with it; one that ended early keeps where it stood."""
    names = [name for name, _label in steps]
    place = names.index(run.step) if run.step in names else 0
    if run.state == SyncRun.State.DONE:
        place = len(steps)
    states = [
        "done" if i < place else "current" if i == place else "later" for i in range(len(steps))
    ]
    return [StepShown(label, state) for (_name, label), state in zip(steps, states, strict=True)]


def average_rate(run: SyncRun) -> float | None:
    """Relations a second over a whole run that ended; None when there is nothing to tell."""
    read = run.counts.get("relations", 0)
    if run.finished_at is None or not read:
        return None
    seconds = (run.finished_at - run.started_at).total_seconds()
    return read / seconds if seconds > 0 else None


def _seconds_left(run: SyncRun) -> int | None:
    if not run.rate or not run.total:
        return None
    seconds = (run.total - run.done) / run.rate
    return round(seconds) if seconds <= _LONGEST_FORECAST else None


def headline(run: SyncRun) -> list[tuple[str | Promise, int]]:
    """The few counts that say what a run did."""
    return [
        (COUNT_WORDS[name], run.counts[name]) for name in HEADLINE_COUNTS if run.counts.get(name)
    ]


def counts_in_words(run: SyncRun) -> list[tuple[str | Promise, int]]:
    """What a run counted, in words and their order; a count without a word keeps its name."""
    unnamed = [name for name in run.counts if name not in COUNT_WORDS]
    return [
        (COUNT_WORDS.get(name, name), run.counts[name])
        for name in (*COUNT_WORDS, *unnamed)
        if name in run.counts
    ]


def gaps(wanted: GapsWanted, *, run: SyncRun | None = None) -> QuerySet[SyncGap]:
    """The gaps that fit, of one run or of all, unordered, each with its run."""
    found = SyncGap.objects.select_related("run")
    if run is not None:
        found = found.filter(run=run)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.state:
        found = found.filter(run__state=wanted.state)
    if wanted.subject:
        found = found.filter(subject__contains=wanted.subject)
    return found


def gap_words(gap: SyncGap) -> str | Promise:
    """A gap's kind in words; one without words keeps its name."""
    return GAP_WORDS.get(gap.kind, gap.kind)


def gaps_by_kind(run: SyncRun) -> list[tuple[str, str | Promise, int]]:
    """How many gaps of each kind a run found: kind, words, number; the most frequent first."""
    rows = (
        SyncGap.objects.filter(run=run)
        .values_list("kind")
        .annotate(number=Count("pk"))
        .order_by("-number", "kind")
    )
    return [(kind, GAP_WORDS.get(kind, kind), number) for kind, number in rows]
