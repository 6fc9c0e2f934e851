"""Promises about the repository itself."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db.models import CheckConstraint

ROOT = Path(__file__).resolve().parents[2]
OURS = ("console", "audit", "wecom", "contacts", "groups", "broadcasts", "analytics")


def test_every_queue_has_a_worker_in_both_ways_to_run():
    supervisor = (ROOT / "scrm/embedded/supervisor.py").read_text()
    started = {q for names in re.findall(r'"-Q", "([\w,]+)"', supervisor) for q in names.split(",")}
    assert started == set(settings.QUEUES)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    commands = " ".join(str(s.get("command", "")) for s in compose["services"].values())
    assert set(re.findall(r"-Q (\w+)", commands)) == set(settings.QUEUES)


def test_every_scheduled_name_is_a_task_and_its_queue_exists():
    current_app.loader.import_default_modules()
    for name, entry in current_app.conf.beat_schedule.items():
        assert entry["task"] in current_app.tasks, name
        queue = entry.get("options", {}).get("queue", "default")
        assert queue in settings.QUEUES, name


def test_every_name_that_is_queued_is_a_task():
    current_app.loader.import_default_modules()
    for file in _sources():
        for name in re.findall(r'enqueue_on_commit\(\s*"([\w.]+)"', file.read_text()):
            assert name in current_app.tasks, f"{file}: {name}"


def test_every_setting_is_explained():
    explained = (ROOT / ".env.example").read_text()
    for file in _sources():
        for name in re.findall(
            r'env_(?:str|bool|choice|int|list|secret)\(\s*"(\w+)"', file.read_text()
        ):
            assert name in explained, f"{name} of {file.name} is missing in .env.example"


def test_a_field_with_choices_has_a_check_constraint():
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        checked = " ".join(
            str(c.condition) for c in model._meta.constraints if isinstance(c, CheckConstraint)
        )
        for field in model._meta.local_fields:
            if field.choices:
                assert f"'{field.name}" in checked, f"{model.__name__}.{field.name}"


def _sources():
    for package in ("scrm", "contacts", "groups", "broadcasts", "analytics"):
        yield from (ROOT / package).rglob("*.py")
