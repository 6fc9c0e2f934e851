"""Looking at the findings of the set-up check."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from scrm import health
from scrm.wecom.doctor import State, examine


def found(now=None):
    return {finding.name: finding for finding in examine(now=now or timezone.now())}


def red(now=None):
    return {name: one for name, one in found(now).items() if one.state is State.FAIL}


def state_of(name, now=None):
    return found(now)[name].state.value


def let_workers_live():
    """As if a worker of each queue had just been heard of."""
    for queue in settings.QUEUES:
        health.heartbeat(queue=queue)
    health.say_alive(health.WELCOMES)
