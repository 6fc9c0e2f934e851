"""Rules for nicknames (群昵称规则): list, form with trial, page of one, decisions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import GroupChat, GroupTag, NicknamePart, NicknameRule
from groups.selectors import nicknames as selectors
from groups.selectors.group_list import visible_groups
from groups.selectors.tags import tag_choices
from groups.services import nickname_rules as services
from groups.services.nickname_rules import RuleWanted
from groups.views.nickname_form import form_rows, starting_values, typed_values
from scrm.console.fields import row_number, without_nul
from scrm.console.models import Operator
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_CHANGE = "groups.view_nicknamerule", "groups.change_nicknamerule"
_GROUPS_OFFERED = 1000
_TYPED_LINES = 50
_ENDED = NicknameRule.State.ENDED


class NicknameRuleList(ConsolePage):
    """Every rule that is not ended, with how much of it could be read."""

    template_name = "groups/nickname_rules.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Nickname rules")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            selectors.live_rules().prefetch_related("parts__tag_group"),
            sort=Sort("updated_at"),
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            window=page,
            tagged=selectors.tagged_by_nicknames() if operator.sees_everything else None,
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class NicknameRulePage(ConsolePage):
    """One rule: its trial over the real nicknames, what it read, what is to decide."""

    template_name = "groups/nickname_rule.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rule = get_object_or_404(
            selectors.live_rules().prefetch_related("parts__tag_group"), pk=self.kwargs["pk"]
        )
        operator = operator_of(self.request)
        page = window(
            selectors.unread_of(rule, operator),
            sort=Sort("at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        unknown = selectors.unknown_values(rule, operator)
        choices = {value.part.pk: value.part for value in unknown}
        return super().get_context_data(
            title=rule.name,
            rule=rule,
            trial=trial_of(starting_values(rule), operator, rule=rule),
            unknown=unknown,
            tags={pk: selectors.tags_for_choice(part) for pk, part in choices.items()},
            words=selectors.words_of(rule),
            conflicts=selectors.conflicts_of(rule, operator),
            window=page,
            group_names=_names(rule, operator),
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class NicknameRuleForm(ConsolePage):
    """New (`pk` absent) or existing; “try it” shows what real nicknames would become."""

    template_name = "groups/nickname_rule_form.html"
    permission = MAY_CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rule, operator = self._rule(), operator_of(self.request)
        wanted = kwargs.pop("wanted", None) or starting_values(rule)
        living = visible_groups(operator).filter(dismissed_at__isnull=True)
        groups = living.order_by("name", "pk").values_list("pk", "name", "chat_id")
        return super().get_context_data(
            **{
                "title": rule.name if rule else _("New nickname rule"),
                "rule": rule,
                "wanted": wanted,
                "rows": form_rows(wanted),
                "tag_groups": selectors.internal_groups(),
                "unknowns": NicknamePart.Unknown.choices,
                "scopes": NicknameRule.Scope.choices,
                "groups": [(pk, name or chat) for pk, name, chat in groups[:_GROUPS_OFFERED]],
                "group_tags": tag_choices(),
                **kwargs,
            }
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        rule, operator = self._rule(), operator_of(request)
        wanted, lines = typed_values(request.POST), _lines(request)
        shown: dict[str, Any] = {"wanted": wanted, "typed_lines": "\n".join(lines)}
        if request.POST.get("do") == "try":
            trial = trial_of(wanted, operator, rule=rule)
            reader = _reader(wanted, rule)
            tested = [reader.read(line) for line in lines]
            return self.render_to_response(
                self.get_context_data(trial=trial, tested=tested, **shown)
            )
        acting: dict[str, Any] = {"now": timezone.now(), "operator": operator}
        try:
            if rule is None:
                saved = services.create_nickname_rule(wanted=wanted, **acting)
            else:
                saved = services.update_nickname_rule(rule_id=rule.pk, wanted=wanted, **acting)
        except InvalidInput as error:
            shown |= {"problem": str(error), "problem_field": error.field}
            return self.render_to_response(self.get_context_data(**shown))
        messages.success(request, _("Saved: %(name)s.") % {"name": saved.name})
        return redirect("console:nicknamerule", saved.pk)

    def _rule(self) -> NicknameRule | None:
        if "pk" not in self.kwargs:
            return None
        live = NicknameRule.objects.exclude(state=_ENDED)
        return get_object_or_404(live, pk=self.kwargs["pk"])


class NicknameRuleState(ConsoleAction):
    """Puts a rule in force, pauses or ends it, as `state` says."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        get_object_or_404(NicknameRule, pk=pk)
        state, done = request.POST.get("state", ""), False
        if state in {"active", "paused", "ended"}:
            try:
                done = services.set_state(
                    rule_id=pk, state=state, now=timezone.now(), operator=operator_of(request)
                )
            except InvalidInput as error:
                messages.error(request, str(error))
        if done:
            messages.success(request, _("Done; customers follow within moments."))
        if state == "ended" and done:
            return redirect("console:nickname-rules")
        return redirect("console:nicknamerule", pk)


class DecideValue(ConsoleAction):
    """What an unknown value means: a tag, a new one, or nothing."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = get_object_or_404(NicknameRule.objects.exclude(state=_ENDED), pk=pk)
        part = rule.parts.filter(pk=row_number(request.POST.get("part", "")) or 0).first()
        text, means = without_nul(request.POST.get("text", "")), request.POST.get("means", "")
        if part is None or not text.strip() or not means:
            messages.error(request, _("Choose what the value means."))
            return redirect("console:nicknamerule", pk)
        try:
            services.decide_value(
                part=part,
                text=text,
                tag_id=row_number(means),
                is_new=means == "new",
                now=timezone.now(),
                operator=operator_of(request),
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Done; customers follow within moments."))
        return redirect("console:nicknamerule", pk)


def trial_of(
    wanted: RuleWanted, operator: Operator, *, rule: NicknameRule | None
) -> selectors.Trial | None:
    """What the rule would do now; None while it has no parts."""
    if not wanted.parts or not wanted.separators:
        return None
    members = selectors.members_of(
        scope=wanted.scope, group_ids=wanted.group_ids, tag_ids=wanted.tag_ids, operator=operator
    )
    return selectors.trial(_reader(wanted, rule), members)


def _reader(wanted: RuleWanted, rule: NicknameRule | None) -> selectors.Reader:
    """With what was decided about values, for parts whose tag group stays the same."""
    known = {part.tag_group_id: part for part in rule.parts.all()} if rule else {}
    parts = [
        selectors.TrialPart(
            part.name, part.tag_group_id, part.unknown, known.get(part.tag_group_id)
        )
        for part in wanted.parts
    ]
    return selectors.Reader(wanted.separators, parts)


def _lines(request: HttpRequest) -> list[str]:
    typed = without_nul(request.POST.get("lines", "")).splitlines()
    return [line.strip()[:256] for line in typed if line.strip()][:_TYPED_LINES]


def _names(rule: NicknameRule, operator: Operator) -> list[str]:
    """The groups or group tags a rule is about."""
    if rule.scope == NicknameRule.Scope.GROUPS:
        groups = visible_groups(operator).filter(pk__in=rule.group_ids)
        return [str(group) for group in GroupChat.objects.filter(pk__in=groups.values("pk"))[:20]]
    return [tag.name for tag in GroupTag.objects.filter(pk__in=rule.tag_ids)]
