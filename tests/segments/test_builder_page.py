"""The builder in a real browser: by mouse, by keyboard, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Segment
from contacts.services.segments import create_segment
from tests.segments import people
from tests.segments.people import NOW, customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def there(transactional_db):
    return people.world()


@pytest.fixture
def crowd(there):
    customer("Anna", stage="silent", tag_ids=[there.tags["甜"]], revenue_fen=60_000, order_days=2)
    customer("Bea", stage="silent", tag_ids=[there.tags["辣"]])
    customer("Cleo", stage="repeat", tag_ids=[there.tags["甜"]])


def count(page):
    return page.locator("#segment-result [data-count]")


def condition(page, number):
    return page.locator(".condition").nth(number)


def test_a_segment_is_built_counted_and_saved(page, live_console, there, crowd):
    page.goto(f"{live_console}/segments/new/")
    expect(count(page)).to_have_text("3")
    page.get_by_role("button", name="添加条件").click()
    condition(page, 0).get_by_label("字段").select_option("stage")
    condition(page, 0).get_by_label("沉默").check()
    expect(count(page)).to_have_text("2")
    expect(page.locator("[data-words]")).to_have_text("生命周期阶段为 沉默")

    page.get_by_role("button", name="添加分组").click()
    condition(page, 1).get_by_label("字段").select_option("tag")
    condition(page, 1).get_by_role("combobox", name=re.compile("搜索")).fill("甜")
    condition(page, 1).get_by_role("option", name="甜").click()
    expect(count(page)).to_have_text("1")
    expect(page.locator("[data-sample]")).to_contain_text("Anna")

    page.get_by_role("button", name="添加条件").nth(0).click()
    condition(page, 2).get_by_label("字段").select_option("order.revenue_fen")
    condition(page, 2).get_by_label("消费金额 值").fill("500")
    expect(page.locator("[data-words]")).to_contain_text("消费金额 ≥ ¥500")
    expect(count(page)).to_have_text("1")

    page.get_by_label("人群名称").fill("沉默的甜党")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    assert Segment.objects.get().rule == {
        "all": [
            {"field": "stage", "op": "in", "value": ["silent"]},
            {
                "any": [
                    {"field": "tag", "op": "any", "value": [there.tags["甜"]]},
                    {"field": "order.revenue_fen", "op": ">=", "value": 50_000},
                ]
            },
        ]
    }


def test_a_saved_rule_is_drawn_changed_by_keyboard_and_keeps_its_shape(
    page, live_console, there, crowd
):
    rule = {
        "any": [
            {"not": {"field": "order.last_on", "op": "is_set"}},
            {"not": {"all": [
                {"field": "tag", "op": "any", "value": [there.tags["甜"]]},
                {"field": "order.count", "op": "between", "value": [1, 3]},
            ]}},
            {"field": "contact.do_not_contact", "op": "is", "value": False},
        ]
    }  # fmt: skip
    segment = create_segment(name="复杂", rule=rule, now=NOW)
    page.goto(f"{live_console}/segments/{segment.pk}/edit/")
    expect(count(page)).to_have_text("3")
    box = page.get_by_role("combobox", name=re.compile("标签.*搜索"))
    box.focus()
    expect(page.get_by_role("option", name="辣")).to_be_visible()
    box.press_sequentially("辣")
    expect(page.locator(".options [role=option]")).to_have_count(1)
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator(".chip")).to_have_text(["甜×", "辣×"])
    page.get_by_role("button", name="移除 甜").press("Enter")
    expect(page.locator(".chip")).to_have_text(["辣×"])
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    rule["any"][1]["not"]["all"][0]["value"] = [there.tags["辣"]]
    segment.refresh_from_db()
    assert (segment.rule, segment.version) == (rule, 2)


def test_an_error_stands_at_its_condition(page, live_console, there):
    page.goto(f"{live_console}/segments/new/")
    page.get_by_role("button", name="添加条件").click()
    page.get_by_label("字段").select_option("order.count")
    expect(page.locator("[data-note]")).to_have_text("补全条件后显示人数。")
    expect(page.locator(".condition .message")).to_have_text("")
    page.get_by_label("购买次数 值").fill("1.5")
    expect(page.locator(".condition .message")).to_contain_text("请填写整数")
    page.get_by_role("button", name="删除条件").click()
    expect(count(page)).to_have_text("0")


def test_the_builder_fits_a_phone(page, live_console, there, crowd):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_console}/segments/new/")
    page.get_by_role("button", name="添加分组").click()
    condition(page, 0).get_by_label("字段").select_option("order.last_on")
    condition(page, 0).get_by_label("比较方式").select_option("between")
    expect(page.locator("input[type=date]")).to_have_count(2)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def menu(page, place, name):
    place.locator("summary").first.click()
    place.get_by_role("button", name=name, exact=True).first.click()


def test_conditions_are_moved_copied_put_into_groups_and_taken_back(
    page, live_console, there, crowd
):
    first = {"field": "order.count", "op": ">=", "value": 1}
    second = {"field": "contact.bucket", "op": "<", "value": 50}
    segment = create_segment(name="两条", rule={"all": [first, second]}, now=NOW)
    page.goto(f"{live_console}/segments/{segment.pk}/edit/")
    expect(count(page)).to_have_text("1")
    words = page.locator("[data-words]")
    expect(words).to_have_text("购买次数 ≥ 1 且 随机分桶 < 50")

    menu(page, condition(page, 1), "上移")
    expect(words).to_have_text("随机分桶 < 50 且 购买次数 ≥ 1")
    condition(page, 0).get_by_label("字段").press("Alt+ArrowDown")
    expect(words).to_have_text("购买次数 ≥ 1 且 随机分桶 < 50")

    menu(page, condition(page, 1), "复制一份")
    expect(page.locator(".condition")).to_have_count(3)
    menu(page, condition(page, 2), "放入分组")
    expect(page.locator("#segment-builder .group")).to_have_count(2)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("#segment-builder .group")).to_have_count(1)
    page.get_by_role("button", name="重做").click()
    expect(page.locator("#segment-builder .group")).to_have_count(2)
    menu(page, page.locator(".group .group .group-head"), "取消分组")
    expect(page.locator("#segment-builder .group")).to_have_count(1)
    page.locator(".group-head select").first.focus()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator(".condition")).to_have_count(2)
    expect(words).to_have_text("购买次数 ≥ 1 且 随机分桶 < 50")


def test_a_typed_value_is_taken_back_too(page, live_console, there, crowd):
    rule = {"field": "order.count", "op": ">=", "value": 1}
    segment = create_segment(name="一条", rule=rule, now=NOW)
    page.goto(f"{live_console}/segments/{segment.pk}/edit/")
    expect(count(page)).to_have_text("1")
    page.get_by_label("购买次数 值").fill("9")
    expect(count(page)).to_have_text("0")
    page.get_by_role("button", name="撤销").click()
    expect(count(page)).to_have_text("1")
    expect(page.get_by_label("购买次数 值")).to_have_value("1")


def test_groups_are_not_nested_deeper_than_rules_may_be(page, live_console, there):
    rule = {"field": "order.count", "op": ">=", "value": 1}
    for key in ("all", "any", "all", "any", "all"):
        rule = {key: [rule, {"field": "order.lines", "op": ">=", "value": 1}]}
    segment = create_segment(name="深", rule=rule, now=NOW)
    page.goto(f"{live_console}/segments/{segment.pk}/edit/")
    innermost = condition(page, 0)
    innermost.locator("summary").click()
    expect(innermost.get_by_role("button", name="放入分组")).to_be_disabled()
    expect(innermost.get_by_role("button", name="下移")).to_be_enabled()
    innermost.get_by_role("button", name="下移").press("Escape")
    expect(innermost.locator("summary")).to_be_focused()
