"""Tags that a segment keeps true (规则标签): set, pause, run, delete.

An internal tag is kept by SQL, here and now. A WeCom tag is kept by tagging jobs under WeCom's
limits, on every active relation of a customer; what each rule put on is remembered, so that
nothing else is ever taken off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from contacts.models import (
    Contact,
    ContactFacts,
    ContactTag,
    Follow,
    FollowTag,
    RuleProblem,
    Segment,
    Tag,
    TagJob,
    TagJobFailure,
    TagKind,
    TagRule,
    TagRuleMark,
    TagRuleRun,
)
from contacts.selectors.audiences import audience
from contacts.selectors.tag_circles import circle_of
from contacts.services import tag_sql
from contacts.services.facts import refresh_facts
from contacts.services.tag_jobs import start_rule_job
from contacts.services.tag_marking import mark_internal
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

# A count of the segment and a comparison, so that "some minutes" cost next to nothing.
EVERY = timedelta(minutes=5)

_CHUNK = 20_000
_FAILED_LATELY = timedelta(days=1)
_RUNS_KEPT = 200


def set_rule(*, tag: Tag, segment: Segment, operator: Operator, now: datetime) -> TagRule:
    """Let a segment keep the tag from now on, in place of another if there was one.

    Raises InvalidInput for a tag or segment that is gone, and for a circle with the way it takes.
    """
    if tag.is_gone:
        raise InvalidInput(str(RuleProblem.TAG_GONE.label), field="tag")
    if segment.is_archived:
        raise InvalidInput(str(RuleProblem.SEGMENT_GONE.label), field="segment")
    circle = circle_of(tag, segment)
    if circle:
        words = _("The tag would depend on itself: %(chain)s.") % {"chain": " → ".join(circle)}
        raise InvalidInput(words, field="segment")
    problem = _problem_of(tag, segment)
    if problem:
        raise InvalidInput(str(RuleProblem(problem).label), field="segment")
    with transaction.atomic():
        rule, _is_new = TagRule.objects.update_or_create(
            tag=tag,
            defaults={"segment": segment, "is_paused": False, "due_at": now, "problem": ""},
            create_defaults={
                "segment": segment,
                "due_at": now,
                "created_by": operator,
                "created_at": now,
            },
        )
        _record("set_rule", rule, operator, now)
        enqueue_on_commit("contacts.run_tag_rule", rule_id=rule.pk)
    return rule


def pause_rule(*, rule: TagRule, is_paused: bool, operator: Operator, now: datetime) -> None:
    """Leave the tag as it is until the rule goes on (暂停)."""
    with transaction.atomic():
        changed = TagRule.objects.filter(pk=rule.pk).exclude(is_paused=is_paused)
        if changed.update(is_paused=is_paused, due_at=now):
            _record("pause_rule" if is_paused else "resume_rule", rule, operator, now)


def run_now(*, rule: TagRule, operator: Operator, now: datetime) -> None:
    """Run at once instead of within minutes (立即执行)."""
    with transaction.atomic():
        TagRule.objects.filter(pk=rule.pk).update(due_at=now)
        _record("run_rule", rule, operator, now)
        enqueue_on_commit("contacts.run_tag_rule", rule_id=rule.pk)


def delete_rule(*, rule: TagRule, operator: Operator, now: datetime) -> None:
    """Stop keeping the tag; who carries it keeps it."""
    with transaction.atomic():
        _record("delete_rule", rule, operator, now)
        rule.delete()


def hand_out_due_rules(*, now: datetime) -> int:
    """Queue the rules that are due; answers how many."""
    due = TagRule.objects.filter(is_paused=False, due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:200])
    for rule_id in ids:
        enqueue_on_commit("contacts.run_tag_rule", rule_id=rule_id)
    return len(ids)


def run_rule(*, rule_id: int, clock: Callable[[], datetime], until: datetime) -> TagRuleRun | None:
    """Make the tag true again, until the moment `until` at the latest; the rest comes next.

    Answers the run when it changed something. A rule that is paused, not due, or under way in
    another process is left alone.
    """
    now = clock()
    mine = TagRule.objects.filter(pk=rule_id, is_paused=False, due_at__lte=now)
    if not mine.update(due_at=now + EVERY):
        return None
    rule = TagRule.objects.select_related("tag", "segment", "created_by").get(pk=rule_id)
    problem = _problem_of(rule.tag, rule.segment)
    if rule.tag.is_gone:
        problem = RuleProblem.TAG_GONE
    TagRule.objects.filter(pk=rule_id).update(last_run_at=now, problem=problem)
    if problem:
        return None
    picked = audience(read_rule(rule.segment.rule), now)
    if rule.tag.kind == TagKind.INTERNAL:
        entered, left = _keep_internal(rule, picked, clock=clock, until=until)
    else:
        entered, left = _keep_in_wecom(rule, picked, now=now)
    if not entered and not left:
        return None
    return _remember(rule, entered=entered, left=left, now=now)


# --- internal tags -----------------------------------------------------------------------------


def _keep_internal(
    rule: TagRule, picked: QuerySet[ContactFacts], *, clock: Callable[[], datetime], until: datetime
) -> tuple[int, int]:
    carrying = ContactTag.objects.filter(tag=rule.tag_id, contact=OuterRef("pk"))
    lacking = picked.filter(~Exists(carrying))
    ours = TagRuleMark.objects.filter(rule=rule)
    leaving = ours.filter(~Exists(picked.filter(pk=OuterRef("contact_id"))))
    counts = []
    for is_adding, rows, column in ((True, lacking, "pk"), (False, leaving, "contact_id")):
        count, ids = 0, [0]
        while ids and clock() < until:
            ids = list(rows.order_by(column).values_list(column, flat=True)[:_CHUNK])
            count += _mark_internal(rule, ids, is_adding=is_adding, now=clock())
        if ids:
            TagRule.objects.filter(pk=rule.pk).update(due_at=clock())
        counts.append(count)
    return counts[0], counts[1]


@transaction.atomic
def _mark_internal(rule: TagRule, ids: list[int], *, is_adding: bool, now: datetime) -> int:
    statement = tag_sql.ADD_INTERNAL if is_adding else tag_sql.REMOVE_INTERNAL
    moved = mark_internal(statement, ids, [rule.tag_id], by="", now=now)
    with connection.cursor() as cursor:
        if is_adding:
            told: dict[str, Any] = {"rule": rule.pk, "contacts": sorted(moved)}
            cursor.execute(tag_sql.REMEMBER_CONTACTS, told)
        else:
            # Those whom somebody took the tag off meanwhile are forgotten as well.
            cursor.execute(tag_sql.FORGET_CONTACTS, {"rule": rule.pk, "contacts": ids})
    refresh_facts(contact_ids=sorted(moved))
    return len(moved)


# --- WeCom tags --------------------------------------------------------------------------------


def _keep_in_wecom(
    rule: TagRule, picked: QuerySet[ContactFacts], *, now: datetime
) -> tuple[int, int]:
    """Order the jobs that are needed; while one of them runs there is nothing to order."""
    if TagJob.objects.filter(rule=rule, finished_at__isnull=True).exists():
        return 0, 0
    tagged = FollowTag.objects.filter(tag=rule.tag_id)
    active = Follow.objects.filter(status=Follow.Status.ACTIVE)
    failed = TagJobFailure.objects.filter(job__rule=rule, at__gt=now - _FAILED_LATELY)
    marks = TagRuleMark.objects.filter(rule=rule)
    # What staff took off by hand, or what ended with its relation, is no mark any more.
    alive = active.filter(Exists(tagged.filter(follow=OuterRef("pk"))), pk=OuterRef("follow_id"))
    marks.filter(~Exists(alive)).delete()
    lacking = active.filter(contact=OuterRef("pk")).filter(
        ~Exists(tagged.filter(follow=OuterRef("pk"))),
        ~Exists(failed.filter(contact=OuterRef("contact"), staff=OuterRef("staff"))),
    )
    entering = Contact.objects.filter(Exists(lacking), pk__in=picked.values("pk"))
    leaving = Contact.objects.filter(
        pk__in=marks.filter(~Exists(picked.filter(pk=OuterRef("contact_id")))).values("contact")
    )
    added = start_rule_job(rule, entering, is_adding=True, now=now)
    removed = start_rule_job(rule, leaving, is_adding=False, now=now)
    return (added.total if added else 0), (removed.total if removed else 0)


# --- both --------------------------------------------------------------------------------------


def _remember(rule: TagRule, *, entered: int, left: int, now: datetime) -> TagRuleRun:
    run = TagRuleRun.objects.create(rule=rule, at=now, entered=entered, left=left)
    old = TagRuleRun.objects.filter(rule=rule).order_by("-at", "-pk")[_RUNS_KEPT:]
    TagRuleRun.objects.filter(pk__in=old.values("pk")).delete()
    return run


def _problem_of(tag: Tag, segment: Segment) -> str:
    """Why a segment cannot keep a tag: "" or a RuleProblem."""
    try:
        read_rule(segment.rule)
    except RuleError:
        return RuleProblem.UNREADABLE
    return RuleProblem.CIRCULAR if circle_of(tag, segment) else ""


def _record(verb: str, rule: TagRule, operator: Operator, now: datetime) -> None:
    record_act(
        action=f"tag.{verb}",
        operator=operator,
        now=now,
        subject=rule.tag,
        details={"segment": rule.segment_id},
    )
