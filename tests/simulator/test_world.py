import csv
import gzip
from collections import Counter
from datetime import date, timedelta

import numpy as np
import orjson
import pytest

from scrm.simulator import world
from scrm.simulator.clock import moment
from scrm.simulator.corp import Corp
from scrm.simulator.journal import dump
from scrm.simulator.world.purchases import ALPHA, YUAN_PER_DOLLAR, A, B, P, Q, R, V, draw

TODAY = date(2026, 6, 1)
COUNT = 6000


def _built(contacts, seed=1, today=TODAY, buyers=None):
    corp = Corp()
    world.build(corp, contacts=contacts, seed=seed, today=today, buyers=buyers)
    return corp


@pytest.fixture(scope="module")
def brand():
    return _built(COUNT)


def _content(corp):
    saved = dump(corp)
    del saved["clock"]
    return orjson.dumps(saved)


def test_the_same_seed_size_and_day_give_the_same_world():
    one = _content(_built(400))
    assert one == _content(_built(400))
    assert one != _content(_built(400, seed=2))
    assert one != _content(_built(400, today=TODAY + timedelta(days=1)))


@pytest.mark.parametrize("count", [0, 1, 2, 59])
def test_small_worlds_are_worlds_too(count):
    corp = _built(count)
    assert len(corp.followers) == count
    assert len(corp.staff) == 4


def test_only_an_empty_corp_can_be_built(brand):
    with pytest.raises(ValueError, match="empty"):
        world.build(brand, contacts=1)


def test_staff_departments_and_groups_fit_the_size(brand):
    assert len(brand.staff) == COUNT / 150
    assert all(
        department.parent_id in brand.departments or department.department_id == 1
        for department in brand.departments.values()
    )
    assert len(brand.chats) == COUNT / 60
    members = [member for chat in brand.chats.values() for member in chat.members.values()]
    outside = [member for member in members if member.kind == 2]
    strangers = [m for m in outside if m.member_id not in brand.followers]
    assert 0.01 < len(strangers) / len(outside) < 0.1
    assert {member.scene for member in outside} == {1, 2, 3}
    assert any(member.nickname.count("+") == 2 for member in outside)


def test_somebody_of_the_staff_has_no_customer(brand):
    assert sum(not brand.follows.get(staff.userid) for staff in brand.staff.values()) == 1


def test_relations_are_as_diverse_as_life(brand):
    followers = Counter(len(follows) for follows in brand.followers.values())
    assert 0.05 < (followers[2] + followers[3]) / COUNT < 0.15
    follows = [follow for own in brand.follows.values() for follow in own.values()]
    ended = [follow for follow in follows if follow.ended_at]
    assert 0.015 < len(ended) / len(follows) < 0.045
    assert {follow.ended_by for follow in ended} == {"contact", "staff"}
    assert len({follow.add_way for follow in follows}) >= 6
    begin = min(follow.created_at for follow in follows)
    assert 700 < (moment(max(f.created_at for f in follows)) - moment(begin)).days < 735
    assert all(follow.created_at <= follow.ended_at for follow in ended)


def test_nothing_happened_after_the_day_began(brand):
    end = moment(0).replace(year=2026, month=6, day=1, hour=0).timestamp()
    assert max(order.paid_at for order in brand.orders) < end
    assert all(f.created_at < end for own in brand.follows.values() for f in own.values())
    assert all(
        member.joined_at <= end for chat in brand.chats.values() for member in chat.members.values()
    )


def test_about_seven_in_ten_buy_and_orders_lie_in_the_daytime(brand):
    buyers = {order.phone for order in brand.orders}
    assert 0.64 < len(buyers) / COUNT < 0.72
    hours = Counter(moment(order.paid_at).hour for order in brand.orders)
    assert sum(hours[hour] for hour in range(7)) == 0
    assert hours[20] > hours[15] > 0
    refunds = sum(order.refunded_fen > 0 for order in brand.orders) / len(brand.orders)
    assert 0.01 < refunds < 0.03
    assert [order.paid_at for order in brand.orders] == sorted(o.paid_at for o in brand.orders)


def test_tags_follow_buying(brand):
    names = {tag.name: tag.tag_id for tag in brand.tags.values()}
    orders = Counter(order.unionid for order in brand.orders if order.unionid)

    def mean_orders(tag):
        bought = [
            orders[brand.contacts[follow.external_userid].unionid]
            for own in brand.follows.values()
            for follow in own.values()
            if names[tag] in follow.tag_ids
        ]
        return sum(bought) / len(bought)

    assert mean_orders("高意向") > mean_orders("中意向") > mean_orders("低意向")


def test_repeat_buying_follows_bg_nbd():
    """P(no repeat in t) = (α/(α+t))^r, and E[X(t)] by the published integral, for 52 weeks."""
    rng = np.random.default_rng(3)
    count, weeks = 60_000, 52
    begin = np.zeros(count, dtype=np.int64)
    found = draw(rng, begin, weeks * 7 * 86_400)
    repeats = np.bincount(found.buyer, minlength=count) - 1
    assert (repeats == 0).mean() == pytest.approx((ALPHA / (ALPHA + weeks)) ** R, abs=0.01)
    assert repeats.mean() == pytest.approx(_expected_repeats(weeks), rel=0.05)


def test_spend_follows_gamma_gamma():
    rng = np.random.default_rng(4)
    found = draw(rng, np.zeros(60_000, dtype=np.int64), 1)
    mean_yuan = P * V / (Q - 1) * YUAN_PER_DOLLAR
    assert found.fen.mean() / 100 == pytest.approx(mean_yuan, rel=0.03)


def _expected_repeats(weeks):
    """E[X(t)] = (a+b−1)/(a−1) · [1 − (α/(α+t))^r · ₂F₁(r, b; a+b−1; t/(α+t))]."""
    from scipy.special import hyp2f1

    share = ALPHA / (ALPHA + weeks)
    series = hyp2f1(R, B, A + B - 1, weeks / (ALPHA + weeks))
    return (A + B - 1) / (A - 1) * (1 - share**R * series)


@pytest.fixture
def buyers_file(tmp_path):
    path = tmp_path / "buyers.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "paid_at", "amount"])
        for number in (3, 1, 3, 2, 1):
            rows.writerow([f"{number:05d}", "2026-01-01", "9.90"])
    return path


def test_a_world_for_given_buyers_has_one_contact_each(buyers_file):
    corp = _built(0, buyers=world.read_buyers(buyers_file, "customer_id"))
    assert sorted(person.unionid for person in corp.contacts.values()) == [
        "00001",
        "00002",
        "00003",
    ]
    assert all(corp.followers_of(external_userid) for external_userid in corp.contacts)
    assert corp.orders == []


def test_a_file_without_the_column_is_refused(buyers_file):
    with pytest.raises(ValueError, match="no column 'unionid'"):
        world.read_buyers(buyers_file, "unionid")
