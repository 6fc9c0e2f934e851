"""Block the customers of a file (免打扰名单导入): look at it, import it, undo it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import (
    BlockedImport,
    BlockedImportLine,
    Contact,
    ContactEvent,
    Preference,
)
from contacts.rules.phones import normalise
from contacts.selectors.visibility import visible_contacts
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit

SIZE_LIMIT = 5 * 1024 * 1024
LINES_LIMIT = 50_000
_CHUNK = 500
# A job nobody has carried on for so long lost its message.
_SILENT = timedelta(minutes=2)

State, Line = BlockedImport.State, BlockedImportLine.State

# Chinese headings as usual exports write them.
_COLUMNS = {
    "external_userid": "external_userid",
    "外部联系人id": "external_userid",
    "客户id": "external_userid",
    "unionid": "unionid",
    "phone": "phone",
    "mobile": "phone",
    "手机": "phone",
    "手机号": "phone",
    "手机号码": "phone",
    "电话": "phone",
}
_KEYS = ("external_userid", "unionid", "phone")


@transaction.atomic
def check_file(
    *, name: str, content: bytes, reason: str, operator: Operator, now: datetime
) -> BlockedImport:
    """Read a file and find its customers; nobody is blocked yet.

    Columns: external_userid, unionid, phone; the first that a line fills names the customer.
    Raises InvalidInput when it is too big, no text, or has none of the columns.
    """
    rows = list(_read(content))
    if not rows:
        raise InvalidInput(_("The file has no lines below its heading."), field="file")
    imported = BlockedImport.objects.create(
        name=name[-128:], reason=reason.strip()[:128], created_by=operator, created_at=now
    )
    lines = [BlockedImportLine(imported=imported, number=n, **keys) for n, keys in rows]
    for start in range(0, len(lines), 2_000):
        _match(lines[start : start + 2_000], operator)
    seen: set[int] = set()
    for line in lines:
        if line.contact_id is not None and line.contact_id in seen:
            line.state = Line.REPEATED
        elif line.contact_id is not None:
            seen.add(line.contact_id)
    BlockedImportLine.objects.bulk_create(lines, batch_size=2_000)
    return imported


@transaction.atomic
def start_import(*, imported_id: int, operator: Operator, now: datetime) -> BlockedImport:
    """Import what was looked at; a worker does it. Raises InvalidInput when it was done before."""
    moved = BlockedImport.objects.filter(pk=imported_id, state=State.CHECKED).update(
        state=State.RUNNING, handed_at=now
    )
    return _started(imported_id, moved, "blocked_import.start", operator, now)


@transaction.atomic
def undo_import(*, imported_id: int, operator: Operator, now: datetime) -> BlockedImport:
    """Free whom this import blocked, but for those about whom something was said since."""
    moved = BlockedImport.objects.filter(pk=imported_id, state=State.DONE).update(
        state=State.UNDOING, handed_at=now, finished_at=None
    )
    return _started(imported_id, moved, "blocked_import.undo", operator, now)


def work_import(*, imported_id: int, clock: Callable[[], datetime], until: datetime) -> bool:
    """Carry an import or its undoing on until `until`; True when there is more to do.

    Each chunk is one transaction, so a killed worker's is simply done again.
    """
    while clock() < until:
        with transaction.atomic():
            # Locked, so that two workers do not take the same lines.
            imported = (
                BlockedImport.objects.select_for_update()
                .filter(pk=imported_id, finished_at__isnull=True)
                .first()
            )
            if imported is None or imported.state == State.CHECKED:
                return False
            now = clock()
            is_undoing = imported.state == State.UNDOING
            took = (_undo_some if is_undoing else _apply_some)(imported, now=now)
            if took:
                BlockedImport.objects.filter(pk=imported_id).update(handed_at=now)
                continue
            imported.state = State.UNDONE if is_undoing else State.DONE
            imported.finished_at = now
            imported.save(update_fields=["state", "finished_at"])
            return False
    return True


def hand_out_due_imports(*, now: datetime) -> int:
    """Queue imports that nobody has carried on for a while."""
    live = BlockedImport.objects.filter(
        state__in=[State.RUNNING, State.UNDOING], handed_at__lte=now - _SILENT
    )
    ids = list(live.values_list("pk", flat=True)[:100])
    BlockedImport.objects.filter(pk__in=ids).update(handed_at=now)
    for imported_id in ids:
        enqueue_on_commit("contacts.run_blocked_import", imported_id=imported_id)
    return len(ids)


def _started(
    imported_id: int, moved: int, action: str, operator: Operator, now: datetime
) -> BlockedImport:
    if not moved:
        raise InvalidInput(_("This was done before; look at the result."), field="state")
    imported = BlockedImport.objects.get(pk=imported_id)
    record_act(
        action=action,
        operator=operator,
        now=now,
        subject=imported,
        details={"file": imported.name, "reason": imported.reason},
    )
    enqueue_on_commit("contacts.run_blocked_import", imported_id=imported_id)
    return imported


def _apply_some(imported: BlockedImport, *, now: datetime) -> int:
    lines = list(imported.lines.filter(state=Line.FOUND).order_by("pk")[:_CHUNK])
    ids = _lock([line.contact_id for line in lines])
    blocked = set(
        Preference.objects.filter(pk__in=ids, is_do_not_contact=True).values_list("pk", flat=True)
    )
    fresh = [pk for pk in ids if pk not in blocked]
    Preference.objects.bulk_create(
        [
            Preference(
                contact_id=pk,
                is_do_not_contact=True,
                source=imported.source,
                reason=imported.reason,
                updated_at=now,
            )
            for pk in fresh
        ],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["is_do_not_contact", "source", "reason", "updated_at"],
    )
    _tell(fresh, "do_not_contact", imported, now=now)
    mine = BlockedImportLine.objects.filter(pk__in=[line.pk for line in lines])
    mine.filter(contact__in=fresh).update(state=Line.APPLIED)
    mine.filter(contact__in=blocked).update(state=Line.ALREADY)
    return len(lines)


def _undo_some(imported: BlockedImport, *, now: datetime) -> int:
    lines = list(imported.lines.filter(state=Line.APPLIED).order_by("pk")[:_CHUNK])
    ids = _lock([line.contact_id for line in lines])
    ours = Preference.objects.filter(pk__in=ids, is_do_not_contact=True, source=imported.source)
    freed = list(ours.values_list("pk", flat=True))
    ours.update(is_do_not_contact=False, reason="", updated_at=now)
    _tell(freed, "may_contact", imported, now=now)
    mine = BlockedImportLine.objects.filter(pk__in=[line.pk for line in lines])
    mine.exclude(contact__in=freed).update(state=Line.CHANGED)
    mine.filter(contact__in=freed).update(state=Line.UNDONE)
    return len(lines)


def _lock(contact_ids: list[int | None]) -> list[int]:
    """Their rows, in one order for everybody, so that two writers never wait for each other."""
    known = [pk for pk in contact_ids if pk is not None]
    rows = Contact.objects.select_for_update().filter(pk__in=known).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _tell(contact_ids: list[int], words: str, imported: BlockedImport, *, now: datetime) -> None:
    details = {"words": words, "source": imported.source, "reason": imported.reason}
    ContactEvent.objects.bulk_create(
        ContactEvent(contact_id=pk, kind=ContactEvent.Kind.PREFERENCE, at=now, details=details)
        for pk in contact_ids
    )
    refresh_facts(contact_ids=contact_ids)


def _match(lines: list[BlockedImportLine], operator: Operator) -> None:
    """Find the customers of some lines; one query for each kind of key."""
    visible = visible_contacts(operator)
    found: dict[str, defaultdict[str, list[int]]] = {}
    for key in _KEYS:
        values = {getattr(line, key) for line in lines if _key_of(line) == key}
        found[key] = _found(visible, key, values)
    known = [pk for by_value in found.values() for pks in by_value.values() for pk in pks]
    blocked = set(
        Preference.objects.filter(pk__in=known, is_do_not_contact=True).values_list("pk", flat=True)
    )
    for line in lines:
        key = _key_of(line)
        if not key:
            line.state = Line.EMPTY
            continue
        hits = found[key][getattr(line, key)]
        if len(hits) != 1:
            line.state = Line.AMBIGUOUS if hits else Line.UNKNOWN
            continue
        line.contact_id = hits[0]
        line.state = Line.ALREADY if hits[0] in blocked else Line.FOUND


def _found(visible: QuerySet[Contact], key: str, values: set[str]) -> defaultdict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    if values:
        # The condition that the partial indexes of phone and unionid ask for.
        rows: QuerySet[Any] = visible.filter(~Q(**{key: ""}), **{f"{key}__in": values})
        for value, pk in rows.values_list(key, "pk"):
            found[value].append(pk)
    return found


def _key_of(line: BlockedImportLine) -> str:
    return next((key for key in _KEYS if getattr(line, key)), "")


def _read(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(content) > SIZE_LIMIT:
        raise InvalidInput(_("The file is larger than 5 MB. Divide it."), field="file")
    rows = csv.reader(io.StringIO(_decoded(content), newline=""))
    try:
        heading = [name.strip().lower() for name in next(rows, [])]
        columns = {i: _COLUMNS[name] for i, name in enumerate(heading) if name in _COLUMNS}
        if not columns:
            raise InvalidInput(
                _("The first line must name a column external_userid, unionid or phone."),
                field="file",
            )
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if rows.line_num > LINES_LIMIT + 1:
                raise InvalidInput(
                    _("The file has more than %(limit)s lines. Divide it.")
                    % {"limit": f"{LINES_LIMIT:,}"},
                    field="file",
                )
            keys = {name: row[i].strip()[:64] for i, name in columns.items() if i < len(row)}
            if "phone" in keys:
                keys["phone"] = normalise(keys["phone"])
            yield rows.line_num, keys
    except csv.Error as error:
        raise InvalidInput(
            _("The file cannot be read: %(error)s") % {"error": error}, field="file"
        ) from error


def _decoded(content: bytes) -> str:
    """UTF-8, or GB18030 as spreadsheets in China write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise InvalidInput(_("The file is not text in UTF-8 or GB18030."), field="file")
