"""Tags in our tables and in the simulated corp."""

from __future__ import annotations

from datetime import timedelta

from contacts.models import ContactFacts, FollowTag, Tag, TagGroup
from contacts.services.facts import rebuild_facts
from contacts.services.tag_jobs import work_tag_job
from tests.contacts import rows
from tests.contacts.rows import NOW


def internal(name, group="House"):
    shelf, _made = TagGroup.objects.get_or_create(name=group, kind="internal")
    return Tag.objects.create(name=name, group=shelf, kind="internal")


def corp_tags(corp, *names, by_app=True, group="Taste"):
    """A group with these tags in WeCom and in our tables."""
    made = corp.state.add_tag_group(group, list(names), by_app=by_app)
    shelf = TagGroup.objects.create(group_id=made.group_id, name=group, is_ours=by_app or None)
    return [
        Tag.objects.create(
            tag_id=tag.tag_id, name=tag.name, group=shelf, order=tag.order, is_ours=by_app or None
        )
        for tag in made.tags
    ]


def friends(corp, number, *, staff=("alice",)):
    """Customers who follow each of the staff, in WeCom and here, with their facts."""
    members = [_member(corp, userid) for userid in staff]
    people = []
    for _ in range(number):
        external_userid = corp.state.add_contact(name="Friend")
        person = rows.contact(external_userid=external_userid)
        for member in members:
            corp.state.follow(member.userid, external_userid)
            rows.follow(person, member)
        people.append(person)
    rebuild_facts()
    return people


def _member(corp, userid):
    if userid not in corp.state.staff:
        corp.state.add_staff(userid)
    return rows.staff(userid=userid, name=userid.title())


def work(job, *, at=NOW, seconds=600):
    """Let a worker carry the job on, with a clock that stands."""
    work_tag_job(job_id=job.pk, clock=lambda: at, until=at + timedelta(seconds=seconds))
    job.refresh_from_db()
    return job


def carried(person):
    """What segments read of her."""
    return set(ContactFacts.objects.get(pk=person.pk).tag_ids)


def on_relations(tag):
    return FollowTag.objects.filter(tag=tag).count()


def in_wecom(corp, person):
    """The tag ids of each of her relations, as WeCom has them."""
    followers = corp.state.followers[person.external_userid]
    return {userid: set(follow.tag_ids) for userid, follow in followers.items()}
