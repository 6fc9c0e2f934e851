"""Which customers a form on the list means: the rows that were ticked, or all the filter finds."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from contacts.selectors.visibility import visible_contacts
from contacts.selectors.wanted import matching
from contacts.views.filter_form import ContactFilter
from scrm.console.fields import row_number
from scrm.console.models import Operator

_MOST_TICKED = 1_000


def asked_filter(request: HttpRequest, operator: Operator) -> ContactFilter:
    """The filter in the address that the form was sent to."""
    return ContactFilter(request.GET, operator=operator)


def chosen_customers(request: HttpRequest, operator: Operator) -> QuerySet[Contact]:
    """The customers meant, of those this operator may see; nobody when nothing is ticked."""
    if is_everything(request):
        return found_by(asked_filter(request, operator), operator)
    numbers = [row_number(text) for text in request.POST.getlist("pick")[:_MOST_TICKED]]
    return visible_contacts(operator).filter(
        pk__in=[number for number in numbers if number is not None], facts__isnull=False
    )


def found_by(form: ContactFilter, operator: Operator) -> QuerySet[Contact]:
    """The customers that the filter finds and the operator may see."""
    return matching(visible_contacts(operator), form.wanted(), now=timezone.now())


def is_everything(request: HttpRequest) -> bool:
    """Whether the form means every customer of the filter, not the ticked rows."""
    return request.POST.get("who") == "all"


def back_to_list(request: HttpRequest) -> str:
    """The list as it was."""
    query = request.GET.urlencode()
    return reverse("console:contacts") + (f"?{query}" if query else "?view=0")
