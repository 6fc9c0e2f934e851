"""Copies of files at WeCom: uploaded on need, once, and anew before they end."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from broadcasts.models import MediaFile
from broadcasts.services.media import attachments_for_wecom, forget_media, renew_media
from broadcasts.services.media_files import content_of
from scrm import wecom
from scrm.errors import InvalidInput
from tests.broadcasts import rows, welcome_rows
from tests.broadcasts.material_rows import LINK, material, named
from tests.contacts.rows import NOW

UPLOAD = "media/upload"
HOUR = timedelta(hours=1)


@pytest.mark.django_db
def test_materials_become_what_wecom_takes(corp):
    kinds = ["image", "link", "miniprogram", "video", "file"]
    own = {"msgtype": "link", "link": LINK}
    made = attachments_for_wecom([*named(*map(material, kinds)), own], now=NOW)
    assert [one["msgtype"] for one in made] == [*kinds, "link"]
    assert made[1] == made[5] == own
    member = rows.staff()
    corp.state.add_staff(member.userid, member.name)
    person = rows.customer(member, corp=corp)
    wecom.get_gateway().create_group_message(
        sender=member.userid, external_userids=[person.external_userid], attachments=made
    )
    assert corp.state.confirm() == 1
    [delivery] = corp.state.ledger()
    held = corp.state.media[delivery.attachments[0]["image"]["media_id"]]
    picture = MediaFile.objects.get(media_id=held.media_id)
    assert corp.state.vault.get(held.media_id) == content_of(picture)


@pytest.mark.django_db
def test_a_file_goes_up_when_it_is_needed_and_anew_before_it_ends(corp):
    attachments = named(material())
    first = attachments_for_wecom(attachments, now=NOW)
    assert attachments_for_wecom(attachments, now=NOW + 47 * HOUR) == first
    assert attachments_for_wecom(attachments, now=NOW + 48 * HOUR) != first
    assert corp.state.calls[UPLOAD] == 2


@pytest.mark.django_db
def test_while_the_old_copy_lives_a_failed_upload_stops_nobody(corp):
    attachments = named(material())
    first = attachments_for_wecom(attachments, now=NOW)
    corp.state.faults.add(UPLOAD, "errcode", 45009, count=2)
    assert attachments_for_wecom(attachments, now=NOW + 50 * HOUR) == first
    assert MediaFile.objects.get().error
    with pytest.raises(wecom.RateLimited):
        attachments_for_wecom(attachments, now=NOW + 72 * HOUR)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("errcode", 40004, wecom.BadRequest),
        ("http", 500, wecom.OutcomeUnknown),
        ("drop_after", 1, wecom.OutcomeUnknown),
    ],
)
def test_a_failed_upload_keeps_its_class_and_is_tried_again(corp, kind, value, error):
    attachments = named(material())
    corp.state.faults.add(UPLOAD, kind, value)
    with pytest.raises(error):
        attachments_for_wecom(attachments, now=NOW)
    assert attachments_for_wecom(attachments, now=NOW)[0]["image"]["media_id"]
    assert MediaFile.objects.get().error == ""


@pytest.mark.django_db
def test_an_original_that_is_gone_is_told_by_name(corp):
    made = material()
    file = made.versions.get().file
    default_storage.delete(file.path)
    with pytest.raises(InvalidInput, match=file.filename):
        attachments_for_wecom(named(made), now=NOW)


@pytest.mark.django_db
def test_what_wecom_does_not_take_any_more_goes_up_again(corp):
    attachments = named(material())
    [first] = attachments_for_wecom(attachments, now=NOW)
    assert forget_media(media_ids=[first["image"]["media_id"], ""]) == 1
    assert attachments_for_wecom(attachments, now=NOW) != [first]


@pytest.mark.django_db
def test_what_goes_out_within_a_day_is_renewed_and_nothing_else(corp):
    soon, later, greeting, variant, spare = (material() for _place in range(5))
    for attachments, hours in ((named(soon), 20), (named(later), 60)):
        start = NOW + hours * HOUR
        rows.broadcast(attachments=attachments, window_start=start, window_end=start + HOUR)
    welcome_rows.welcome(attachments=named(greeting))
    running = rows.broadcast()
    running.variants.create(letter="A", share=50, attachments=named(variant))
    assert renew_media(now=NOW) == 3
    ready = MediaFile.objects.exclude(media_id="").values_list("pk", flat=True)
    assert set(ready) == {one.versions.get().file_id for one in (soon, greeting, variant)}
    assert not MediaFile.objects.get(pk=spare.versions.get().file_id).media_id


@pytest.mark.django_db(transaction=True)
def test_those_who_need_a_file_at_once_wait_for_one_upload(corp):
    attachments = named(material())
    corp.state.faults.add(UPLOAD, "slow", 0.3)
    found = []

    def need():
        found.append(attachments_for_wecom(attachments, now=NOW))
        connection.close()

    threads = [threading.Thread(target=need) for _place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    assert corp.state.calls[UPLOAD] == 1
