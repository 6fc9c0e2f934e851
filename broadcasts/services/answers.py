"""What WeCom says became of the tasks, several read at once (读取群发结果)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from broadcasts.models import Batch
from scrm import wecom

_TASK_SENT = 2


@dataclass
class Answer:
    """What was heard of one batch: when its staff member pressed send, None while she has not,
    and what became of each receiver. With an `error` it is what came before the error.
    """

    confirmed_at: datetime | None = None
    results: list[wecom.MessageResult] = field(default_factory=list)
    error: wecom.WeComError | None = None


def answer_of(batch: Batch, *, now: datetime) -> Answer:
    """Everything WeCom tells of a batch that has a task, page by page. Reads no database, as long
    as the batch came with its staff member.
    """
    answer = Answer()
    try:
        answer.confirmed_at = confirmed_in_wecom(batch, now=now)
        if answer.confirmed_at:
            told = wecom.get_gateway().group_message_results(batch.msgid or "", batch.staff.userid)
            for result in told:
                answer.results.append(result)
    except wecom.WeComError as error:
        answer.error = error
    return answer


def answers_of(batches: Iterable[Batch], *, now: datetime) -> Iterator[tuple[Batch, Answer]]:
    """Each batch with its answer, in their order.

    As many are read at once as WeCom lets calls run in parallel: waiting for a page takes longer
    than recording it. No more are held than that, so the memory does not grow with `batches`.
    """
    with ThreadPoolExecutor(wecom.lanes(), thread_name_prefix="results") as pool:
        ahead: deque[tuple[Batch, Future[Answer]]] = deque()
        for batch in batches:
            ahead.append((batch, pool.submit(answer_of, batch, now=now)))
            if len(ahead) == wecom.lanes():
                yield _heard(*ahead.popleft())
        while ahead:
            yield _heard(*ahead.popleft())


def _heard(batch: Batch, answer: Future[Answer]) -> tuple[Batch, Answer]:
    return batch, answer.result()


def confirmed_in_wecom(batch: Batch, *, now: datetime) -> datetime | None:
    """When the staff member pressed send, if she did: one question to WeCom. Raises WeComError."""
    if batch.confirmed_at:
        return batch.confirmed_at
    for task in wecom.get_gateway().group_message_tasks(batch.msgid or ""):
        if task.userid.lower() == batch.staff.userid.lower() and task.status == _TASK_SENT:
            return task.sent_at or now
    return None
