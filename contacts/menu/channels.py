"""Where the pages of channels stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import channel, channel_acts, channel_list, code_pictures, cost_import
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="channels",
            path="channels/",
            view=channel_list.ChannelList.as_view(),
            section=Section.ACQUIRE,
            permission=channel_list.MAY_LOOK,
            label=_("Channel codes"),
            icon="qr_code_2",
            order=10,
        )
    )
    for name, path, view in (
        ("channel-new", "channels/new/", channel_acts.NewChannel),
        ("channel-states", "channels/states/", channel_list.UnclaimedStates),
        ("channel-name", "channels/states/name/", channel_acts.NameState),
        ("channels-export", "channels/export/", channel_list.ExportChannels),
        ("channel", "channels/<int:pk>/", channel.ChannelPage),
        ("channel-picture", "channels/<int:pk>/picture/", code_pictures.ChannelPicture),
        ("channel-edit", "channels/<int:pk>/edit/", channel_acts.EditChannel),
        ("channel-plan", "channels/<int:pk>/plan/", channel_acts.ChannelPlan),
        ("channel-act", "channels/<int:pk>/act/", channel_acts.ChannelAct),
        ("channel-delete", "channels/<int:pk>/delete/", channel_acts.DeleteChannel),
        ("channel-cost-new", "channels/<int:pk>/costs/", channel_acts.AddCost),
        ("channel-cost", "channel-costs/<int:pk>/", channel_acts.EditCost),
        ("channel-costs-import", "channel-costs/import/", cost_import.ImportCosts),
        ("channel-download", "channels/<int:pk>/<slug:dataset>.csv", channel.DownloadChannel),
    ):
        register(Page(name, path, view.as_view(), Section.ACQUIRE, view.permission))
