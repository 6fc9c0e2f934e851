"""What segments may ask of a customer, a friendship, orders, and of other segments."""

from contacts.segment_fields import audiences, friendship, orders, profile
from scrm.segments.fields import register


def register_fields() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    register(*profile.fields(), *friendship.fields(), *orders.fields(), *audiences.fields())
