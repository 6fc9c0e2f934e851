"""The list of channels (渠道活码), its export, and the states nobody has named yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Channel
from contacts.selectors.channels import (
    NEWEST_FIRST,
    ChannelsWanted,
    figures_of,
    has_unclaimed_states,
    matching_channels,
    unclaimed_states,
    visible_follows,
)
from contacts.views.channel_forms import ChannelFilter
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK, MAY_ADD = "contacts.view_channel", "contacts.add_channel"
MAY_CHANGE, MAY_DELETE = "contacts.change_channel", "contacts.delete_channel"
MAY_COST = "contacts.change_costentry"
_PAGE, _EXPORTED_AT_ONCE = 30, 200


class ChannelList(ConsolePage):
    """Each channel with its figures of today and ever; the newest first."""

    template_name = "contacts/channel_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Channel codes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = ChannelFilter(self.request.GET)
        wanted = form.wanted()
        found = matching_channels(wanted)
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            size=_PAGE,
            count_words=_("%(number)s channels") % {"number": counted(found)},
        )
        figures = figures_of(page.rows, visible_follows(operator), now=now)
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(channel, figures[channel.pk]) for channel in page.rows],
            is_filtered=wanted != ChannelsWanted(),
            has_unclaimed=has_unclaimed_states(),
            may_add=operator.has_perm(MAY_ADD),
            **kwargs,
        )


class ExportChannels(ConsoleAction):
    """The channels that fit, with their figures, as CSV."""

    permission = MAY_LOOK

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        operator, now = operator_of(request), timezone.now()
        record_act(
            action="channel.export",
            operator=operator,
            now=now,
            details={"filter": request.GET.dict()},
        )
        header = [
            _("Name"),
            _("Folder"),
            _("Kind"),
            _("Status"),
            _("Channel state"),
            _("New today"),
            _("Net today"),
            _("New, ever"),
            _("Still friends"),
            _("Lost"),
            _("Cost"),
            _("Created at"),
        ]
        return csv_response("channels.csv", header, _lines(request))


def _lines(request: HttpRequest) -> Iterator[list[Any]]:
    follows, now = visible_follows(operator_of(request)), timezone.now()
    found = matching_channels(ChannelFilter(request.GET).wanted()).order_by("-created_at", "-pk")
    ids = list(found.values_list("pk", flat=True))
    for start in range(0, len(ids), _EXPORTED_AT_ONCE):
        some = Channel.objects.in_bulk(ids[start : start + _EXPORTED_AT_ONCE])
        figures = figures_of(list(some.values()), follows, now=now)
        for pk in ids[start : start + _EXPORTED_AT_ONCE]:
            channel, own = some[pk], figures[pk]
            yield [
                channel.name,
                channel.folder,
                channel.get_kind_display(),
                channel.get_status_display(),
                channel.state,
                own.today,
                own.net_today,
                own.total,
                own.kept,
                own.lost,
                f"{own.cost_fen / 100:.2f}",
                timezone.localtime(channel.created_at).strftime("%Y-%m-%d %H:%M"),
            ]


class UnclaimedStates(ConsolePage):
    """States that customers came with and that were made elsewhere."""

    template_name = "contacts/channel_states.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("States without a channel")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        return super().get_context_data(
            states=unclaimed_states(operator), may_add=operator.has_perm(MAY_ADD), **kwargs
        )
