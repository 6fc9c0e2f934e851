"""What is chosen from the library arrives, with files at WeCom and links that count."""

from datetime import timedelta

import pytest

from broadcasts.models import Batch, MediaFile, TrackedLink
from broadcasts.services import control
from broadcasts.services.compose import create_draft, problems
from broadcasts.services.materials import update_material
from tests.broadcasts import rows
from tests.broadcasts.material_rows import LINK, draft, material, named
from tests.broadcasts.rows import NOW, broadcast, crew, deliver_all, frozen

pytestmark = pytest.mark.django_db


def test_a_picture_and_a_card_arrive_with_the_words_of_their_sender(corp, settings):
    settings.PUBLIC_URL = "https://scrm.example.com"
    crew(corp, 2, per_head=2)
    sent = frozen(text="I am {员工姓名}", attachments=named(material(), material("link")))
    deliver_all()
    assert corp.state.confirm() == 4
    texts = {delivery.text for delivery in corp.state.ledger()}
    assert texts == {f"I am {batch.staff.name}" for batch in Batch.objects.all()}
    for delivery in corp.state.ledger():
        picture, card = delivery.attachments
        assert picture["image"]["media_id"] == MediaFile.objects.get().media_id
        code = TrackedLink.objects.get(broadcast=sent).code
        assert card["link"]["url"] == f"https://scrm.example.com/l/{code}/"
    assert corp.state.calls["media/upload"] == 1


def test_files_that_wecom_lost_go_up_once_more(corp):
    crew(corp, 1)
    frozen(attachments=named(material()))
    corp.state.faults.add("externalcontact/add_msg_template", "errcode", 40007)
    deliver_all()
    assert Batch.objects.get().state == "ready"
    deliver_all(now=NOW + timedelta(seconds=5))
    assert Batch.objects.get().state == "accepted"
    assert corp.state.calls["media/upload"] == 2


def test_a_material_changed_after_scheduling_changes_nothing_of_it(corp, operator):
    crew(corp, 1)
    made = material("link")
    written = create_draft(draft=rows.draft(attachments=named(made)), operator=operator, now=NOW)
    control.schedule(broadcast=written, operator=operator, now=NOW)
    later = draft("link", body={**LINK, "title": "Summer"})
    update_material(material=made, draft=later, operator=None, now=NOW)
    rows.freeze(broadcast_id=written.pk, now=NOW)
    deliver_all()
    corp.state.confirm()
    assert {one.attachments[0]["link"]["title"] for one in corp.state.ledger()} == {"Spring tea"}
    assert broadcast(attachments=named(made)).attachments == named(made)


@pytest.mark.parametrize("text", ["Dear {客户昵称}", "Dear {remark|friend}", "Dear {nobody}"])
def test_a_broadcast_refuses_variables_that_one_task_cannot_carry(text):
    found = problems(rows.draft(text=text), now=NOW)
    assert [problem.field for problem in found] == ["text"]
