"""The stores and the machine this runs on: Postgres, Redis, disk, time zone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm.ratelimit.store import RedisError, client
from scrm.wecom.doctor.findings import Group, Verdict, Words, fail, ok, unknown, warn
from scrm.wecom.doctor.registry import Check

DOCS = "docs/operations.md#the-server-check"
OLDEST_POSTGRES = 150_000  # server_version_num of PostgreSQL 15
WECOM_TIME_ZONE = "Asia/Shanghai"

_CLOCKS_APART = timedelta(seconds=60)
_GIB = 1024**3
_LITTLE_DISK, _NO_DISK = 5 * _GIB, _GIB


def postgres(_now: datetime) -> Verdict:
    try:
        version, number = _row("SELECT version(), current_setting('server_version_num')::int")
    except (DatabaseError, InterfaceError) as error:
        return fail(type(error).__name__, _("Start the database, or correct DATABASE_URL."))
    return postgres_version(number, str(version).split(" on ", maxsplit=1)[0])


def postgres_version(number: int, words: str) -> Verdict:
    if number < OLDEST_POSTGRES:
        return fail(words, _("Move to PostgreSQL 15 or newer: pg_dump, new server, pg_restore."))
    return ok(words)


def chinese_search(_now: datetime) -> Verdict:
    """A database with the locale C takes Chinese for punctuation, and no index finds a name."""
    (installed,) = _row("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
    if not installed:
        return fail(
            _("The extension pg_trgm is missing"),
            _("Install the contrib package of PostgreSQL, then CREATE EXTENSION pg_trgm."),
        )
    (trigrams,) = _row("SELECT cardinality(show_trgm('企业微信'))")
    if not trigrams:
        return fail(
            _("The database's locale sees no letters in Chinese: searches by name are slow"),
            _(
                "Create the database anew with a UTF-8 locale (LOCALE 'C.UTF-8' or zh_CN.UTF-8) "
                "and restore a dump into it."
            ),
        )
    return ok(_("Trigrams see Chinese"))


def postgres_clock(now: datetime) -> Verdict:
    (theirs,) = _row("SELECT clock_timestamp()")
    apart = (theirs - now).total_seconds()
    seen = format_lazy(_("{seconds} s ahead of this server"), seconds=f"{apart:+.0f}")
    if abs(apart) > _CLOCKS_APART.total_seconds():
        return warn(seen, _("Switch on NTP on the database server and on this one."))
    return ok(seen)


def redis(_now: datetime) -> Verdict:
    try:
        return ok(f"Redis {client().info('server')['redis_version']}")
    except RedisError as error:
        return fail(type(error).__name__, _("Start Redis, or correct REDIS_URL."))


def redis_persistence(_now: datetime) -> Verdict:
    told: dict[str, Any] = client().info("persistence")
    if "aof_enabled" not in told:
        return unknown(_("This Redis does not tell."))
    if not told["aof_enabled"]:
        return warn(
            _("Append-only file off: a restart forgets the token, call limits and messages"),
            _("Set appendonly yes in redis.conf (CONFIG SET appendonly yes works at once)."),
        )
    return ok(_("Append-only file on"))


def redis_memory(_now: datetime) -> Verdict:
    told: dict[str, Any] = client().info("memory")
    policy = str(told.get("maxmemory_policy", "noeviction"))
    if int(told.get("maxmemory", 0)) and policy != "noeviction":
        return warn(
            format_lazy(_("Redis throws keys away when it is full ({policy})"), policy=policy),
            _("Set maxmemory-policy noeviction: messages and call limits must not vanish."),
        )
    return ok(str(told.get("used_memory_human", "")))


def disk(_now: datetime) -> Verdict:
    root = next(path for path in (settings.HOME.root, *settings.HOME.root.parents) if path.exists())
    usage = shutil.disk_usage(root)
    return disk_space(free=usage.free, total=usage.total)


def disk_space(*, free: int, total: int) -> Verdict:
    """Bytes."""
    seen = format_lazy(
        _("{free} GB of {total} GB free"), free=f"{free / _GIB:.1f}", total=f"{total / _GIB:.1f}"
    )
    mend = _("Make room: old logs, old dumps, or a larger disk. A full disk stops the database.")
    if free < _NO_DISK:
        return fail(seen, mend)
    return warn(seen, mend) if free < _LITTLE_DISK else ok(seen)


def time_zone(_now: datetime) -> Verdict:
    if settings.TIME_ZONE != WECOM_TIME_ZONE:
        return warn(
            settings.TIME_ZONE,
            _("WeCom counts its quotas by days in Beijing: set SCRM_TIME_ZONE=Asia/Shanghai."),
        )
    return ok(settings.TIME_ZONE)


def _row(statement: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _check(name: str, title: Words, look: Callable[[datetime], Verdict], *needs: str) -> Check:
    return Check(name, Group.MACHINE, title, look, needs=needs, docs=DOCS)


CHECKS = (
    _check("postgres", _("Database"), postgres),
    _check("chinese_search", _("Search in Chinese"), chinese_search, "postgres"),
    _check("postgres_clock", _("Clock of the database"), postgres_clock, "postgres"),
    _check("redis", _("Redis"), redis),
    _check("redis_persistence", _("Redis keeps its data"), redis_persistence, "redis"),
    _check("redis_memory", _("Redis memory"), redis_memory, "redis"),
    _check("disk", _("Disk space"), disk),
    _check("time_zone", _("Time zone"), time_zone),
)
