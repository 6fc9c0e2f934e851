"""Take departments and staff (部门, 成员) over from WeCom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from contacts.models import Department, Staff
from contacts.services.bulk import Incoming
from scrm import wecom

_DEPARTMENTS = Incoming(
    "incoming_department",
    {"wecom_id": "int", "name": "text", "parent_wecom_id": "int", "order_no": "bigint"},
)
_STAFF = Incoming(
    "incoming_staff",
    {
        "userid": "text",
        "name": "text",
        "alias": "text",
        "position": "text",
        "avatar": "text",
        "department_wecom_ids": "int[]",
        "status": "smallint",
    },
)


def store_departments(infos: Sequence[wecom.DepartmentInfo]) -> None:
    """Write the visible departments; those not among them are marked as gone."""
    _DEPARTMENTS.fill((info.id, info.name[:128], info.parent_id, info.order) for info in infos)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_DEPARTMENTS)
        cursor.execute(_GONE_DEPARTMENTS)


def store_staff(infos: Iterable[wecom.StaffInfo]) -> list[int]:
    """Write these staff; answers their ids. WeCom compares userids without case, so do we."""
    found = {info.userid.lower(): info for info in infos}
    _STAFF.fill(
        (
            info.userid,
            (info.name or info.userid)[:128],
            info.alias[:128],
            info.position[:128],
            info.avatar[:512],
            info.department_ids,
            info.status if info.status in Staff.Status.values else Staff.Status.ACTIVE.value,
        )
        for info in found.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_STAFF)
        cursor.execute("SELECT id FROM contacts_staff WHERE lower(userid) = ANY(%s)", [list(found)])
        return [row[0] for row in cursor.fetchall()]


def ensure_staff(userids: Iterable[str]) -> None:
    """Give staff that only a relation or a group names a row, called by their userid."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACEHOLDERS, {"userids": sorted(set(userids))})


def mark_following(userids: Sequence[str]) -> None:
    """Exactly these staff have WeCom's customer contact function now."""
    ensure_staff(userids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_staff SET is_following = NOT is_following"
            " WHERE is_following <> (lower(userid) = ANY(%s))",
            [[userid.lower() for userid in userids]],
        )


def mark_left(*, seen: Sequence[int]) -> int:
    """Staff of the directory who are in no department any more have left.

    Not those who still serve customers, nor rows known by their userid alone, which never stood
    in the directory.
    """
    return (
        Staff.objects.filter(is_following=False)
        .exclude(pk__in=seen)
        .exclude(status=Staff.Status.LEFT)
        .exclude(department_wecom_ids=[])
        .update(status=Staff.Status.LEFT)
    )


def known_departments() -> list[int]:
    """WeCom's ids of the departments that exist, the root first."""
    return list(
        Department.objects.filter(is_gone=False)
        .order_by("wecom_id")
        .values_list("wecom_id", flat=True)
    )


_UPSERT_DEPARTMENTS = """
INSERT INTO contacts_department AS d (wecom_id, name, parent_wecom_id, "order", is_gone)
SELECT wecom_id, name, parent_wecom_id, order_no, false FROM pg_temp.incoming_department
ORDER BY wecom_id
ON CONFLICT (wecom_id) DO UPDATE SET name = EXCLUDED.name,
    parent_wecom_id = EXCLUDED.parent_wecom_id, "order" = EXCLUDED."order", is_gone = false
WHERE (d.name, d.parent_wecom_id, d."order", d.is_gone)
    IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.parent_wecom_id, EXCLUDED."order", false)
"""

_GONE_DEPARTMENTS = """
UPDATE contacts_department d SET is_gone = true
WHERE NOT d.is_gone AND NOT EXISTS (
    SELECT 1 FROM pg_temp.incoming_department i WHERE i.wecom_id = d.wecom_id)
"""

_UPSERT_STAFF = """
INSERT INTO contacts_staff AS s (userid, name, alias, position, avatar, department_wecom_ids,
    status, is_following)
SELECT userid, name, alias, position, avatar, department_wecom_ids, status, false
FROM pg_temp.incoming_staff ORDER BY userid
ON CONFLICT (lower(userid)) DO UPDATE SET name = EXCLUDED.name, alias = EXCLUDED.alias,
    position = EXCLUDED.position, avatar = EXCLUDED.avatar,
    department_wecom_ids = EXCLUDED.department_wecom_ids, status = EXCLUDED.status
WHERE (s.name, s.alias, s.position, s.avatar, s.department_wecom_ids, s.status)
    IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.alias, EXCLUDED.position, EXCLUDED.avatar,
        EXCLUDED.department_wecom_ids, EXCLUDED.status)
"""

_PLACEHOLDERS = """
INSERT INTO contacts_staff (userid, name, alias, position, avatar, department_wecom_ids, status,
    is_following)
SELECT DISTINCT ON (lower(told.userid)) told.userid, told.userid, '', '', '', '{}'::int[], 1, false
FROM unnest(%(userids)s::text[]) AS told(userid)
LEFT JOIN contacts_staff known ON lower(known.userid) = lower(told.userid)
WHERE known.id IS NULL
ORDER BY lower(told.userid)
ON CONFLICT (lower(userid)) DO NOTHING
"""
