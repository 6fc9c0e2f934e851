"""What is typed into the composer is kept by itself, and never over something newer."""

from uuid import uuid4

import pytest
from django.urls import reverse

from broadcasts.models import Broadcast, UnfinishedBroadcast
from broadcasts.services import unfinished
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"console:{name}", args=args)


def keep(operator, key, version=0, name="Spring", **overrides):
    return unfinished.keep(
        key=key, version=version, values={"name": [name]}, operator=operator, now=NOW, **overrides
    )


def test_each_saving_raises_the_version_and_an_older_one_is_refused(operator):
    key = uuid4()
    assert keep(operator, key).version == 1
    assert keep(operator, key, 1, "Summer").version == 2
    with pytest.raises(unfinished.NewerVersion):
        keep(operator, key, 1, "Winter")
    assert UnfinishedBroadcast.objects.get().values == {"name": ["Summer"]}


def test_a_first_saving_whose_answer_was_lost_finds_its_own_row(operator):
    key = uuid4()
    keep(operator, key)
    assert keep(operator, key, name="Summer").version == 2
    with pytest.raises(unfinished.NewerVersion):
        keep(operator, key, name="Autumn")
    with pytest.raises(unfinished.NewerVersion):
        keep(build.operator(role=Role.OPERATOR), key)


def test_two_pages_of_one_draft_do_not_write_over_each_other(operator):
    draft = rows.broadcast(state="draft", scheduled_at=None)
    keep(operator, uuid4(), broadcast=draft)
    with pytest.raises(unfinished.NewerVersion):
        keep(operator, uuid4(), name="Other", broadcast=draft)


def test_too_much_and_what_no_column_holds_is_refused(operator):
    with pytest.raises(InvalidInput):
        keep(operator, uuid4(), name="春" * 30_000)
    with pytest.raises(InvalidInput):
        keep(operator, uuid4(), name="a\0b")


def test_only_the_last_unfinished_ones_of_an_operator_are_kept(operator):
    keys = [uuid4() for _each in range(unfinished.KEPT + 2)]
    for key in keys:
        keep(operator, key)
    kept = set(UnfinishedBroadcast.objects.values_list("key", flat=True))
    assert kept == set(keys[2:])


def test_the_composer_comes_back_as_it_was_typed_right_or_wrong(operator_client):
    key = uuid4()
    typed = {
        "draft": key,
        "draft_version": 0,
        "name": "Spring",
        "window_start": "nonsense",
        "attachment_title": ["Shop", "Second"],
        "attachment_url": ["https://shop.example", ""],
        "attachment_desc": ["", ""],
        "variant_share": "30",
        "variant_text": "Another wording",
        "password": "not a field of the composer",
    }
    saved = operator_client.post(page("broadcast-autosave"), typed).json()
    assert saved["version"] == 1
    assert saved["address"] == f"{page('broadcast-new')}?draft={key}"
    assert "password" not in UnfinishedBroadcast.objects.get().values

    shown = operator_client.get(saved["address"])
    content = shown.content.decode()
    assert [row.title for row in shown.context["attachments"]] == ["Shop", "Second"]
    assert shown.context["variants"][0].letter == "B"
    assert "Another wording" in content
    assert shown.context["form"]["name"].value() == "Spring"
    assert not shown.context["form"].errors
    assert "Spring" in operator_client.get(page("broadcast-list")).content.decode()
    assert not Broadcast.objects.exists()


def test_a_page_that_is_behind_is_told_so(operator_client, operator):
    key = uuid4()
    keep(operator, key)
    keep(operator, key, 1)
    answer = operator_client.post(
        page("broadcast-autosave"), {"draft": key, "draft_version": 1, "name": "Mine"}
    )
    assert "其他页面" in answer.json()["refused"]
    nonsense = operator_client.post(page("broadcast-autosave"), {"draft": "nonsense"})
    assert nonsense.json()["refused"]


def test_what_was_typed_can_be_thrown_away_by_who_typed_it_alone(operator_client, operator, client):
    key = uuid4()
    keep(operator, key)
    client.force_login(build.operator(role=Role.OPERATOR))
    client.post(page("broadcast-discard"), {"draft": key})
    assert UnfinishedBroadcast.objects.filter(key=key).exists()
    assert str(key) not in client.get(page("broadcast-list")).content.decode()
    client.force_login(operator)
    client.post(page("broadcast-discard"), {"draft": key})
    assert not UnfinishedBroadcast.objects.exists()


def test_a_draft_that_is_being_changed_stays_as_it_was_until_it_is_saved(operator_client):
    draft = rows.broadcast(state="draft", scheduled_at=None)
    address = page("broadcast-edit-autosave", draft.pk)
    key = uuid4()
    operator_client.post(address, {"draft": key, "draft_version": 0, "name": "Summer"})
    draft.refresh_from_db()
    assert draft.name == "Spring"
    shown = operator_client.get(page("broadcast-edit", draft.pk))
    assert shown.context["form"]["name"].value() == "Summer"
    operator_client.post(page("broadcast-edit-discard", draft.pk))
    again = operator_client.get(page("broadcast-edit", draft.pk))
    assert again.context["form"]["name"].value() == "Spring"
