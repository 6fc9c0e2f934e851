"""Versions of a message: who gets which is stable, disjoint, and nobody gets two."""

from collections import Counter

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from broadcasts.models import Batch, Recipient
from broadcasts.policy.variant_split import bounds, place_of, place_sql
from broadcasts.selectors.variant_results import variant_results
from broadcasts.services import compose
from broadcasts.services.audience import freeze
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


def versions(*shares):
    return [
        {"letter": letter, "share": share, "text": f"Say {letter}", "attachments": []}
        for letter, share in zip("ABCD", shares, strict=False)
    ]


def test_each_version_goes_to_its_own_part_and_everybody_gets_one(corp, settings):
    settings.BROADCAST_BATCH_SIZE = 3
    rows.crew(corp, 2, per_head=12)
    spring = rows.broadcast(holdout_salt="spring")
    compose.write_variants(spring, versions(30, 70))
    freeze(broadcast_id=spring.pk, now=NOW)
    rows.deliver_all()
    of_customer = {
        customer: task.text for task in corp.state.tasks() for customer in task.external_userids
    }
    asked = Counter(who for task in corp.state.tasks() for who in task.external_userids)
    assert set(asked.values()) == {1}
    assert of_customer == {
        row.external_userid: f"Say {'AB'[place_of('spring', row.contact_id, [30, 70])]}"
        for row in Recipient.objects.all()
    }
    assert set(of_customer.values()) == {"Say A", "Say B"}
    planned = {one.variant.letter: one.planned for one in variant_results(spring)}
    assert planned == Counter(text[-1] for text in of_customer.values())
    assert max(Batch.objects.values_list("size", flat=True)) <= 3


@given(
    salt=st.text("abcdef0123456789", min_size=1, max_size=16),
    ids=st.lists(st.integers(1, 2**40), min_size=1, max_size=20),
    shares=st.sampled_from([[50, 50], [1, 99], [20, 30, 50], [25, 25, 25, 25]]),
)
def test_the_set_form_splits_like_the_pure_one(salt, ids, shares):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {place_sql(salt, 'id')} FROM unnest(%(ids)s::bigint[]) AS id",
            {"ids": ids, "variant_bounds": bounds(shares)[:-1]},
        )
        assert dict(cursor.fetchall()) == {one: place_of(salt, one, shares) for one in ids}


@pytest.mark.parametrize("shares", [(100,), (50, 40), (60, 60), (0, 100)])
def test_shares_that_do_not_add_up_are_refused(shares):
    with pytest.raises(InvalidInput) as refused:
        compose.create_draft(
            draft=rows.draft(variants=versions(*shares)), operator=build.operator(), now=NOW
        )
    assert refused.value.field == "variants"


def test_a_version_is_checked_like_a_message_and_copied_with_it():
    wrong = versions(50, 50)
    wrong[1]["text"] = " "
    operator = build.operator()
    with pytest.raises(InvalidInput, match="B"):
        compose.create_draft(draft=rows.draft(variants=wrong), operator=operator, now=NOW)
    spring = compose.create_draft(
        draft=rows.draft(variants=versions(50, 50)), operator=operator, now=NOW
    )
    again = compose.copy(broadcast=spring, operator=operator, now=NOW)
    assert compose.variants_of(again) == versions(50, 50)


def test_a_customers_own_facts_cannot_stand_in_a_text_for_many():
    with pytest.raises(InvalidInput) as refused:
        compose.create_draft(
            draft=rows.draft(text="Dear {客户昵称}"), operator=build.operator(), now=NOW
        )
    assert refused.value.field == "text"


def test_a_senders_own_name_stands_in_each_task(corp):
    rows.crew(corp, 2, per_head=1)
    rows.frozen(text="{员工姓名} here")
    rows.deliver_all()
    names = {task.sender: task.text for task in corp.state.tasks()}
    assert names == {
        batch.staff.userid: f"{batch.staff.name} here" for batch in Batch.objects.all()
    }
