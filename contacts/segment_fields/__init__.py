"""What segments may ask of a customer, a friendship, orders, and of other segments."""

from contacts.segment_fields import audiences, friendship, orders, own_fields, profile
from scrm.segments.fields import register, register_family


def register_fields() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    register(*profile.fields(), *friendship.fields(), *orders.fields(), *audiences.fields())
    register(own_fields.known_field())
    register_family(own_fields.family())
