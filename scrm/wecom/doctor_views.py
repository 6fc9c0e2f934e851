"""The console page of the set-up check (企微配置与体检)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy

from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.wecom.checkups import last_check_up, run_check_up
from scrm.wecom.doctor import GROUP_LABELS, Group, State
from scrm.wecom.doctor.findings import Words
from scrm.wecom.doctor.steps import progress

MAY_RUN = "wecom.run_doctor"


@dataclass(frozen=True)
class Chapter:
    """The findings of one group; `worst` is the state that its badge shows."""

    label: Words
    findings: list[dict[str, Any]]
    worst: str
    is_open: bool


class CheckUpPage(ConsolePage):
    """What the last check found, and the steps to connect a corp."""

    template_name = "console/check_up.html"
    permission = MAY_RUN
    page_title = gettext_lazy("WeCom set-up and check")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        last = last_check_up()
        language = get_language() or settings.LANGUAGE_CODE
        findings = last.findings.get(language, []) if last else []
        steps = progress(findings, callback_url=self._callback_url())
        return super().get_context_data(
            last=last,
            passed=sum(finding["state"] == State.OK for finding in findings),
            chapters=_chapters(findings),
            steps=steps,
            is_connected=all(step.state == "done" for step in steps),
            has_public_url=bool(settings.PUBLIC_URL),
            **kwargs,
        )

    def _callback_url(self) -> str:
        path = reverse("wecom-callback")
        if settings.PUBLIC_URL:
            return f"{settings.PUBLIC_URL}{path}"
        return self.request.build_absolute_uri(path)


class RunCheckUp(ConsoleAction):
    """Check again, now."""

    permission = MAY_RUN

    def post(self, request: HttpRequest) -> HttpResponse:
        run_check_up(operator=operator_of(request), now=timezone.now())
        return redirect("console:check-up")


def _chapters(findings: list[dict[str, Any]]) -> list[Chapter]:
    groups = [group.value for group in Group]
    # What cannot be known makes a chapter neither worse nor better.
    severity = [State.UNKNOWN, State.OK, State.WARN, State.FAIL]
    ordered = sorted(findings, key=lambda finding: groups.index(finding["group"]))
    chapters = []
    for group, members in groupby(ordered, key=lambda finding: finding["group"]):
        lines = list(members)
        worst = max((State(line["state"]) for line in lines), key=severity.index)
        chapters.append(
            Chapter(
                GROUP_LABELS[Group(group)],
                lines,
                worst.value,
                is_open=worst in {State.WARN, State.FAIL},
            )
        )
    return chapters
