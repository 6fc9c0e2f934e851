"""Test run (试运行): the way of one customer or group through a journey, with times and reasons."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Journey, JourneyStepLog
from broadcasts.policy.journey_definition import GROUP, WITH_GROUP, Definition
from broadcasts.selectors.journey_changes import steps_of
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.selectors.journey_trial import Trial, try_out
from broadcasts.selectors.journey_words import JourneyWords, journey_reason
from broadcasts.selectors.windows import slot_length
from broadcasts.views.journey_asked import VIEW, journey_of
from contacts.models import Contact
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupChat
from groups.selectors.group_list import visible_groups
from scrm.console.fields import row_number, without_nul
from scrm.console.models import Operator
from scrm.console.views import ConsolePage, operator_of

_SEARCH_LIMIT = 10


class JourneyTest(ConsolePage):
    """Search somebody, see the way. `?of=version` tries what is in force instead of the draft."""

    template_name = "broadcasts/journeys/test.html"
    permission = VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, journey = operator_of(self.request), journey_of(kwargs["pk"])
        asked = self.request.GET
        is_version = journey.version is not None and (
            asked.get("of") == "version" or journey.state == Journey.State.ARCHIVED
        )
        shown = journey.version.definition if is_version and journey.version else journey.draft
        definition, problems = draft_problems(shown)
        query = without_nul(asked.get("q", "")).strip()[:64]
        chosen = _chosen(journey, operator, asked.get("who", ""))
        return super().get_context_data(
            title=_("Test run of “%(name)s”") % {"name": journey.name},
            journey=journey,
            is_version=is_version,
            problems=problems,
            query=query,
            found=_search(journey, operator, query) if query else [],
            search_limit=_SEARCH_LIMIT,
            chosen=chosen,
            **(_walked(journey, definition, shown, chosen) if definition and chosen else {}),
            **kwargs,
        )


def _walked(
    journey: Journey, definition: Definition, shown: dict[str, Any], chosen: Any
) -> dict[str, Any]:
    now, words, steps = timezone.now(), JourneyWords(), steps_of(shown)
    trial = try_out(
        definition, journey_id=journey.pk, subject_id=chosen.pk, now=now, slot=slot_length()
    )
    return {
        "refused": journey_reason(trial.refused) if trial.refused else "",
        "trigger": words.trigger(shown),
        "began_at": now,
        "needs_group": definition.trigger.kind in WITH_GROUP and definition.subject != GROUP,
        "lines": _lines(trial, words, steps, journey.subject),
    }


def _lines(
    trial: Trial, words: JourneyWords, steps: dict[str, Any], subject: str
) -> list[dict[str, Any]]:
    labels = dict(JourneyStepLog.What.choices)
    lines = []
    for line in trial.lines:
        step = steps.get(line.step, {})
        label = _("The message goes out") if line.what == "joined" else labels[line.what]
        lines.append(
            {
                "line": line,
                "label": label,
                "title": words.step_title(step) if step else "",
                "words": words.step(step, subject) if step else "",
                "reason": journey_reason(line.reason) if line.reason else "",
            }
        )
    return lines


def _search(
    journey: Journey, operator: Operator, query: str
) -> QuerySet[Contact] | QuerySet[GroupChat]:
    if journey.subject == GROUP:
        groups = visible_groups(operator).filter(dismissed_at__isnull=True)
        return groups.filter(name__icontains=query).order_by("-pk")[:_SEARCH_LIMIT]
    found = visible_contacts(operator).filter(name__trigram_contains=query)
    return found.order_by("-first_followed_at", "-pk")[:_SEARCH_LIMIT]


def _chosen(journey: Journey, operator: Operator, text: str) -> Contact | GroupChat | None:
    """Who `?who=` names. Raises Http404 for somebody the operator may not see."""
    if not text:
        return None
    key = row_number(text)
    rows: QuerySet[Any] = (
        visible_groups(operator) if journey.subject == GROUP else visible_contacts(operator)
    )
    found: Contact | GroupChat | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found
