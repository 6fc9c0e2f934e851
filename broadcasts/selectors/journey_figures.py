"""What became of those who went into a journey: counts per step, reasons, the list's figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from broadcasts.models import Journey, JourneyRun, JourneySend, JourneyStepLog, JourneyVersion
from contacts.selectors.visibility import visible_contacts
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator

State, What = JourneyRun.State, JourneyStepLog.What
OPEN = (State.RUNNING, State.SENDING)
_BEGUN = (*OPEN, State.DONE, State.EXITED)


def visible_runs(operator: Operator) -> QuerySet[JourneyRun]:
    """Runs of customers and groups that this operator may see."""
    if operator.sees_everything:
        return JourneyRun.objects.all()
    ours = Q(contact__in=visible_contacts(operator))
    return JourneyRun.objects.filter(
        ours | Q(contact__isnull=True, group__in=visible_groups(operator))
    )


@dataclass(frozen=True)
class ListFigures:
    """One journey in the list."""

    open: int = 0
    done: int = 0
    exited: int = 0
    sends: int = 0
    last_at: datetime | None = None


def list_figures(journeys: Iterable[Journey], operator: Operator) -> dict[int, ListFigures]:
    """By journey, for one page of the list; counts are of runs the operator may see."""
    ids = [journey.pk for journey in journeys]
    rows = (
        visible_runs(operator)
        .filter(journey__in=ids)
        .values_list("journey_id")
        .annotate(
            open=Count("pk", filter=Q(state__in=OPEN)),
            done=Count("pk", filter=Q(state=State.DONE)),
            exited=Count("pk", filter=Q(state=State.EXITED)),
            reached=Max("reached_at"),
            ended=Max("ended_at"),
        )
    )
    sends = dict(
        JourneySend.objects.filter(version__journey__in=ids, broadcast__isnull=False)
        .values_list("version__journey")
        .annotate(number=Count("pk"))
    )
    return {
        key: ListFigures(
            open=running,
            done=done,
            exited=exited,
            sends=sends.get(key, 0),
            last_at=max((at for at in (reached, ended) if at), default=None),
        )
        for key, running, done, exited, reached, ended in rows
    }


@dataclass
class StepFigures:
    """One step: how many came to it and what became of them. `standing` are at it now, `sending`
    of them with a message on its way; `yes` and `no` are the ways of a condition.
    """

    done: int = 0
    skipped: int = 0
    exited: int = 0
    standing: int = 0
    sending: int = 0
    yes: int = 0
    no: int = 0

    @property
    def reached(self) -> int:
        return self.done + self.skipped + self.exited + self.standing


@dataclass
class JourneyFigures:
    """One version of a journey; reasons are codes with how many."""

    begun: int = 0
    open: int = 0
    done: int = 0
    exited: int = 0
    refused: int = 0
    steps: Mapping[str, StepFigures] = field(default_factory=dict)
    refused_by: Mapping[str, int] = field(default_factory=dict)
    skipped_by: Mapping[str, int] = field(default_factory=dict)
    exited_by: Mapping[str, int] = field(default_factory=dict)
    held_by: Mapping[str, int] = field(default_factory=dict)


def figures(version: JourneyVersion, operator: Operator) -> JourneyFigures:
    """Everything its page shows, in four queries; of runs the operator may see."""
    runs = visible_runs(operator).filter(version=version)
    by_state = dict(runs.values_list("state").annotate(number=Count("pk")))
    steps: defaultdict[str, StepFigures] = defaultdict(StepFigures)
    reasons = _count_log(version, runs, operator, steps)
    held = _count_standing(runs, steps)
    refused = runs.filter(state=State.REFUSED).values_list("reason")
    return JourneyFigures(
        begun=sum(by_state.get(state, 0) for state in _BEGUN),
        open=sum(by_state.get(state, 0) for state in OPEN),
        done=by_state.get(State.DONE, 0),
        exited=by_state.get(State.EXITED, 0),
        refused=by_state.get(State.REFUSED, 0),
        steps=dict(steps),
        refused_by=dict(refused.annotate(number=Count("pk"))),
        skipped_by=reasons[What.SKIPPED],
        exited_by=reasons[What.EXITED],
        held_by=held,
    )


def _count_log(
    version: JourneyVersion,
    runs: QuerySet[JourneyRun],
    operator: Operator,
    steps: defaultdict[str, StepFigures],
) -> Mapping[str, Mapping[str, int]]:
    """What is over, into `steps`; returns the reasons of what was skipped or left."""
    log = JourneyStepLog.objects.filter(
        version=version, what__in=[What.DONE, What.SKIPPED, What.EXITED]
    )
    if not operator.sees_everything:
        log = log.filter(run__in=runs)
    reasons: dict[str, defaultdict[str, int]] = {
        What.SKIPPED: defaultdict(int),
        What.EXITED: defaultdict(int),
    }
    counted = log.values_list("step", "what", "reason").annotate(number=Count("pk"))
    for step, what, reason, number in counted:
        if what == What.DONE:
            steps[step].done += number
            if reason == "yes":
                steps[step].yes += number
            elif reason == "no":
                steps[step].no += number
            continue
        reasons[what][reason] += number
        if what == What.SKIPPED:
            steps[step].skipped += number
        else:
            steps[step].exited += number
    return reasons


def _count_standing(
    runs: QuerySet[JourneyRun], steps: defaultdict[str, StepFigures]
) -> Mapping[str, int]:
    """Who stands at which step now, into `steps`; returns what holds messages back."""
    held: defaultdict[str, int] = defaultdict(int)
    counted = (
        runs.filter(state__in=OPEN)
        .values_list("step", "state", "held_by")
        .annotate(number=Count("pk"))
    )
    for step, state, held_by, number in counted:
        steps[step].standing += number
        if state == State.SENDING:
            steps[step].sending += number
        if held_by:
            held[held_by] += number
    return held
