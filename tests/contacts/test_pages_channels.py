"""The pages of channels: list, form, detail, plan, costs, states made elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Channel, CostEntry
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.channel_rows import made, named, serving

pytestmark = pytest.mark.django_db


def came(channel, number, *, member=None, days_ago=0, **overrides):
    member = member or rows.staff()
    at = timezone.now() - timedelta(days=days_ago)
    return [
        rows.follow(rows.contact(), member, state=channel.state, added_at=at, **overrides)
        for _n in range(number)
    ]


def text_of(page):
    return page.content.decode()


def test_an_empty_list_says_what_to_do(operator_client):
    page = operator_client.get("/channels/")
    assert "/channels/new/" in text_of(page)


def test_the_list_shows_figures_in_a_fixed_number_of_queries(
    operator_client, django_assert_max_num_queries
):
    first = named("first")
    came(first, 3)
    came(first, 1, status="by_contact", ended_at=timezone.now())
    for number in range(8):
        came(named(f"more-{number}"), 1)
    with django_assert_max_num_queries(14):
        page = operator_client.get("/channels/")
    figures = {channel.state: own for channel, own in page.context["rows"]}["first"]
    assert (figures.total, figures.today, figures.net_today, figures.kept) == (4, 4, 3, 3)


def test_a_hand_over_is_no_loss(operator_client):
    channel = named()
    came(channel, 1, status="handed_over", ended_at=timezone.now(), days_ago=10)
    page = operator_client.get(f"/channels/{channel.pk}/")
    figures = page.context["figures"]
    assert (figures.total, figures.kept, figures.lost, figures.kept_share) == (1, 0, 0, None)


def test_filters_narrow_the_list(operator_client):
    named("a", name="Door", folder="Shops")
    named("b", name="Poster", kind="code", config_id="c1")
    named("c", name="Old", is_archived=True)
    for asked, names in (
        ({"text": "oor"}, ["Door"]),
        ({"folder": "Shops"}, ["Door"]),
        ({"kind": "code"}, ["Poster"]),
        ({"archived": "1"}, ["Old"]),
        ({"status": "deleted"}, []),
    ):
        page = operator_client.get("/channels/", asked)
        assert [channel.name for channel, _own in page.context["rows"]] == names


def test_the_export_is_logged_and_safe(operator_client):
    came(named(name="=Door"), 2)
    answer = operator_client.post("/channels/export/?text=Door")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[1].startswith("'=Door,")
    assert AuditEntry.objects.get().action == "channel.export"


def test_a_code_is_made_by_the_form_and_shown(operator_client, corp):
    (wang,) = serving(corp, "wang")
    typed = {"kind": "code", "name": "Counter", "staff": [wang.pk], "skip_verify": "on"}
    answer = operator_client.post("/channels/new/", typed)
    channel = Channel.objects.get()
    assert answer.url == f"/channels/{channel.pk}/"
    assert channel.status == "live"
    assert channel.address in text_of(operator_client.get(answer.url))


def test_a_refused_form_comes_back_as_it_was_typed(operator_client, corp):
    page = operator_client.post("/channels/new/", {"kind": "link", "name": "Ad"})
    assert page.context["form"].errors["staff"]
    assert 'value="Ad"' in text_of(page)
    assert page.context["kind"] == "link"


def test_a_channel_is_edited_and_archived(operator_client, corp):
    (wang,) = serving(corp, "wang")
    channel = made()
    page = operator_client.get(f"/channels/{channel.pk}/edit/")
    assert page.context["form"].initial["staff"] == [wang.pk]
    typed = {"name": "Door", "staff": [wang.pk], "daily_cap": "5"}
    operator_client.post(f"/channels/{channel.pk}/edit/", typed)
    operator_client.post(f"/channels/{channel.pk}/act/", {"do": "archive"})
    channel.refresh_from_db()
    assert (channel.name, channel.daily_cap, channel.is_archived) == ("Door", 5, True)
    operator_client.post(f"/channels/{channel.pk}/act/", {"do": "restore"})
    channel.refresh_from_db()
    assert not channel.is_archived


def test_deleting_asks_first(operator_client, corp):
    serving(corp, "wang")
    channel = made()
    assert operator_client.get(f"/channels/{channel.pk}/delete/").status_code == 200
    assert corp.state.contact_ways
    operator_client.post(f"/channels/{channel.pk}/delete/")
    assert not corp.state.contact_ways
    page = operator_client.get(f"/channels/{channel.pk}/")
    assert page.context["channel"].status == "deleted"


def test_shifts_are_added_and_removed(operator_client, corp):
    wang, li = serving(corp, "wang", "li")
    channel = made(staff_ids=[wang.pk])
    address = f"/channels/{channel.pk}/plan/"
    shift = {"weekdays": list(range(7)), "starts": "00:00", "ends": "00:00", "staff": [li.pk]}
    operator_client.post(address, shift)
    [way] = corp.state.contact_ways.values()
    assert way.user == ["li"]
    assert operator_client.get(address).context["shifts"][0][2] == [li]
    wrong = operator_client.post(address, {**shift, "weekdays": []})
    assert wrong.context["form"].errors["weekdays"]
    operator_client.post(address, {"remove": channel.shifts.get().pk})
    assert way.user == ["wang"]


def test_costs_are_entered_corrected_and_taken_out(operator_client):
    channel = named()
    came(channel, 4)
    typed = {"spent_on": "2026-03-01", "amount": "100.10", "note": "Ad"}
    operator_client.post(f"/channels/{channel.pk}/costs/", typed)
    entry = CostEntry.objects.get()
    assert entry.amount_fen == 10_010
    assert "¥25.02" in text_of(operator_client.get(f"/channels/{channel.pk}/"))
    operator_client.post(f"/channel-costs/{entry.pk}/", {**typed, "amount": "0.29"})
    entry.refresh_from_db()
    assert entry.amount_fen == 29
    operator_client.post(f"/channel-costs/{entry.pk}/", {"delete": "1"})
    assert not CostEntry.objects.exists()
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["channel.add_cost", "channel.change_cost", "channel.delete_cost"]


def test_a_cost_of_nothing_is_refused(operator_client):
    channel = named()
    operator_client.post(
        f"/channels/{channel.pk}/costs/", {"spent_on": "2026-03-01", "amount": "0"}
    )
    assert not CostEntry.objects.exists()


def test_a_channel_knows_its_first_buyers(operator_client):
    now = timezone.now()
    channel, member = named(), rows.staff()
    earlier = named("earlier")
    fresh, regular, other, again = (rows.contact() for _n in range(4))
    for person in (fresh, regular, other, again):
        rows.follow(person, member, state="poster", added_at=now - timedelta(days=5))
    rows.follow(other, rows.staff(), state=earlier.state, added_at=now - timedelta(days=9))
    rows.order(fresh, paid_at=now, amount_fen=500, refunded_fen=100)
    rows.order(fresh, paid_at=now, amount_fen=100)
    rows.order(regular, paid_at=now - timedelta(days=30), amount_fen=900)
    rows.order(regular, paid_at=now, amount_fen=300)
    rows.order(other, paid_at=now, amount_fen=700)
    bought = operator_client.get(f"/channels/{channel.pk}/").context["bought"]
    assert (bought.customers, bought.buyers, bought.first_buyers) == (3, 2, 1)
    assert (bought.orders, bought.revenue_fen) == (3, 800)


def test_days_staff_and_kept_are_charts_with_files(operator_client):
    channel, member = named(), rows.staff(name="Wang")
    came(channel, 2, member=member, days_ago=8)
    came(channel, 2, member=member, days_ago=8, status="by_contact", ended_at=timezone.now())
    page = operator_client.get(f"/channels/{channel.pk}/?days=14")
    days = {row[0]: row[1:] for row in page.context["days"].rows}
    assert (4, 0, 4) in days.values()
    assert (0, 2, -2) in days.values()
    assert page.context["kept"].rows[-1] == (7, 4, 4, 1.0)
    assert page.context["staff"].rows[0] == ("Wang", 4, 0, 2, 2, 0.5)
    for name in ("days", "staff", "kept"):
        answer = operator_client.get(f"/channels/{channel.pk}/channel-{name}.csv")
        assert len(b"".join(answer.streaming_content).decode().splitlines()) > 1


def test_a_state_made_elsewhere_is_listed_until_it_has_a_name(operator_client):
    named()
    came(named("mine"), 1)
    member = rows.staff()
    rows.follow(rows.contact(), member, state="theirs")
    page = operator_client.get("/channels/states/")
    assert [row.state for row in page.context["states"]] == ["theirs"]
    assert operator_client.get("/channels/").context["has_unclaimed"]
    answer = operator_client.post("/channels/states/name/", {"state": "theirs", "name": "Fair"})
    assert answer.url == f"/channels/{Channel.objects.get(state='theirs').pk}/"
    assert not operator_client.get("/channels/").context["has_unclaimed"]
    unknown = operator_client.post("/channels/states/name/", {"state": "nobody", "name": "Fair"})
    assert unknown.context["form"].errors


def test_a_lead_sees_the_figures_of_the_own_staff_only(client):
    channel = named()
    alice = rows.staff(userid="alice")
    came(channel, 1, member=alice)
    came(channel, 2)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    page = client.get(f"/channels/{channel.pk}/")
    assert page.context["figures"].total == 1
    assert [row[0] for row in page.context["staff"].rows] == [alice.name]
    assert page.context["bought"].customers == 1
    assert client.get("/channels/new/").status_code == 403


def test_a_channel_shows_the_welcome_written_for_it(operator_client):
    from broadcasts.models import Welcome

    channel = named()
    now = timezone.now()
    Welcome.objects.create(
        name="Poster welcome", scope="channel", states=["poster"], created_at=now, updated_at=now
    )
    assert "Poster welcome" in text_of(operator_client.get(f"/channels/{channel.pk}/"))
