"""Customers with facts of every sort, empty ones included, for the tests of segments."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from contacts.models import (
    Contact,
    ContactFacts,
    Department,
    Follow,
    Order,
    OrderItem,
    Product,
    ProfileField,
    Segment,
    SegmentMember,
    Staff,
    Tag,
    TagGroup,
)
from groups.models import GroupChat, GroupMember, JoinWay

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # noon in Shanghai
TODAY = NOW.date()


@dataclass
class World:
    """The things rules can name, by a short name each, and the customers by name."""

    tags: dict[str, int]
    staff: dict[str, int]
    departments: dict[str, int]
    groups: dict[str, int]
    products: dict[str, int]
    segments: dict[str, int] = field(default_factory=dict)

    @property
    def static(self) -> list[int]:
        return [self.segments["活动名单"]] if self.segments else []


def world() -> World:
    """Two tag groups, a tree of departments, staff, groups, products; no customer yet."""
    region = TagGroup.objects.create(name="地区", group_id="g1")
    taste = TagGroup.objects.create(name="口味", group_id="g2")
    tags = {
        name: Tag.objects.create(name=name, tag_id=f"t-{name}", group=group).pk
        for name, group in (("华东", region), ("华南", region), ("甜", taste), ("辣", taste))
    }
    tree = {"总部": (1, 0), "门店": (2, 1), "一店": (3, 2), "仓库": (4, 1)}
    departments = {
        name: Department.objects.create(name=name, wecom_id=own, parent_wecom_id=above).pk
        for name, (own, above) in tree.items()
    }
    staff = {
        name: Staff.objects.create(userid=name, name=name, is_following=True).pk
        for name in ("alice", "bob")
    }
    groups = {
        name: GroupChat.objects.create(
            chat_id=f"chat-{name}", name=name, owner_userid="alice", created_at=NOW
        ).pk
        for name in ("福利群", "新品群")
    }
    for state, name in (("gw-poster", "海报"), ("gw-flyer", "传单")):
        times = {"due_at": NOW, "created_at": NOW, "updated_at": NOW}
        JoinWay.objects.create(name=name, state=state, **times)
    products = {
        name: Product.objects.create(sku=name, name=name, role=role).pk
        for name, role in (("tea", "traffic"), ("cup", ""), ("cake", "profit"))
    }
    return World(tags, staff, departments, groups, products)


def segments() -> dict[str, int]:
    """Buyers; a segment within that one; a static one, whose members come with the customers."""
    buyers = _segment("买过", {"field": "order.count", "op": ">=", "value": 1})
    tame = {"field": "contact.do_not_contact", "op": "is", "value": False}
    among = {"all": [{"field": "segment", "op": "any", "value": [buyers]}, tame]}
    static = {"frozen_at": NOW, "source_id": buyers, "source_version": 1}
    fixed = _segment("活动名单", {}, **static)
    own = {"field": "segment.static", "op": "any", "value": [fixed]}
    Segment.objects.filter(pk=fixed).update(rule=own)
    return {"买过": buyers, "可群发买家": _segment("可群发买家", among), "活动名单": fixed}


def own_fields() -> None:
    """One profile field of each kind, and one that is archived."""
    lists = {"choice": ["干性", "油性"], "multi": ["面霜", "精华", "面膜"]}
    for kind in ProfileField.Kind.values:
        ProfileField.objects.create(
            key=kind, label=f"自有 {kind}", kind=kind, choices=lists.get(kind, []), created_at=NOW
        )
    old = {"key": "old", "label": "旧", "kind": "text", "is_archived": True, "created_at": NOW}
    ProfileField.objects.create(**old)


def _segment(name: str, rule: dict, **more) -> int:
    row = Segment.objects.create(name=name, rule=rule, created_at=NOW, updated_at=NOW, **more)
    return row.pk


def customer(
    name: str,
    *,
    bought: tuple[int, ...] = (),
    states: tuple[str, ...] = (),
    fixed_in: tuple[int, ...] = (),
    joined_by: tuple[str, ...] = (),
    stage_since: datetime = NOW,
    lost_at: datetime | None = None,
    **facts,
) -> Contact:
    """A customer with her facts row; `bought` are product ids, one order each, `states` those of
    her relations, `joined_by` the group codes she came by, `fixed_in` the static segments she is a member of.
    """
    contact = Contact.objects.create(
        external_userid=f"wm-{name}-{Contact.objects.count()}",
        name=name,
        first_followed_at=facts.get("first_followed_at", NOW),
        stage_since=stage_since,
        lost_at=lost_at,
        relation="lost" if lost_at else "friend",
        stage=facts.get("stage", "new"),
        lost_kind="inactive" if facts.get("stage") == "lost" else "",
    )
    for staff, state in zip(Staff.objects.order_by("pk"), states, strict=False):
        Follow.objects.create(contact=contact, staff=staff, added_at=NOW, state=state)
    for group, state in zip(GroupChat.objects.order_by("pk"), joined_by, strict=False):
        GroupMember.objects.create(
            group=group,
            member_id=contact.external_userid,
            kind=2,
            contact=contact,
            joined_at=NOW,
            state=state,
        )
    for segment_id in fixed_in:
        SegmentMember.objects.create(segment_id=segment_id, contact=contact)
    values = {
        "relation": "friend",
        "stage": "new",
        "kind": 1,
        "gender": 0,
        "first_followed_at": NOW,
        "last_followed_at": NOW,
        **facts,
    }
    ContactFacts.objects.create(contact=contact, **values)
    for product in bought:
        order = Order.objects.create(
            source="shop",
            external_id=f"{contact.pk}-{product}",
            contact=contact,
            paid_at=NOW,
            paid_on=TODAY,
            amount_fen=100,
            imported_at=NOW,
        )
        OrderItem.objects.create(order=order, product_id=product)
    return contact


def random_customers(count: int, there: World, seed: int = 7) -> list[Contact]:
    """Customers whose facts are drawn at random, every empty case among them."""
    draw = random.Random(seed)

    def some(ids):
        return sorted(draw.sample(list(ids), draw.randint(0, len(ids))))

    def moment(days):
        return NOW - timedelta(days=draw.randint(0, days), minutes=draw.randint(0, 1439))

    people = []
    for number in range(count):
        orders = draw.choice([0, 0, 1, 2, 3, 5])
        revenue = draw.choice([0, 999, 5_000, 50_000, 123_456]) if orders else 0
        people.append(
            customer(
                draw.choice(["张三", "李四", "Anna_100%", "anna", "王 五", ""]) + str(number % 5),
                bought=tuple(some(there.products.values())) if orders else (),
                states=tuple(draw.sample(["", "store_1", "store_2", "100%"], 2)),
                joined_by=tuple(draw.sample(["", "gw-poster", "gw-flyer"], 2)),
                fixed_in=tuple(some(there.static)),
                stage_since=moment(50),
                lost_at=draw.choice([None, moment(30)]),
                has_phone=draw.choice([True, False]),
                has_unionid=draw.choice([True, False]),
                relation=draw.choice(["friend", "lost"]),
                stage=draw.choice(["new", "first", "repeat", "silent", "lost"]),
                kind=draw.choice([1, 2]),
                gender=draw.choice([0, 1, 2]),
                tag_ids=some(there.tags.values()),
                staff_ids=some(there.staff.values()),
                group_ids=some(there.groups.values()),
                department_ids=some(there.departments.values()),
                add_ways=some([0, 1, 3, 16]),
                first_followed_at=moment(60),
                last_followed_at=moment(20),
                order_count=orders + draw.choice([0, 2]) if orders else 0,
                order_days=orders,
                revenue_fen=revenue,
                refunded_fen=draw.choice([0, revenue // 3, revenue]),
                first_order_on=TODAY - timedelta(days=draw.randint(20, 90)) if orders else None,
                last_order_on=TODAY - timedelta(days=draw.randint(0, 19)) if orders else None,
                bucket=draw.randint(0, 99),
                is_do_not_contact=draw.choice([True, False]),
                profile=_some_profile(draw),
                pause_until=draw.choice([None, NOW - timedelta(days=1), NOW + timedelta(days=1)]),
            )
        )
    return people


def _some_profile(draw: random.Random) -> dict[str, object]:
    """Any of the values of `own_fields`, each as likely missing."""
    drawn: dict[str, object] = {
        "text": draw.choice(["张三", "100%", "王 五", "anna"]),
        "number": draw.choice([-1, 0, 2, 2.5, 19, 50, 1234.5678]),
        "date": (TODAY - timedelta(days=draw.randint(-2, 100))).isoformat(),
        "choice": draw.choice(["干性", "油性", "没有了"]),
        "multi": draw.choice([["面霜"], ["面霜", "精华"], ["面霜", "精华", "面膜"]]),
        "yes_no": draw.choice([True, False]),
        "old": "张",
    }
    return {key: value for key, value in drawn.items() if draw.random() < 0.5}
