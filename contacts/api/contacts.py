"""REST access to customers; the data scope of the asking operator applies."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.api.contact_filter import ContactFilter
from contacts.api.profile import ProfileActions
from contacts.models import Contact
from contacts.rules.phones import mask
from contacts.selectors.visibility import visible_contacts


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A customer (客户) with her facts. Money in fen; the phone number is masked for everybody."""

    phone = serializers.SerializerMethodField()
    tags = serializers.ListField(source="facts.tag_ids", child=serializers.IntegerField())
    staff = serializers.ListField(source="facts.staff_ids", child=serializers.IntegerField())
    purchases = serializers.IntegerField(source="facts.order_days")
    orders = serializers.IntegerField(source="facts.order_count")
    revenue_fen = serializers.IntegerField(source="facts.revenue_fen")
    refunded_fen = serializers.IntegerField(source="facts.refunded_fen")
    last_order_on = serializers.DateField(source="facts.last_order_on", allow_null=True)

    class Meta:
        model = Contact
        fields = (
            "id",
            "external_userid",
            "name",
            "kind",
            "gender",
            "phone",
            "relation",
            "stage",
            "lost_kind",
            "first_followed_at",
            "tags",
            "staff",
            "purchases",
            "orders",
            "revenue_fen",
            "refunded_fen",
            "last_order_on",
        )

    def get_phone(self, contact: Contact) -> str:
        return mask(contact.phone)


class ContactViewSet(ProfileActions, ReadOnlyModelViewSet[Contact]):
    """Customers the operator may see, the newest first."""

    queryset = Contact.objects.none()
    serializer_class = ContactSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestFirst
    filterset_class = ContactFilter

    def get_queryset(self) -> QuerySet[Contact]:
        visible = visible_contacts(operator_of(self.request))
        return visible.filter(facts__isnull=False).select_related("facts")
