"""The content library: what it takes, how it changes, and what is known of its uses."""

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from broadcasts.models import GroupWelcome, Material, MaterialVersion, MediaFile
from broadcasts.selectors.material_parts import parts_of
from broadcasts.selectors.material_uses import use_counts, uses_of
from broadcasts.selectors.materials import MaterialsWanted, library
from broadcasts.services.material_checks import problems
from broadcasts.services.materials import (
    archive_material,
    create_material,
    delete_material,
    pinned,
    restore_material,
    update_material,
)
from broadcasts.services.media_files import Upload, content_of
from scrm.errors import InvalidInput
from tests.broadcasts import rows, welcome_rows
from tests.broadcasts.material_rows import LINK, MINI, MP4, draft, material, named, png
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize("kind", Material.Kind.values)
def test_every_kind_is_kept_with_its_words_or_its_file(kind):
    made = material(kind)
    version = made.versions.get()
    assert (made.version, version.number) == (1, 1)
    assert (version.file is not None) == (kind in {"image", "miniprogram", "video", "file"})


@pytest.mark.parametrize(
    ("field", "kind", "typed"),
    [
        ("name", "text", {"name": " "}),
        ("name", "text", {"name": "x" * 65}),
        ("tags", "text", {"tags": ["x" * 17]}),
        ("text", "text", {"text": ""}),
        ("text", "text", {"text": "茶" * 1334}),
        ("text", "text", {"text": "{nobody}"}),
        ("title", "link", {"body": {**LINK, "title": "茶" * 43}}),
        ("desc", "link", {"body": {**LINK, "desc": "茶" * 171}}),
        ("url", "link", {"body": {**LINK, "url": "http://tea.example.com"}}),
        ("url", "link", {"body": {**LINK, "url": "https://good.com@evil.com/"}}),
        ("picurl", "link", {"body": {**LINK, "picurl": "javascript:alert(1)"}}),
        ("title", "miniprogram", {"body": {**MINI, "title": "茶" * 22}}),
        ("appid", "miniprogram", {"body": {**MINI, "appid": "0123"}}),
        ("page", "miniprogram", {"body": {**MINI, "page": ""}}),
        ("file", "miniprogram", {"upload": Upload("a.png", png(416, 520))}),
        ("file", "image", {"upload": None}),
        ("file", "image", {"upload": Upload("a.png", b"GIF89a-pixels")}),
        ("file", "image", {"upload": Upload("a.png", MP4)}),
        ("file", "image", {"upload": Upload("a.png", png() + b"\0" * 10 * MEGABYTE)}),
        ("file", "video", {"upload": Upload("a.mp4", png())}),
        ("file", "video", {"upload": Upload("a.mp4", MP4 + b"\0" * 10 * MEGABYTE)}),
        ("file", "file", {"upload": Upload("a.csv", b"\0" * (20 * MEGABYTE + 1))}),
        ("file", "file", {"upload": Upload("a.csv", b"")}),
        ("file", "text", {"upload": Upload("a.png", png())}),
    ],
)
def test_what_wecom_would_refuse_is_told_by_its_field(field, kind, typed):
    found = problems(draft(kind, **typed))
    assert [problem.field for problem in found] == [field]
    assert str(found[0])


def test_the_same_content_is_kept_and_sent_up_once():
    content = png()
    first, second = (material(upload=Upload(name, content)) for name in ("a.png", "b.png"))
    assert first.versions.get().file == second.versions.get().file
    file = MediaFile.objects.get()
    assert content_of(file) == content
    assert (file.width, file.height, file.content_type) == (520, 416, "image/png")


def test_a_file_keeps_its_name_without_what_could_lead_elsewhere():
    made = material("file", upload=Upload('../../etc/pass"wd\n.csv', b"price;tea"))
    file = made.versions.get().file
    assert file.filename == "passwd.csv"
    assert default_storage.exists(file.path)


def test_an_edit_of_content_makes_a_version_and_of_the_name_none():
    made = material("text", text="One")
    update_material(
        material=made, draft=draft("text", name="New", text="One"), operator=None, now=NOW
    )
    assert (made.name, made.version) == ("New", 1)
    update_material(material=made, draft=draft("text", text="Two"), operator=None, now=NOW)
    assert made.version == 2
    assert list(made.versions.values_list("number", "text")) == [(2, "Two"), (1, "One")]
    picture = material()
    kept = picture.versions.get().file
    update_material(material=picture, draft=draft(upload=None), operator=None, now=NOW)
    assert (picture.version, picture.versions.get().file) == (1, kept)


def test_what_was_scheduled_stays_what_it_was():
    made = material("link")
    attachments = pinned(named(made))
    changed = draft("link", body={**LINK, "title": "Summer tea"})
    update_material(material=made, draft=changed, operator=None, now=NOW)
    [before], [after] = parts_of(attachments), parts_of(named(made))
    assert (before.body["title"], after.body["title"]) == ("Spring tea", "Summer tea")
    assert pinned(attachments) == attachments
    with pytest.raises(IntegrityError), transaction.atomic():
        MaterialVersion.objects.filter(material=made).update(text="other")


def test_a_text_cannot_be_attached_and_what_is_gone_is_told():
    for attachments in (named(material("text")), [{"msgtype": "material", "material": 9**9}]):
        with pytest.raises(InvalidInput) as caught:
            parts_of(attachments)
        assert caught.value.field == "attachments"


def test_every_place_that_names_it_is_found_in_as_many_queries_as_for_one(
    django_assert_num_queries,
):
    used, spare = material("link"), material("link")
    sent = rows.broadcast(attachments=pinned(named(used)))
    rows.broadcast(attachments=[{"msgtype": "link", "link": {**LINK, "material": used.pk}}])
    welcome = welcome_rows.welcome(attachments=named(used, spare))
    assert {use.url for use in uses_of(used)} == {
        sent.get_absolute_url(),
        welcome.get_absolute_url(),
    }
    greeting = GroupWelcome.objects.create(
        name="Hello", material=spare, created_at=NOW, updated_at=NOW
    )
    assert greeting.get_absolute_url() in {use.url for use in uses_of(spare)}
    with pytest.raises(InvalidInput):
        delete_material(material=spare, operator=None, now=NOW)
    with django_assert_num_queries(6):
        assert use_counts([used, spare]) == {used.pk: 2, spare.pk: 2}


def test_what_was_used_is_archived_and_never_deleted():
    used, spare = material("link"), material("link")
    rows.broadcast(attachments=named(used))
    with pytest.raises(InvalidInput):
        delete_material(material=used, operator=None, now=NOW)
    delete_material(material=spare, operator=None, now=NOW)
    assert archive_material(material=used, operator=None, now=NOW)
    assert not library(MaterialsWanted()).exists()
    assert parts_of(named(used))
    assert restore_material(material=used, operator=None, now=NOW)
    assert library(MaterialsWanted()).get() == used


def test_the_library_finds_by_words_kind_tag_and_folder():
    tea = material("link", name="A", tags=["spring", "tea"])
    text = material("text", name="B", text="Come in for tea")
    assert set(library(MaterialsWanted(text="tea"))) == {tea, text}
    assert library(MaterialsWanted(text="tea", kind="text")).get() == text
    assert library(MaterialsWanted(tag="spring")).get() == tea
    assert not library(MaterialsWanted(folder=7)).exists()


def test_two_who_keep_the_same_file_get_one_row():
    upload = Upload("a.png", png())
    create_material(draft=draft(upload=upload), operator=None, now=NOW)
    create_material(draft=draft("miniprogram", upload=upload), operator=None, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM broadcasts_mediafile")
        assert cursor.fetchone() == (1,)
