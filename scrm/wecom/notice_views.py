"""Console page of the notices of WeCom (企业微信通知)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage
from scrm.wecom.models import CorpNotice
from scrm.wecom.notice_selectors import (
    advice,
    balance_notice,
    detail_words,
    link_figures,
    notices,
)

NEWEST_FIRST = Sort("at")


class NoticeFilter(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Notice of WeCom"),
        required=False,
        choices=[("", "–"), *CorpNotice.Kind.choices],
    )


class CorpNoticeList(ConsolePage):
    """What WeCom told the corp as a whole, newest first, and the acquisition links in figures."""

    template_name = "console/corp_notices.html"
    permission = "wecom.view_callbackevent"
    page_title = gettext_lazy("Notices of WeCom")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = NoticeFilter(self.request.GET)
        found = notices(kind=form.cleaned_data["kind"] if form.is_valid() else "")
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s notices") % {"number": counted(found)},
        )
        balance = balance_notice()
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(notice, detail_words(notice), advice(notice)) for notice in page.rows],
            balance=balance,
            balance_advice=advice(balance) if balance else "",
            links=link_figures(now=timezone.now()),
            **kwargs,
        )
