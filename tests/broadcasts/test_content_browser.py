"""A picture and a card on their way: uploaded, sent, received, opened, counted."""

import re

import pytest
from playwright.sync_api import expect

from broadcasts.models import LinkClick, Material
from broadcasts.services.media_files import content_of
from tests.broadcasts.material_rows import LINK, material, named, png
from tests.broadcasts.rows import crew, deliver_all, frozen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_picture_arrives_and_a_customer_who_opens_the_card_is_known(
    live_console, page, corp, settings
):
    settings.PUBLIC_URL = live_console
    corp.state.callbacks.url = f"{live_console}/wecom/callback/"
    page.goto(f"{live_console}/materials/new/?kind=image")
    page.fill("input[name=name]", "Poster")
    picture = {"name": "poster.png", "mimeType": "image/png", "buffer": png()}
    page.set_input_files("input[name=file]", picture)
    expect(page.locator(".phone [data-picture]")).to_be_visible()
    page.click("form[data-material] button.button-primary")
    expect(page.locator(".phone [data-picture]")).to_have_attribute(
        "src", re.compile(r"/media-files/\d+/")
    )
    page.goto(f"{live_console}/materials/new/?kind=link")
    for name, value in {"name": "Card", **LINK}.items():
        page.fill(f"[name={name}]", value)
    page.click("form[data-material] button.button-primary")
    expect(page.locator(".phone .strong")).to_have_text(LINK["title"])

    [member] = crew(corp, 1, per_head=1)
    sent = frozen(text="您好", attachments=named(*Material.objects.order_by("pk")))
    deliver_all()
    assert corp.state.confirm() == 1
    [delivery] = corp.state.ledger()
    media_id = delivery.attachments[0]["image"]["media_id"]
    file = Material.objects.get(kind="image").versions.get().file
    assert (file.media_id, corp.state.vault.get(media_id)) == (media_id, content_of(file))

    page.context.route(f"{LINK['url']}**", lambda route: route.fulfill(body="tea"))
    page.goto(f"{corp.url}/")
    page.locator(f'[data-key="{delivery.external_userid}"]').first.click()
    page.locator(f'[data-key="{member.userid}"]').first.click()
    with page.context.expect_page() as opened:
        page.locator(f"#screen >> text={LINK['title']}").first.click()
    opened.value.wait_for_url(LINK["url"])
    click = LinkClick.objects.get()
    assert click.contact.external_userid == delivery.external_userid
    assert click.link.broadcast == sent

    page.goto(f"{live_console}/links/{click.link_id}/")
    expect(page.locator("table")).to_contain_text(str(click.contact))


def test_a_welcome_is_made_from_the_library_with_hints_while_typing(live_console, page, corp):
    made = material("link")
    page.goto(f"{live_console}/welcomes/new/")
    page.fill("textarea[name=text]", "我们有全网最低价")
    expect(page.locator(".lint li").first).to_contain_text("全网最低")
    page.click("[data-picker-open]")
    page.fill("[data-search]", made.name)
    page.click(f'[data-pick][data-id="{made.pk}"]')
    expect(page.locator(".chip")).to_contain_text(made.name)
    assert page.input_value("input[name=materials]") == (
        f'[{{"msgtype":"material","material":{made.pk}}}]'
    )
    page.click(".chip [data-remove]")
    expect(page.locator(".chip")).to_have_count(0)
