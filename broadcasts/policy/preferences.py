"""What the customer asked of us is obeyed (偏好与免打扰), service touches included."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if


def do_not_contact() -> Rule:
    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=facts.is_do_not_contact, reason=Reason.DO_NOT_CONTACT)

    return Rule(Reason.DO_NOT_CONTACT, decide, sql="is_do_not_contact")


def pause() -> Rule:
    def decide(facts: Facts, now: datetime) -> Decision:
        paused = facts.pause_until is not None and facts.pause_until > now
        return skip_if(applies=paused, reason=Reason.PAUSED)

    return Rule(
        Reason.PAUSED,
        decide,
        sql="pause_until > %(now)s",
        bind=lambda now: {"now": now},
    )


def topic_off() -> Rule:
    """She has switched off the topic this message is about (主题退订)."""

    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=facts.is_topic_off, reason=Reason.TOPIC)

    return Rule(Reason.TOPIC, decide, sql="is_topic_off")
