"""The pages and the API of the library, of links and of hints."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile

from broadcasts.models import ContentSettings, Material, MaterialFolder, TrackedLink, Welcome
from broadcasts.services.links import record_click
from broadcasts.services.media_files import Upload
from scrm.audit.models import AuditEntry
from tests.broadcasts import rows, welcome_rows
from tests.broadcasts.material_rows import LINK, MP4, material, named, png
from tests.contacts.rows import NOW

LIBRARY, LINKS = "/materials/", "/links/"
JSON = {"content_type": "application/json"}


def new(kind, **typed):
    return {"name": "Spring", "tags": "tea，spring", **typed}


def test_a_picture_is_uploaded_shown_changed_archived_and_restored(operator_client):
    address = f"{LIBRARY}new/?kind=image"
    picture = png()
    typed = new("image", file=SimpleUploadedFile("a.png", picture))
    made = operator_client.post(address, typed, headers={"accept": "application/json"})
    page = made.json()["url"]
    shown = operator_client.get(page).content.decode()
    stored = f"/media-files/{Material.objects.get().versions.get().file_id}/"
    assert stored in shown
    assert b"".join(operator_client.get(stored).streaming_content) == picture
    assert (
        "Spring" in operator_client.get(LIBRARY, {"text": "Spring", "tag": "tea"}).content.decode()
    )
    operator_client.post(f"{page}edit/", new("image", name="Summer"))
    assert Material.objects.get().name == "Summer"
    operator_client.post(f"{page}archive/")
    assert "Summer" not in operator_client.get(LIBRARY).content.decode()
    assert "Summer" in operator_client.get(LIBRARY, {"shelf": "archived"}).content.decode()
    operator_client.post(f"{page}restore/")
    operator_client.post(f"{page}delete/")
    assert not Material.objects.exists()
    acts = ["create", "change", "archive", "restore", "delete"]
    assert [one.action for one in AuditEntry.objects.order_by("pk")] == [
        f"material.{act}" for act in acts
    ]


def test_what_is_wrong_stands_beside_its_field(operator_client):
    typed = new("miniprogram", title="M", appid="wx1", page="p")
    file = SimpleUploadedFile("a.png", png(300, 300))
    address = f"{LIBRARY}new/?kind=miniprogram"
    answer = operator_client.post(address, {**typed, "file": file})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["file"]
    file = SimpleUploadedFile("a.png", MP4)
    answer = operator_client.post(
        address, {**typed, "file": file}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["file"])


def test_only_pictures_and_videos_are_shown_by_a_browser(operator_client):
    made = material("file", upload=Upload("page.html", b"<script>alert(1)</script>"))
    answer = operator_client.get(f"/media-files/{made.versions.get().file_id}/")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]


def test_folders_are_made_renamed_and_deleted_with_their_content_kept(operator_client):
    operator_client.post("/material-folders/new/", {"name": "Spring"})
    operator_client.post("/material-folders/new/", {"name": "Spring"})
    folder = MaterialFolder.objects.get()
    kept = material("text", folder=folder)
    assert kept.name in operator_client.get(LIBRARY, {"folder": folder.pk}).content.decode()
    assert kept.name not in operator_client.get(LIBRARY, {"folder": "none"}).content.decode()
    operator_client.post(f"/material-folders/{folder.pk}/rename/", {"name": "Tea"})
    operator_client.post(f"/material-folders/{folder.pk}/delete/")
    assert Material.objects.get().folder is None


def test_the_picker_offers_what_may_be_taken(operator_client):
    picture, text = material(name="A picture"), material("text", name="A text")
    found = operator_client.get(f"{LIBRARY}picker/", {"kinds": "text,nothing"}).content.decode()
    assert text.name in found
    assert picture.name not in found


def test_a_welcome_takes_items_of_the_library_and_shows_them(operator_client):
    card = material("link")
    typed = {"name": "W", "text": "Hello", "neutral_name": "friend", "scope": "everybody"}
    operator_client.post("/welcomes/new/", {**typed, "materials": json.dumps(named(card))})
    welcome = Welcome.objects.get()
    assert welcome.attachments == named(card)
    page = f"/welcomes/{welcome.pk}/"
    assert LINK["title"] in operator_client.get(page).content.decode()
    form = operator_client.get(f"{page}edit/").context["form"]
    assert json.loads(form["materials"].value()) == named(card)
    refused = operator_client.post(
        "/welcomes/new/", {**typed, "materials": json.dumps(named(material("text")))}
    )
    assert refused.status_code == 422


def test_the_number_of_queries_does_not_grow_with_the_library(
    operator_client, django_assert_max_num_queries
):
    for _place in range(12):
        rows.broadcast(attachments=named(material("link")))
    with django_assert_max_num_queries(24):
        assert operator_client.get(LIBRARY).status_code == 200


def test_links_are_made_listed_and_shown_with_who_opened_them(operator_client, settings):
    settings.PUBLIC_URL = "https://scrm.example.com"
    wrong = operator_client.post(LINKS, {"title": "T", "target": "http://tea.example.com"})
    assert list(wrong.context["new"].errors) == ["target"]
    operator_client.post(LINKS, {"title": "Spring", "target": "https://tea.example.com/"})
    link = TrackedLink.objects.get()
    record_click(link=link, contact_id=rows.customer(name="Xiaoyu").pk, now=NOW)
    record_click(link=link, contact_id=None, now=NOW)
    assert f"/l/{link.code}/" in operator_client.get(LINKS, {"text": "Spring"}).content.decode()
    shown = operator_client.get(f"{LINKS}{link.pk}/")
    assert "Xiaoyu" in shown.content.decode()
    assert (shown.context["figures"].clicks, shown.context["figures"].people) == (2, 1)


def test_hints_go_by_the_words_of_the_settings_page(operator_client):
    words = "/content/words/"
    operator_client.post(words, {"forbidden_words": "magic， secret\nmagic"})
    assert ContentSettings.objects.get().forbidden_words == ["magic", "secret"]
    text = {"text": "A magic tea for you.", "links": "1"}
    found = operator_client.post("/content/lint/", text).json()
    assert [hint["code"] for hint in found["hints"]] == ["forbidden"]
    assert found["links"] == 1
    operator_client.post(words, {"forbidden_words": "", "reset": "1"})
    assert "最佳" in ContentSettings.objects.get().forbidden_words
    refused = operator_client.post(words, {"forbidden_words": "x" * 33})
    assert refused.status_code == 422


def test_the_api_keeps_materials_and_links(operator_client):
    address = "/api/v1/materials/"
    made = operator_client.post(
        address, {"kind": "link", "name": "Card", "body": LINK, "tags": ["tea"]}, **JSON
    )
    assert made.status_code == 201, made.content
    own = f"{address}{made.json()['id']}/"
    changed = operator_client.patch(own, {"body": {**LINK, "title": "Summer"}}, **JSON)
    assert (changed.json()["version"], changed.json()["body"]["title"]) == (2, "Summer")
    wrong = operator_client.patch(own, {"body": {**LINK, "url": "x"}}, **JSON)
    assert (wrong.status_code, list(wrong.json())) == (400, ["url"])
    welcome_rows.welcome(attachments=named(Material.objects.get()))
    assert [use["name"] for use in operator_client.get(f"{own}uses/").json()] == ["For everybody"]
    assert operator_client.delete(own).status_code == 400
    assert operator_client.post(f"{own}archive/").json()["is_archived"]
    file = SimpleUploadedFile("价目表.csv", b"price;tea")
    upload = operator_client.post(address, {"kind": "file", "name": "Prices", "file": file})
    assert upload.json()["filename"] == "价目表.csv"
    assert len(operator_client.get(address).json()["results"]) == 2
    link = operator_client.post("/api/v1/links/", {"target": "https://tea.example.com/"}, **JSON)
    assert (link.status_code, link.json()["clicks"]) == (201, 0)
    assert operator_client.post("/api/v1/links/", {"target": "ftp://x"}, **JSON).status_code == 400
    assert len(operator_client.get("/api/v1/links/").json()["results"]) == 2
