"""What stopping a broadcast would mean, in words (停止的后果)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from broadcasts.models import Broadcast
from broadcasts.selectors.progress import Progress


def stop_words(broadcast: Broadcast, progress: Progress | None) -> str:
    """The question before a stop: what stays, what is cancelled, who gets nothing."""
    if progress is None:
        return _(
            "Stop it for good? Its audience is not fixed yet: nobody gets anything, and it cannot "
            "be scheduled again. To change it, copy it."
        )
    words = {
        "sent": f"{progress.sent:,}",
        "tasks": progress.tasks - progress.confirmed,
        "open": f"{progress.open:,}",
    }
    if broadcast.is_for_groups:
        return (
            _(
                "Stop it for good? %(sent)s groups have it and keep it. The tasks of %(tasks)d "
                "staff members are cancelled in WeCom, and %(open)s groups get nothing."
            )
            % words
        )
    return (
        _(
            "Stop it for good? %(sent)s customers have it and keep it. The tasks of %(tasks)d "
            "staff members are cancelled in WeCom, and %(open)s customers get nothing."
        )
        % words
    )
