"""What operators do with tags: create, rename, move, delete, and let a segment keep one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Segment, Tag, TagGroup, TagKind, TagRule
from contacts.services import tag_library, tag_rules
from contacts.views.tags import MAY_ADD, MAY_CHANGE, MAY_DELETE
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.wecom.maxima import TAG_NAME_CHARS


class NewTagGroup(ConsolePage):
    """A new group with its first tags (新建标签组)."""

    template_name = "contacts/tag_group_form.html"
    permission = MAY_ADD
    page_title = gettext_lazy("New tag group")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        typed = {"kind": TagKind.WECOM.value, "group_name": "", "names": ""} | kwargs
        return super().get_context_data(kinds=TagKind.choices, name_limit=TAG_NAME_CHARS, **typed)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        typed = {name: request.POST.get(name, "") for name in ("kind", "group_name", "names")}
        if typed["kind"] not in TagKind.values:
            typed["kind"] = TagKind.WECOM.value
        try:
            group = tag_library.create_tags(
                names=typed["names"].splitlines(),
                group_name=typed["group_name"],
                kind=typed["kind"],
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            field = error.field if isinstance(error, InvalidInput) else ""
            return self.render_to_response(
                self.get_context_data(problem=str(error), problem_field=field, **typed)
            )
        messages.success(request, _("Created: %(name)s.") % {"name": group.name})
        return redirect("console:taggroup", group.pk)


class _Act(RowAction):
    """Does one thing with the tag or group of the address."""

    permission = MAY_CHANGE
    model: type[Tag | TagGroup] = Tag
    page = "console:tag"

    def row(self, _request: HttpRequest, pk: int) -> Any:
        return get_object_or_404(self.model, pk=pk, is_gone=False)


class RenameTag(_Act):
    def act(self, request: HttpRequest, entry: Any) -> None:
        tag_library.rename(entry=entry, name=request.POST.get("name", ""), **self.acting())
        messages.success(request, _("Saved: %(name)s.") % {"name": entry.name})


class MoveTag(_Act):
    """One place up or down; stays at the row, so that the keyboard can go on."""

    def act(self, request: HttpRequest, entry: Any) -> None:
        is_up = request.POST.get("to") == "up"
        tag_library.move(entry=entry, is_up=is_up, **self.acting())

    def back(self, entry: Any) -> HttpResponseBase:
        kind = "group" if isinstance(entry, TagGroup) else "tag"
        response = redirect("console:tags")
        response.headers["Location"] += f"#{kind}-{entry.pk}"
        return response


class DeleteTag(_Act):
    permission = MAY_DELETE

    def act(self, request: HttpRequest, entry: Any) -> None:
        tag_library.delete(entry=entry, **self.acting())
        messages.success(
            request, _("Deleted: %(name)s. Customers lose it now.") % {"name": entry.name}
        )

    def back(self, entry: Any) -> HttpResponseBase:
        entry.refresh_from_db()
        return redirect("console:tags") if entry.is_gone else redirect(self.page, entry.pk)


class RenameTagGroup(RenameTag):
    model, page = TagGroup, "console:taggroup"


class MoveTagGroup(MoveTag):
    model, page = TagGroup, "console:taggroup"


class DeleteTagGroup(DeleteTag):
    model, page = TagGroup, "console:taggroup"


class AddTags(_Act):
    """More tags in a group, one a line."""

    permission = MAY_ADD
    model, page = TagGroup, "console:taggroup"

    def act(self, request: HttpRequest, entry: Any) -> None:
        names = request.POST.get("names", "").splitlines()
        tag_library.create_tags(names=names, group=entry, **self.acting())
        messages.success(request, _("The tags were created."))


class TagRuleAct(_Act):
    """Set, pause, resume, run or delete the rule of a tag, as `do` says."""

    def act(self, request: HttpRequest, entry: Any) -> None:
        wanted = request.POST.get("do", "")
        if wanted == "set":
            number = row_number(request.POST.get("segment", ""))
            live = Segment.objects.filter(is_archived=False)
            segment = None if number is None else live.filter(pk=number).first()
            if segment is None:
                raise InvalidInput(_("Choose a segment."), field="segment")
            tag_rules.set_rule(tag=entry, segment=segment, **self.acting())
            messages.success(request, _("The segment keeps this tag from now on."))
            return
        rule = TagRule.objects.filter(tag=entry).first()
        if rule is None:
            raise InvalidInput(_("This tag has no rule."), field="do")
        if wanted in {"pause", "resume"}:
            tag_rules.pause_rule(rule=rule, is_paused=wanted == "pause", **self.acting())
        elif wanted == "run":
            tag_rules.run_now(rule=rule, **self.acting())
            messages.success(request, _("The rule runs within moments."))
        elif wanted == "delete":
            tag_rules.delete_rule(rule=rule, **self.acting())
            messages.success(request, _("The rule was deleted; customers keep the tag."))
