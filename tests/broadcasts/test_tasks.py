"""Workers of two versions share one queue while a new version is rolled out."""

import inspect

from scrm.celery import app


def test_every_task_of_broadcasts_takes_arguments_of_a_later_version():
    app.loader.import_default_modules()
    tasks = {name: task for name, task in app.tasks.items() if name.startswith("broadcasts.")}
    assert "broadcasts.deliver_batch" in tasks
    refusing = [
        name
        for name, task in tasks.items()
        if not any(
            parameter.kind is parameter.VAR_KEYWORD
            for parameter in inspect.signature(task.run).parameters.values()
        )
    ]
    assert refusing == []
