"""Tokens of the REST API (接口令牌): who has one, what it may do; made, shown once, withdrawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from rest_framework.authtoken.models import Token

from scrm.console.fields import blame
from scrm.console.models import ApiArea, Operator
from scrm.console.tokens import end_token, make_token
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_ADD, MAY_DELETE = (
    "console.view_apitoken",
    "console.add_apitoken",
    "console.delete_apitoken",
)


class TokenList(ConsolePage):
    """Every token with its operator and its scope; never the token itself."""

    template_name = "console/api_tokens.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("API tokens")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tokens = Token.objects.select_related("user", "scope").order_by("user__username")
        operator = operator_of(self.request)
        return super().get_context_data(
            tokens=[
                {"owner": token.user, "scope": getattr(token, "scope", None), "at": token.created}
                for token in tokens
            ],
            may_add=operator.has_perm(MAY_ADD),
            may_delete=operator.has_perm(MAY_DELETE),
            **kwargs,
        )


class _OwnerField(forms.ModelChoiceField):  # type: ignore[type-arg]  # only in stubs
    """Operators with their roles, which bound what a token may do."""

    def label_from_instance(self, obj: Operator) -> str:
        return f"{obj} · {obj.get_role_display()}"


class TokenForm(forms.Form):
    owner = _OwnerField(
        label=pgettext_lazy("person", "Operator"),
        queryset=Operator.objects.none(),
        empty_label=gettext_lazy("Please choose"),
        help_text=gettext_lazy("The token may never do more than this operator may."),
    )
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("Areas"),
        choices=ApiArea.choices,
        initial=ApiArea.values,
        widget=forms.CheckboxSelectMultiple,
    )
    is_read_only = forms.BooleanField(
        label=gettext_lazy("Reads only"),
        required=False,
        initial=True,
        help_text=gettext_lazy("It changes nothing, whatever its operator may change."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        owner = self.fields["owner"]
        if isinstance(owner, _OwnerField):
            free = Operator.objects.filter(is_active=True, auth_token__isnull=True)
            owner.queryset = free.order_by("username")


class NewToken(ConsolePage):
    """Choose operator and scope; the answer shows the token, this one time."""

    template_name = "console/api_token_form.html"
    permission = MAY_ADD
    page_title = gettext_lazy("New API token")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", TokenForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST)
        if form.is_valid():
            try:
                token = make_token(
                    **form.cleaned_data, operator=operator_of(request), now=timezone.now()
                )
            except InvalidInput as error:
                blame(form, error)
            else:
                made = {"made": token.key, "owner": token.user}
                return self.render_to_response(self.get_context_data(**made))
        return self.render_to_response(self.get_context_data(form=form))


class EndToken(ConsoleAction):
    """Withdraw the token of an operator."""

    permission = MAY_DELETE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        owner = get_object_or_404(Operator, pk=pk)
        if end_token(owner=owner, operator=operator_of(request), now=timezone.now()):
            words = _("The token of %(name)s is withdrawn.") % {"name": owner}
            messages.success(request, words)
        return redirect("console:api-tokens")
