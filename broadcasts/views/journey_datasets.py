"""The funnel of a journey and the reasons behind it, as charts with their tables and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import JourneyVersion
from broadcasts.selectors.journey_changes import steps_of
from broadcasts.selectors.journey_figures import JourneyFigures, StepFigures
from broadcasts.selectors.journey_words import JourneyWords, journey_reason
from broadcasts.views.journey_flow import Count
from scrm.console.charts import bars, ladder
from scrm.console.datasets import Dataset, counts, words


def funnel(version: JourneyVersion, found: JourneyFigures, said: JourneyWords) -> Dataset:
    """How many came to each step, from top to bottom, and what became of them there."""
    rows: list[tuple[str, int, int, int, int, int]] = []
    if found.begun:
        rows.append((_("Began"), found.begun, found.begun, 0, 0, 0))
        for number, (key, step) in enumerate(steps_of(version.definition).items(), 1):
            one = found.steps.get(key, StepFigures())
            name = f"{number} · {said.step_title(step)}"
            rows.append((name, one.reached, one.done, one.skipped, one.exited, one.standing))
        rows.append((_("Reached the end"), found.done, found.done, 0, 0, 0))
    return Dataset(
        key="funnel",
        title=gettext_lazy("Funnel by step"),
        columns=[
            words(gettext_lazy("Step")),
            counts(gettext_lazy("Came to it")),
            counts(gettext_lazy("Done")),
            counts(gettext_lazy("Passed over")),
            counts(gettext_lazy("Left here")),
            counts(gettext_lazy("Here now")),
        ],
        rows=rows,
        option=ladder(
            [row[0] for row in rows], [row[1] for row in rows], name=_("Came to the step")
        ),
    )


def reasons(found: JourneyFigures) -> Dataset:
    """Why steps were passed over, runs left early or never began."""
    rows = [
        (what, journey_reason(code), number)
        for what, by_reason in _kinds(found)
        for code, number in sorted(by_reason.items(), key=lambda pair: -pair[1])
    ]
    return Dataset(
        key="reasons",
        title=gettext_lazy("What was not done, and why"),
        columns=[
            words(gettext_lazy("What")),
            words(gettext_lazy("Reason")),
            counts(gettext_lazy("How often")),
        ],
        rows=rows,
        option=bars(
            [f"{what} · {reason}" for what, reason, _number in rows],
            [(_("How often"), [number for _what, _reason, number in rows])],
            formatter="@integer",
        ),
    )


def _kinds(found: JourneyFigures) -> Iterator[tuple[str, Mapping[str, int]]]:
    yield _("Did not begin"), found.refused_by
    yield _("Step passed over"), found.skipped_by
    yield _("Left early"), found.exited_by
    yield _("Message waits"), found.held_by


def step_counts(found: JourneyFigures) -> dict[str, list[Count]]:
    """What stands at each step of the drawing."""
    return {key: list(_counts(one)) for key, one in found.steps.items()}


def _counts(one: StepFigures) -> Iterator[Count]:
    if one.standing:
        yield Count(_("here now"), one.standing, "blue")
    if one.yes or one.no:
        yield Count(_("yes"), one.yes, "green")
        yield Count(_("no"), one.no)
    elif one.done:
        yield Count(_("done"), one.done, "green")
    if one.skipped:
        yield Count(_("passed over"), one.skipped, "amber")
    if one.exited:
        yield Count(_("left"), one.exited, "red")
