"""Read lifecycle thresholds, and say in words why a customer is in her stage."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext, gettext_noop, ngettext

from contacts.models import Contact, ContactFacts, LifecycleSettings, Relation
from contacts.rules.lifecycle import LifecycleFacts, Reason, Thresholds, Verdict, decide
from scrm.segments.days import business_day

WORDS = {
    Reason.NEVER_BOUGHT: gettext_noop("Became a customer recently and has not ordered yet."),
    Reason.ONE_PURCHASE_DAY: gettext_noop("Has ordered on one day so far."),
    Reason.SEVERAL_PURCHASE_DAYS: gettext_noop("Has come back and ordered again."),
    Reason.SILENT_SINCE_ORDER: gettext_noop("Has not ordered again for longer than most do."),
    Reason.SILENT_SINCE_ADDED: gettext_noop("Was added a while ago and has never ordered."),
    Reason.GONE_SINCE_ORDER: gettext_noop("Has not ordered for so long that few still return."),
    Reason.GONE_SINCE_ADDED: gettext_noop("Was added long ago and has never ordered."),
    Reason.UNFRIENDED: gettext_noop("No staff member is her friend any more."),
}


def lifecycle_settings() -> LifecycleSettings:
    """The thresholds in force; the defaults, unsaved, before the first run."""
    return LifecycleSettings.objects.filter(pk=1).first() or LifecycleSettings()


def thresholds() -> Thresholds:
    """The thresholds in force, for the rule."""
    return _for_rule(lifecycle_settings())


def judge(facts: ContactFacts, settings: LifecycleSettings, *, now: datetime) -> Verdict:
    """What the rule says about one customer now, from her facts row."""
    return decide(
        LifecycleFacts(
            is_friend=facts.relation == Relation.FRIEND,
            friend_since=business_day(facts.first_followed_at),
            order_days=facts.order_days,
            last_order_on=facts.last_order_on,
        ),
        _for_rule(settings),
        business_day(now),
    )


def reason_words(code: str) -> str:
    """A stored reason as a sentence; an unknown code is shown as it is."""
    try:
        return gettext(WORDS[Reason(code)])
    except ValueError:
        return code


def explain_stage(contact: Contact, *, now: datetime) -> str:
    """Why the customer is in her stage today, with the numbers that decided (阶段原因)."""
    facts = ContactFacts.objects.filter(pk=contact.pk).first()
    if facts is None:
        return gettext("Her facts are not computed yet.")
    return stage_words(facts, lifecycle_settings(), now=now)


def stage_words(facts: ContactFacts, settings: LifecycleSettings, *, now: datetime) -> str:
    """The sentence of `explain_stage` from rows at hand; no query."""
    return _verdict_words(judge(facts, settings, now=now), facts, settings)


def _verdict_words(verdict: Verdict, facts: ContactFacts, settings: LifecycleSettings) -> str:
    since = (
        gettext("%(days)s since the last order")
        if facts.last_order_on
        else gettext("%(days)s since she was added")
    ) % {"days": _days(verdict.gap_days)}
    limits = gettext("silent after %(silent)s, lost after %(lost)s days") % {
        "silent": settings.silent_after_days,
        "lost": settings.lost_after_days,
    }
    parts = {"reason": reason_words(verdict.reason), "since": since, "limits": limits}
    return gettext("%(reason)s %(since)s (%(limits)s)") % parts


def _for_rule(row: LifecycleSettings) -> Thresholds:
    return Thresholds(row.silent_after_days, row.lost_after_days)


def _days(number: int) -> str:
    return ngettext("%(number)s day", "%(number)s days", number) % {"number": number}
