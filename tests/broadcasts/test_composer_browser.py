"""The composer in a real browser: keys alone, a reload, two pages of one text."""

import pytest
from playwright.sync_api import expect

from broadcasts.models import PolicySettings, UnfinishedBroadcast
from tests.broadcasts import rows
from tests.broadcasts.material_rows import material

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def composer(live_console, page):
    """The page of a new broadcast, in a house without quiet hours and with one customer."""
    PolicySettings.objects.create(pk=1, quiet_from="00:00", quiet_until="00:00", holdout_percent=0)
    rows.customer(rows.staff())
    rows.segment(name="All friends")
    page.goto(f"{live_console}/broadcasts/new/")
    return page


def saved(page):
    expect(page.locator("[data-saved]")).to_contain_text("已自动保存")


def test_what_was_typed_survives_a_reload_and_another_page_cannot_write_over_it(composer):
    composer.fill("[name=name]", "Spring")
    saved(composer)
    composer.click("[data-add=attachment]")
    composer.locator("[name=attachment_title]").nth(1).fill("Second shop")
    composer.click("[data-variants] summary")
    composer.click("[data-add=variant]")
    composer.fill("[name=variant_text]", "另一种说法")
    expect(composer.locator("[data-preview=text]")).to_have_text("另一种说法")
    saved(composer)
    expect(composer.locator("[data-saved]")).not_to_have_text("尚未保存")
    composer.wait_for_timeout(1500)
    composer.reload()
    assert composer.input_value("[name=name]") == "Spring"
    assert composer.locator("[name=attachment_title]").nth(1).input_value() == "Second shop"
    assert composer.input_value("[name=variant_text]") == "另一种说法"

    other = composer.context.new_page()
    other.goto(composer.url)
    other.fill("[name=name]", "Summer")
    saved(other)
    composer.fill("[name=name]", "Autumn")
    expect(composer.locator("[data-conflict]")).to_be_visible()
    assert UnfinishedBroadcast.objects.get().values["name"] == ["Summer"]
    other.close()


def test_a_piece_of_the_library_is_chosen_by_its_picture_with_hints_on_the_words(composer):
    made = material("link")
    composer.reload()
    composer.fill("[name=text]", "我们有全网最低价")
    expect(composer.locator(".lint li").first).to_contain_text("全网最低")
    composer.click("[data-add=attachment]")
    composer.locator("[data-library]:visible").last.click()
    composer.fill("[data-library-dialog] [data-search]", made.name)
    composer.click(f'[data-pick][data-id="{made.pk}"]')
    expect(composer.locator("select[name=attachment_material]").last).to_have_value(str(made.pk))
    # As customers see it: by its title, not by the name we give it.
    expect(composer.locator("[data-preview=attachments]")).to_contain_text("Spring tea")
