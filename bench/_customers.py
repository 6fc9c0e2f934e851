"""Customers with all that hangs on them, straight into the tables, the same for the same numbers."""

from __future__ import annotations

TAGS, GROUPS, CHANNELS = 400, 500, 50


def load(*, customers: int, staff: int) -> None:
    """Customers with a relation, 8 tags, orders and events each; statistics as autovacuum keeps
    them. Skewed as real ones are: few tags hang on many.
    """
    from django.db import connection

    _set_defaults()
    numbers = {"n": customers, "s": staff, "t": TAGS, "g": GROUPS, "c": CHANNELS}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        # The rows are consistent by how they are made; checking each costs as much as writing it.
        cursor.execute("SET session_replication_role = replica")
        for statement in _LOAD:
            cursor.execute(statement, numbers)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _set_defaults() -> None:
    """Let the tables fill what is not said here, as the models would."""
    from django.apps import apps
    from django.db import connection

    with connection.cursor() as cursor:
        for model in apps.get_app_config("contacts").get_models():
            for field in model._meta.concrete_fields:
                is_filled = field.primary_key or field.has_db_default() or field.generated
                value = None if is_filled else field.get_default()
                if value is not None:
                    table, column = model._meta.db_table, field.column
                    cursor.execute(
                        f'ALTER TABLE {table} ALTER COLUMN "{column}" SET DEFAULT %s',
                        [field.get_db_prep_save(value, connection)],
                    )


_LOAD = (
    """INSERT INTO contacts_department (id, wecom_id, name, parent_wecom_id, "order", is_gone)
    SELECT i, i, 'Shop ' || i, CASE WHEN i = 1 THEN 0 ELSE 1 END, i, false
    FROM generate_series(1, 20) i""",
    """INSERT INTO contacts_taggroup (id, group_id, name, kind, "order", is_gone)
    VALUES (1, 'g', 'g', 'wecom', 0, false)""",
    """INSERT INTO contacts_tag (id, tag_id, group_id, name, kind, "order", is_gone)
    SELECT i, 't' || i, 1, 't' || i, 'wecom', 0, false FROM generate_series(1, %(t)s) i""",
    """INSERT INTO contacts_staff (id, userid, name, alias, position, avatar,
        department_wecom_ids, status, is_following)
    SELECT i, 's' || i, '成员' || i, '', '', '', ARRAY[2 + i %% 19], 1, true
    FROM generate_series(1, %(s)s) i""",
    """INSERT INTO contacts_contact (id, external_userid, name, kind, gender, avatar, corp_name,
        position, unionid, phone, profile, relation, first_followed_at, lost_at, stage,
        stage_since, lost_kind, content_hash)
    SELECT i, 'wmABCDEFGHIJKLMNOPQRST' || i, '客户' || i || '号', 1, i %% 3,
        'https://wx.qlogo.cn/mmhead/' || i, '', '', 'o' || i, '13' || lpad((i::bigint * 7919 %% 1000000000)::text, 9, '0'),
        '{}', CASE WHEN i %% 10 = 0 THEN 'lost' ELSE 'friend' END,
        now() - random() * interval '400 days', CASE WHEN i %% 10 = 0 THEN now() END,
        CASE WHEN i %% 10 = 0 THEN 'lost'
            ELSE (ARRAY['new', 'first', 'repeat', 'silent'])[1 + i %% 4] END, now(),
        CASE WHEN i %% 10 = 0 THEN 'unfriended' ELSE '' END, ''
    FROM generate_series(1, %(n)s) i""",
    """INSERT INTO contacts_contactfacts (contact_id, relation, stage, kind, gender, tag_ids,
        staff_ids, group_ids, department_ids, add_ways, first_followed_at, last_followed_at,
        order_count, order_days, revenue_fen, refunded_fen, first_order_on, last_order_on, bucket,
        is_do_not_contact, pause_until)
    SELECT id, relation, stage, kind, gender, tags,
        ARRAY[staff], CASE WHEN random() < 0.4 THEN ARRAY[1 + floor(random() * %(g)s)::int]
            ELSE '{}' END,
        ARRAY[2 + staff %% 19], ARRAY[(ARRAY[1, 1, 1, 1, 4, 10, 16])[1 + id %% 7]],
        first_followed_at, first_followed_at, bought, bought,
        bought * (8000 + id %% 9000), CASE WHEN id %% 9 = 0 THEN bought * 1000 ELSE 0 END,
        CASE WHEN bought > 0 THEN current_date - 300 END,
        CASE WHEN bought > 0 THEN current_date - floor(random() * 300)::int END,
        id %% 100, id %% 50 = 0, CASE WHEN id %% 70 = 0 THEN now() + interval '9 days' END
    FROM (SELECT c.*, 1 + floor(random() * %(s)s)::int AS staff,
            floor(power(random(), 4) * 7)::int AS bought,
            (SELECT array_agg(DISTINCT 1 + floor(power(random(), 3) * %(t)s)::int)
                FROM generate_series(1, 8) WHERE c.id > 0) AS tags
        FROM contacts_contact c) drawn""",
    """INSERT INTO contacts_follow (id, contact_id, staff_id, status, added_at, ended_at, add_way,
        state, remark, description, remark_mobiles, oper_userid, content_hash)
    SELECT contact_id, contact_id, staff_ids[1],
        CASE WHEN relation = 'lost' THEN 'by_contact' ELSE 'active' END, first_followed_at,
        CASE WHEN relation = 'lost' THEN now() END, add_ways[1],
        CASE WHEN contact_id %% 3 = 0 THEN 'code' || contact_id %% %(c)s ELSE '' END,
        CASE WHEN contact_id %% 2 = 0 THEN '老茶客' || contact_id ELSE '' END, '', '{}', '', ''
    FROM contacts_contactfacts""",
    """INSERT INTO contacts_followtag (follow_id, tag_id)
    SELECT contact_id, unnest(tag_ids) FROM contacts_contactfacts""",
    """INSERT INTO contacts_preference (contact_id, is_do_not_contact, pause_until, source,
        updated_at)
    SELECT contact_id, is_do_not_contact, pause_until, 'console', now()
    FROM contacts_contactfacts WHERE is_do_not_contact OR pause_until IS NOT NULL""",
    """INSERT INTO contacts_order (source, external_id, contact_id, buyer_phone, buyer_unionid,
        paid_at, paid_on, amount_fen, refunded_fen, imported_at)
    SELECT 'shop', contact_id || '-' || n, contact_id, '', '', last_order_on - n * 9,
        last_order_on - n * 9, 8000 + contact_id %% 9000, 0, now()
    FROM contacts_contactfacts, generate_series(1, order_count) n""",
    """INSERT INTO contacts_contactevent (contact_id, kind, at, details)
    SELECT contact_id, (ARRAY['followed', 'tagged', 'remarked'])[n],
        first_followed_at + n * interval '1 hour', '{}'
    FROM contacts_contactfacts, generate_series(1, 3) n""",
)
