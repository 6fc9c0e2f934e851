"""Departments, staff, people outside, and who follows whom (部门、成员、客户、跟进关系)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.records import (
    CONTACT,
    STAFF,
    Contact,
    Department,
    Follow,
    Reply,
    Staff,
    Welcome,
)
from scrm.simulator.state import ROOT_DEPARTMENT, State

LEFT = 5  # status of a staff member who left the corp


class People(State):
    """The acts of people around relations; each answers what a test wants to go on with."""

    def add_department(
        self,
        id: int,  # noqa: A002 - WeCom's word
        name: str,
        parent_id: int = ROOT_DEPARTMENT,
        *,
        order: int = 0,
    ) -> Department:
        """A new department, or the old one under a new name and parent."""
        self.record(
            "department",
            department_id=id,
            name=name,
            parent_id=0 if id == 1 else parent_id,
            order=order or 100_000_000 - id * 1000,
        )
        return self.departments[id]

    def add_staff(
        self,
        userid: str,
        name: str = "",
        departments: Sequence[int] = (ROOT_DEPARTMENT,),
        follows: bool = True,  # noqa: FBT001,FBT002 - a flag in the test's words
        *,
        position: str = "",
        status: int = 1,
    ) -> Staff:
        """A new staff member; `follows`: has the customer-contact function."""
        for department_id in departments:
            if department_id not in self.departments:
                raise Impossible(f"no department {department_id}", field="departments")
        self.record(
            "staff",
            userid=userid,
            name=name or userid,
            departments=list(departments),
            follows=follows,
            position=position,
            status=status,
        )
        return self.staff_named(userid)

    def remove_staff(self, userid: str) -> None:
        """The staff member leaves the corp (离职); relations and groups stay behind."""
        userid = self.staff_named(userid).userid
        self.record("staff_left", userid=userid, at=self.clock.timestamp())

    def add_contact(
        self,
        external_userid: str | None = None,
        name: str = "",
        kind: int = 1,
        unionid: str = "",
        gender: int = 0,
        *,
        phone: str = "",
    ) -> str:
        """A person who follows nobody yet; returns the external_userid."""
        external_userid = external_userid or self.new_id("wm" if kind == 1 else "wo")
        self.record(
            "contact",
            external_userid=external_userid,
            name=name or external_userid,
            kind=kind,
            unionid=unionid,
            gender=gender,
            phone=phone,
        )
        return external_userid

    def follow(
        self,
        userid: str,
        external_userid: str,
        *,
        at: datetime | None = None,
        add_way: int = 1,
        state: str = "",
        callback: bool = False,
        welcome: bool = False,
    ) -> str:
        """Staff and customer connect (添加好友); returns the welcome code, "" without one.

        Raises Impossible when they are connected already.
        """
        staff, contact = self.staff_named(userid), self.contact_named(external_userid)
        with self.lock:
            if self.active_follow(staff.userid, external_userid):
                raise Impossible("they are connected already", field="external_userid")
            self.record(
                "follow",
                userid=staff.userid,
                external_userid=external_userid,
                at=self.seconds(at),
                add_way=add_way,
                state=state,
                remark=contact.name,
            )
            issues = welcome and not self.settings.native_welcome
            code = self._issue_welcome(staff.userid, external_userid) if issues else ""
        if callback:
            self.callbacks.send(
                events.contact_added(staff.userid, external_userid, state, code),
                at=self.clock.timestamp(),
            )
        return code

    def unfollow_by_contact(
        self,
        userid: str,
        external_userid: str,
        *,
        at: datetime | None = None,
        callback: bool = False,
    ) -> None:
        """The customer deletes the staff member (客户删除成员)."""
        self._end(userid, external_userid, by=CONTACT, at=at)
        if callback:
            self.callbacks.send(
                events.contact_left(self.staff_named(userid).userid, external_userid),
                at=self.clock.timestamp(),
            )

    def unfollow_by_staff(
        self,
        userid: str,
        external_userid: str,
        *,
        at: datetime | None = None,
        callback: bool = False,
    ) -> None:
        """The staff member deletes the customer (成员删除客户)."""
        self._end(userid, external_userid, by=STAFF, at=at)
        if callback:
            self.callbacks.send(
                events.contact_dropped(self.staff_named(userid).userid, external_userid),
                at=self.clock.timestamp(),
            )

    def edit_remark(
        self, userid: str, external_userid: str, remark: str, *, callback: bool = False
    ) -> None:
        """The staff member changes the remark by hand (修改备注)."""
        follow = self.follow_between(userid, external_userid)
        self.record("remark", userid=follow.userid, external_userid=external_userid, remark=remark)
        if callback:
            self.callbacks.send(
                events.contact_edited(follow.userid, external_userid), at=self.clock.timestamp()
            )

    def reply(
        self, userid: str, external_userid: str, text: str = "你好", *, at: datetime | None = None
    ) -> None:
        """The customer writes to the staff member; WeCom tells no app of it, except of the first
        words of somebody who came by an acquisition link.
        """
        follow = self.follow_between(userid, external_userid)
        self.record(
            "reply",
            userid=follow.userid,
            external_userid=external_userid,
            text=text,
            at=self.seconds(at),
        )

    def active_follow(self, userid: str, external_userid: str) -> Follow | None:
        """The living relation of the two, else None."""
        follow = self.followers.get(external_userid, {}).get(userid)
        return follow if follow is not None and not follow.ended_at else None

    def follow_between(self, userid: str, external_userid: str) -> Follow:
        """The living relation of the two; raises Impossible."""
        follow = self.active_follow(self.staff_named(userid).userid, external_userid)
        if follow is None:
            raise Impossible("they are not connected", field="external_userid")
        return follow

    def customers_of(self, userid: str) -> list[Follow]:
        """The relations the API shows of one staff member, the oldest first."""
        return [
            follow for follow in self.follows.get(userid, {}).values() if self.is_listed(follow)
        ]

    def followers_of(self, external_userid: str) -> list[Follow]:
        """The relations the API shows of one customer, the oldest first."""
        listed = self._listed_staff
        return [
            follow
            for follow in self.followers.get(external_userid, {}).values()
            if self.is_listed(follow) and listed(follow.userid)
        ]

    def is_listed(self, follow: Follow) -> bool:
        """Living relations, with `lists_one_way` also those that only the customer ended."""
        return not follow.ended_at or (follow.ended_by == CONTACT and self.settings.lists_one_way)

    def following_staff(self) -> list[Staff]:
        """Staff with the customer-contact function who are still here."""
        return [staff for staff in self.staff.values() if staff.follows and staff.status != LEFT]

    def departments_below(self, departments: Iterable[int]) -> set[int]:
        """These departments and all below them."""
        wanted, grown = set(departments), True
        while grown:
            below = {d.department_id for d in self.departments.values() if d.parent_id in wanted}
            grown = not below <= wanted
            wanted |= below
        return wanted

    def expand(self, userids: Iterable[str], departments: Iterable[int]) -> list[str]:
        """The userids named, and those of the departments and all below them; nobody twice."""
        wanted = self.departments_below(departments)
        inside = [
            staff.userid
            for staff in self.staff.values()
            if staff.status != LEFT and not wanted.isdisjoint(staff.departments)
        ]
        return list(dict.fromkeys([*userids, *inside]))

    def visible_departments(self) -> set[int]:
        """The departments in the app's visible range (可见范围), with all below them."""
        said = self.settings.visible_departments.split(",")
        named = [int(one) for one in said if one.strip().isdigit()]
        everything = set(self.departments)
        return self.departments_below(named) & everything if named else everything

    def is_visible(self, staff: Staff) -> bool:
        """Is the staff member, also one who left, in the app's visible range?"""
        if not self.settings.visible_departments:
            return True
        return not self.visible_departments().isdisjoint(staff.departments)

    def openid_of(self, external_userid: str) -> str:
        """The openid of somebody outside, always the same."""
        return "o" + self.derived_id(f"openid{external_userid}", 27)

    def on_department(self, *, department_id: int, name: str, parent_id: int, order: int) -> None:
        self.departments[department_id] = Department(department_id, name, parent_id, order)

    def on_staff(self, *, userid: str, **fields: object) -> None:
        self.staff[userid.lower()] = Staff(userid=userid, **fields)  # type: ignore[arg-type]

    def on_staff_left(self, *, userid: str, at: int = 0) -> None:
        staff = self.staff[userid.lower()]
        staff.status, staff.left_at = LEFT, at

    def on_contact(self, *, external_userid: str, **fields: object) -> None:
        self.contacts[external_userid] = Contact(external_userid, **fields)  # type: ignore[arg-type]

    def on_follow(
        self, *, userid: str, external_userid: str, at: int, add_way: int, state: str, remark: str
    ) -> None:
        self.follow_seq += 1
        began_by_customer = add_way in (1, 3, 4, 10, 16)
        self.put_follow(
            Follow(
                userid,
                external_userid,
                at,
                self.follow_seq,
                add_way,
                state,
                remark,
                oper_userid=external_userid if began_by_customer else userid,
            )
        )

    def put_follow(self, follow: Follow) -> None:
        """Keep the relation under both its ends, last in order."""
        for index, outer, inner in (
            (self.follows, follow.userid, follow.external_userid),
            (self.followers, follow.external_userid, follow.userid),
        ):
            index[outer].pop(inner, None)
            index[outer][inner] = follow

    def on_unfollow(self, *, userid: str, external_userid: str, by: str, at: int) -> None:
        follow = self.followers[external_userid][userid]
        follow.ended_at, follow.ended_by = at, by

    def on_remark(self, *, userid: str, external_userid: str, **changed: object) -> None:
        follow = self.followers[external_userid][userid]
        for name, value in changed.items():
            setattr(follow, name, value)

    def on_reply(self, *, userid: str, external_userid: str, text: str, at: int) -> None:
        follow = self.followers[external_userid][userid]
        follow.talked_at = at
        follow.messages += 1
        self.replies.append(Reply(userid, external_userid, at, text))

    def _end(self, userid: str, external_userid: str, *, by: str, at: datetime | None) -> None:
        with self.lock:
            follow = self.follow_between(userid, external_userid)
            self.record(
                "unfollow",
                userid=follow.userid,
                external_userid=external_userid,
                by=by,
                at=self.seconds(at),
            )

    def _listed_staff(self, userid: str) -> bool:
        return self.staff[userid.lower()].status != LEFT

    def _issue_welcome(self, userid: str, external_userid: str) -> str:
        code = self.new_id("CALLBACK", 40)
        self.record(
            "welcome_code",
            code=code,
            userid=userid,
            external_userid=external_userid,
            at=self.clock.timestamp(),
            steady=self.clock.steady(),
        )
        return code

    def on_welcome_code(
        self, *, code: str, userid: str, external_userid: str, at: int, steady: float
    ) -> None:
        self.welcomes[code] = Welcome(code, userid, external_userid, at, steady)
