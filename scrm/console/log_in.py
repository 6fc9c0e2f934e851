"""The log-in form."""

from __future__ import annotations

from unfold.forms import AuthenticationForm

from scrm.console.models import Operator


class LogInForm(AuthenticationForm):  # type: ignore[misc]  # the theme has no types
    """A name that no operator can have is wrong before anybody counts or keeps it: the base's
    form sets the limit for browsers alone.
    """

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if len(name) > (Operator._meta.get_field("username").max_length or 0):
            raise self.get_invalid_login_error()
        return name
