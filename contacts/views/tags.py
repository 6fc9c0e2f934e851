"""The tag page (客户标签)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from contacts.selectors.tag_list import counted_tags
from contacts.selectors.visibility import visible_contacts
from scrm.console.views import ConsolePage, operator_of


class TagListPage(ConsolePage):
    """Groups of tags, each tag with its customers."""

    template_name = "contacts/tags.html"
    permission = "contacts.view_tag"
    page_title = gettext_lazy("Customer tags")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = visible_contacts(operator_of(self.request))
        return super().get_context_data(groups=counted_tags(visible), **kwargs)
