"""Tagging jobs as the console and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from contacts.models import Tag, TagJob, TagJobFailure
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator


@dataclass(frozen=True)
class JobShown:
    """A job with the names of its tags, and how it gets on."""

    job: TagJob
    add: list[Tag]
    remove: list[Tag]
    percent: int
    rate: float | None
    seconds_left: float | None


def visible_jobs(operator: Operator) -> QuerySet[TagJob]:
    """Who sees every customer sees every job, others their own."""
    jobs = TagJob.objects.select_related("created_by", "rule__tag", "rule__segment")
    return jobs if operator.sees_everything else jobs.filter(created_by=operator, rule=None)


def visible_failures(job: TagJob, operator: Operator) -> QuerySet[TagJobFailure]:
    """What could not be marked, of customers the operator may see."""
    failures = TagJobFailure.objects.filter(job=job).select_related("contact", "staff")
    if operator.sees_everything:
        return failures
    return failures.filter(contact__in=visible_contacts(operator))


def shown_jobs(jobs: list[TagJob], *, now: datetime) -> list[JobShown]:
    """One query for the names of all their tags."""
    wanted = {pk for job in jobs for pk in (*job.add_tag_ids, *job.remove_tag_ids)}
    tags = Tag.objects.in_bulk(wanted)
    return [
        JobShown(
            job=job,
            add=[tags[pk] for pk in job.add_tag_ids if pk in tags],
            remove=[tags[pk] for pk in job.remove_tag_ids if pk in tags],
            percent=round(100 * job.done / job.total) if job.total else 100,
            rate=(rate := _rate(job, now)),
            seconds_left=(job.total - job.done) / rate if rate and not job.is_over else None,
        )
        for job in jobs
    ]


def _rate(job: TagJob, now: datetime) -> float | None:
    """Customers a second, over all of the job so far."""
    if job.started_at is None or not job.done:
        return None
    seconds = ((job.finished_at or now) - job.started_at).total_seconds()
    return job.done / seconds if seconds >= 1 else None
