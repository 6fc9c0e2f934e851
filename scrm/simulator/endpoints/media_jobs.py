"""Big files by their address (异步上传临时素材): a job, and an event when it is over."""

from __future__ import annotations

import hashlib
import threading

from scrm.simulator import events
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import OK, WORDS, ApiError
from scrm.simulator.fetching import NotFetched, fetch
from scrm.simulator.tables import MediaJob

MOST_BYTES = 200 * 1024 * 1024
RUNNING, DONE, FAILED = 1, 2, 3
_JOB_SECONDS = 3600
_SCENE = 1  # the only one: welcomes of groups
_NOT_FETCHED = 40058


@post("media/upload_by_url")
def upload_by_url(corp: Corp, ask: Ask) -> Answer:
    """Begin to fetch a video or a file of up to 200 MB from a server that knows Range."""
    if ask.number("scene") != _SCENE:
        raise ApiError(40058, "invalid scene")
    if ask.text("type") not in ("video", "file"):
        raise ApiError(40004)
    job = MediaJob(
        corp.new_id("jobid_", 42),
        corp.clock.steady(),
        ask.text("type"),
        ask.text("filename"),
        ask.text("url", most_bytes=2048),
        ask.text("md5").lower(),
    )
    corp.keep("media_jobs", job)
    threading.Thread(target=_work, args=(corp, job), name=job.jobid, daemon=True).start()
    return {"jobid": job.jobid}


@post("media/get_upload_by_url_result")
def get_upload_by_url_result(corp: Corp, ask: Ask) -> Answer:
    """How far the job is; it is known for an hour."""
    job = corp.media_jobs.get(ask.text("jobid"))
    if job is None or corp.clock.steady() > job.made_steady + _JOB_SECONDS:
        raise ApiError(40058, "invalid jobid")
    if job.status == RUNNING:
        return {"status": RUNNING}
    detail: Answer = {"errcode": job.errcode, "errmsg": "ok"}
    if job.status == DONE:
        created_at = corp.media[job.media_id].created_at
        detail |= {"media_id": job.media_id, "created_at": str(created_at)}
    else:
        detail["errmsg"] = WORDS[job.errcode]
    return {"status": job.status, "detail": detail}


def _work(corp: Corp, job: MediaJob) -> None:
    """Fetch outside of the lock; what came of it is written down and told."""
    try:
        content = fetch(job.url, most_bytes=MOST_BYTES)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        errcode = OK if digest == job.md5 else _NOT_FETCHED
    except NotFetched as reason:
        content, errcode = b"", 45001 if reason.too_big else _NOT_FETCHED
    with corp.lock:
        now, media_id = corp.clock.timestamp(), ""
        if errcode == OK:
            media_id = corp.new_id("3", 63)
            corp.vault.put(media_id, content)
            corp.record(
                "media",
                media_id=media_id,
                kind=job.kind,
                filename=job.filename,
                size=len(content),
                created_at=now,
                created_steady=corp.clock.steady(),
                use="group_welcome",
            )
        status = DONE if errcode == OK else FAILED
        changed = {"status": status, "media_id": media_id, "errcode": errcode}
        corp.record("edit", table="media_jobs", id=job.jobid, **changed)
        corp.callbacks.send(events.media_job_finished(job.jobid), at=now)
