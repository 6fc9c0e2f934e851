"""What channels are worth: planted adds, costs and orders come out to the fen."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from analytics.models import Acquisition, ContactMetrics, ValueRun
from analytics.selectors.parts import whole
from analytics.selectors.source_detail import against_holdout, cohorts, detail, staying
from analytics.selectors.source_figures import Source
from analytics.selectors.sources import ALL_CUSTOMERS, figures_of, overview, staff_scope
from analytics.selectors.value_settings import value_settings
from analytics.services.refresh import rebuild_metrics
from analytics.services.value_settings import set_margin
from analytics.services.value_tables import measure_if_due
from broadcasts.models import PolicySettings
from contacts.models import Contact, Department, Follow, Order
from scrm.console.models import Role
from tests import build
from tests.analytics.channel_rows import (
    JANUARY,
    NOW,
    TODAY,
    WHOLE,
    at,
    channel_shop,
    measured,
    paid,
    seen,
    won,
)
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return channel_shop()


def test_cost_payback_and_return_are_exact_to_the_fen(shop, operator):
    set_margin(margin_percent=50, operator=operator, now=NOW)
    measured()
    found, total = seen()
    poster, ad = found["poster"], found["ad"]
    assert (poster.won, poster.cost_fen, poster.cac_fen) == (10, 100_000, 10_000)
    assert (poster.net_fen, poster.earned_fen) == (10 * 12_000 + 5 * 20_000, 110_000)
    # 50 % of 12,000 on the tenth day, of 10,000 more each on the twentieth: 11,000 passes 10,000.
    assert (poster.payback_day, poster.roi) == (20, 0.1)
    assert (ad.cac_fen, ad.payback_day, ad.roi) == (12_500, None, -0.9)
    assert (total.won, total.cost_fen, total.net_fen) == (16, 150_000, 220_000 + 10_000 + 1_400)


def test_without_a_margin_figures_are_on_revenue(shop):
    measured()
    found, _total = seen()
    assert not value_settings().has_margin
    assert (found["poster"].earned_fen, found["poster"].payback_day) == (220_000, 10)


def test_all_channels_together_are_the_shop(shop):
    measured()
    found, total = seen()
    for name in ("won", "again", "adds", "orders", "net_fen", "cost_fen", "bought", "ripe"):
        assert sum(getattr(one, name) for one in found.values()) == getattr(total, name), name
    ledger = sum(row.net_fen for row in ContactMetrics.objects.all())
    assert total.net_fen == ledger == sum(order.net_fen for order in Order.objects.all())
    assert total.won == Contact.objects.count()
    # The relations of all together stay as one curve over all.
    assert total.curve is None or total.longest == max(one.longest for one in found.values())


def test_a_friend_who_is_added_again_is_no_new_customer(shop):
    measured()
    before, _total = seen()
    lost = shop["tens"][0]
    # The same staff member by another channel: her relation tells of the second time only.
    lost.follows.update(status="active", added_at=at(date(2026, 2, 10)), state="ad", add_way=16)
    # A colleague by that channel, too.
    rows.follow(shop["tens"][1], shop["bob"], added_at=at(date(2026, 2, 11)), state="ad")
    measured(NOW + timedelta(hours=1))
    found, total = seen()
    assert (found["poster"].won, found["poster"].net_fen) == (10, before["poster"].net_fen)
    assert (found["ad"].won, found["ad"].again, found["ad"].adds) == (4, 2, 6)
    assert (total.won, total.again) == (16, 2)
    assert Acquisition.objects.get(contact=lost).added_on == JANUARY


def test_who_had_ordered_before_is_no_first_order_of_the_channel(shop):
    early = won(shop["alice"], JANUARY, state="poster")
    paid(early, JANUARY - timedelta(days=30), 99_000)
    paid(early, JANUARY + timedelta(days=5), 1_000)
    measured()
    found, _total = seen()
    poster = found["poster"]
    assert (poster.won, poster.known, poster.net_fen) == (11, 1, 221_000)
    first, second = poster.first_order, poster.second_order
    assert (first.part, first.whole, first.share) == (10, 10, 1.0)
    assert first.low == pytest.approx(0.722, abs=1e-3)
    # Nobody was won 90 days ago.
    assert (second.whole, second.share) == (0, None)
    assert poster.still_friends.part == 11


def test_the_limit_of_the_first_order_is_strict(shop):
    late = won(shop["bob"], JANUARY, state="ad")
    paid(late, JANUARY + timedelta(days=31), 1_000)
    measured()
    found, _total = seen()
    # Of those won in February all had 30 days; one of them ordered in time, the late one did not.
    assert (found["ad"].first_order.part, found["ad"].first_order.whole) == (1, 5)
    assert found["ad"].bought == 2


def test_losses_are_kaplan_meier_and_tested_against_all_others(shop):
    for person in shop["tens"][:4]:
        person.follows.update(status="by_contact", ended_at=at(JANUARY + timedelta(days=6), hour=6))
    shop["tens"][4].follows.update(status="by_staff", ended_at=at(JANUARY + timedelta(days=2)))
    measured()
    found, _total = seen()
    # Nine are left in view when four of them leave; the one removed by staff is censored.
    lost = found["poster"].lost
    assert lost[0].share == pytest.approx(4 / 9)
    assert lost[0].low < 4 / 9 < lost[0].high
    assert lost[1].share == pytest.approx(4 / 9)
    assert lost[2] is None  # nobody is in view for 90 days
    assert found["ad"].lost[0].share == 0
    # The list looks at the first months only, the page of one channel at all of its relations.
    one = figures_of(
        Source("poster"),
        WHOLE,
        whom=ALL_CUSTOMERS,
        settings=value_settings(),
        today=TODAY + timedelta(99),
    )
    rows_later = overview(
        WHOLE, whom=ALL_CUSTOMERS, settings=value_settings(), today=TODAY + timedelta(99)
    )
    [listed] = [row.figures for row in rows_later.rows if row.name == "poster"]
    assert (listed.lost, listed.longest < one.longest) == (one.lost, True)
    assert listed.lost[2] is not None
    poster = detail(Source("poster"), WHOLE, part=whole(build.operator()), today=TODAY)
    compared = staying(poster.own, poster.others)
    assert compared.own.events.sum() == 4
    assert compared.others.censored.sum() == 6
    assert 0 < compared.test.p_value < 0.2


def test_cohorts_tell_only_what_is_over_for_all_of_a_month(shop):
    measured()
    [january] = cohorts(Source("poster"), whom=ALL_CUSTOMERS, today=TODAY)
    # The youngest of January was 38 days in: one month of 30 days is over.
    assert (january.month, january.size, january.value_fen) == (date(2026, 1, 1), 10, [22_000])


def test_a_lead_sees_her_own_staffs_customers_worked_out_alike(shop):
    measured()
    everybody = (shop["alice"].pk, shop["bob"].pk)
    kept, total = seen()
    live, live_total = seen(staff=everybody)
    names = ("relations", "again", "won", "net_fen", "ripe", "friends_30", "bought_30", "lost")
    for source, figures in live.items():
        for name in names:
            assert getattr(figures, name) == getattr(kept[source], name), (source, name)
    assert list(live_total.by_age.value) == list(total.by_age.value)
    assert live_total.won == total.won
    # Costs are the whole channel's.
    assert live_total.cac_fen is None
    shop["alice"].department_wecom_ids = [7]
    shop["alice"].save()
    Department.objects.create(name="East", wecom_id=7, parent_wecom_id=1)
    lead = build.operator(role=Role.LEAD, staff_userid=shop["alice"].userid)
    own, own_total = seen(staff=staff_scope(lead))
    assert set(own) == {"poster"}
    assert own_total.won == 10


def test_the_standing_hold_out_tells_what_marketing_adds(shop):
    assert against_holdout(Source("poster"), WHOLE) is None
    PolicySettings.objects.update_or_create(
        pk=1,
        defaults={
            "standing_percent": 10,
            "standing_since": at(JANUARY - timedelta(days=9)),
            "standing_salt": "salt",
        },
    )
    measured()
    found = against_holdout(Source("poster"), WHOLE)
    assert found.treated + found.held == 10


def test_measuring_twice_changes_nothing_and_waits_for_news(shop):
    rebuild_metrics(now=NOW)
    assert measure_if_due(now=NOW) is not None
    later = NOW + timedelta(minutes=6)
    assert measure_if_due(now=later) is None
    before, _total = seen()
    paid(shop["fours"][1], TODAY, 2_000)
    rebuild_metrics(now=later)
    # Too soon while a run takes long.
    ValueRun.objects.update(seconds=60)
    assert measure_if_due(now=later) is None
    ValueRun.objects.update(seconds=0.1)
    assert measure_if_due(now=later) is not None
    found, _total = seen()
    assert found["ad"].net_fen == before["ad"].net_fen + 2_000


def test_the_pages_open_and_their_files_say_the_same(shop, operator_client):
    span = "from=2026-01-01&to=2026-03-10"
    assert operator_client.get("/channel-value/").status_code == 200
    measured()
    page = operator_client.get(f"/channel-value/?{span}&compare=previous")
    assert page.context["rows"][0][0].name == "poster"
    file = operator_client.get(f"/channel-value/channel-value.csv?{span}")
    lines = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert len(lines) == 4
    assert "220000" not in lines[1]
    assert "2200.00" in lines[1]
    one = operator_client.get(f"/channel-value/source/?state=poster&{span}")
    assert one.context["found"].won == 10
    for key in ("source-funnel", "source-payback", "source-staying", "source-cohorts"):
        answer = operator_client.get(f"/channel-value/{key}.csv?state=poster&{span}")
        assert b"".join(answer.streaming_content).count(b"\n") > 1, key
    for odd in ("?add_way=x", "?state=%00", "?state=nothing", "?from=tomorrow", ""):
        assert operator_client.get(f"/channel-value/source/{odd}").status_code == 200
    card = operator_client.get(f"/channels/{shop['poster'].pk}/").content.decode()
    assert "/channel-value/source/?state=poster" in card


def test_the_api_tells_channels_of_a_period(shop, operator_client):
    measured()
    where = "/api/v1/analytics/channels/"
    told = {
        row["state"]: row
        for row in operator_client.get(where, {"from": "2026-01-01", "to": "2026-01-31"}).json()
    }
    assert (told["poster"]["new_customers"], told["poster"]["net_fen"]) == (10, 220_000)
    assert (told["poster"]["cac_fen"], told["poster"]["margin_percent"]) == (10_000, None)
    assert "ad" not in told
    assert (told[""]["add_way"], told[""]["new_customers"]) == (3, 1)
    refused = operator_client.get(where, {"from": "2026-02-01", "to": "2026-01-01"})
    assert (refused.status_code, list(refused.json())) == (400, ["from"])


def test_the_margin_is_set_and_taken_out(operator_client):
    assert operator_client.post("/value-settings/", {"margin_percent": "40"}).status_code == 302
    assert value_settings().earned_fen(1_001) == 400
    assert operator_client.post("/value-settings/", {"margin_percent": "101"}).status_code == 200
    assert value_settings().margin_percent == 40
    operator_client.post("/value-settings/", {"margin_percent": ""})
    assert not value_settings().has_margin


def test_one_channel_alone_tells_what_the_list_tells(shop):
    measured()
    found, _total = seen()
    alone = figures_of(
        Source("poster"), WHOLE, whom=ALL_CUSTOMERS, settings=value_settings(), today=TODAY
    )
    assert alone == found["poster"]
    assert Follow.objects.filter(state="poster").count() == alone.relations
