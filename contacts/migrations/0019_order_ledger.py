"""Every order gets a ledger, and shops may send theirs signed.

The ledger is filled before its indexes and its foreign key exist (Django adds both at the end of
the migration), which is several times faster for millions of orders.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A refund that was known before the ledger has no day of its own; it stands on that of its order.
OPENING = """
INSERT INTO contacts_orderentry (order_id, kind, amount_fen, at, happened_on, external_id, origin,
    imported_at)
SELECT id, 'sale', amount_fen, paid_at, paid_on, '', 'opening', imported_at FROM contacts_order
ORDER BY id;
INSERT INTO contacts_orderentry (order_id, kind, amount_fen, at, happened_on, external_id, origin,
    imported_at)
SELECT id, 'refund', -refunded_fen, paid_at, paid_on, '', 'opening', imported_at
FROM contacts_order WHERE refunded_fen <> 0 ORDER BY id;
CREATE TRIGGER contacts_orderentry_append_only BEFORE UPDATE OR DELETE ON contacts_orderentry
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0018_preference_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("body", models.TextField(verbose_name="body")),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Taken"),
                            ("partly", "Taken in part"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(null=True)),
                ("handled_at", models.DateTimeField(null=True, verbose_name="handled at")),
                ("counts", models.JSONField(default=dict, verbose_name="counts")),
                ("refused", models.JSONField(default=list, verbose_name="refused")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
            ],
            options={
                "verbose_name": "delivery of a shop",
                "verbose_name_plural": "deliveries of shops",
            },
        ),
        migrations.CreateModel(
            name="OrderEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="contacts.order",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "Sale"),
                            ("refund", "Refund"),
                            ("correction", "Correction"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("amount_fen", models.BigIntegerField(verbose_name="amount")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("happened_on", models.DateField(verbose_name="day")),
                (
                    "external_id",
                    models.CharField(
                        blank=True, db_default="", max_length=128, verbose_name="refund number"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("file", "File import"),
                            ("api", "API"),
                            ("webhook", "Webhook of the shop"),
                            ("opening", "Opening entry"),
                            ("check", "Nightly check"),
                        ],
                        max_length=8,
                        verbose_name="told by",
                    ),
                ),
                ("imported_at", models.DateTimeField(verbose_name="imported at")),
            ],
            options={
                "verbose_name": "order entry",
                "verbose_name_plural": "order entries",
                "indexes": [
                    models.Index(fields=["order", "id"], name="order_entry_of_order"),
                    models.Index(
                        condition=models.Q(("kind", "refund")),
                        fields=["happened_on"],
                        include=("order", "amount_fen"),
                        name="order_entry_refunds_by_day",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["sale", "refund", "correction"])),
                        name="order_entry_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("origin__in", ["file", "api", "webhook", "opening", "check"])
                        ),
                        name="order_entry_origin_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_fen__gte", 0), ("kind", "sale")),
                            models.Q(
                                models.Q(("kind", "sale"), _negated=True),
                                models.Q(("amount_fen", 0), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_entry_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("external_id", ""),
                            models.Q(("amount_fen__lt", 0), ("kind", "refund")),
                            _connector="OR",
                        ),
                        name="order_entry_number_of_a_refund",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("external_id", "order"),
                        name="order_entry_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            OPENING, "DROP TRIGGER contacts_orderentry_append_only ON contacts_orderentry"
        ),
        migrations.CreateModel(
            name="OrderSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.SlugField(
                        db_index=False, max_length=32, unique=True, verbose_name="short name"
                    ),
                ),
                ("label", models.CharField(max_length=64, verbose_name="name")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("secret_version", models.PositiveIntegerField(default=1)),
                ("rotated_at", models.DateTimeField(null=True, verbose_name="secret renewed at")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "order source",
                "verbose_name_plural": "order sources",
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="match_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not recorded"),
                    ("external_userid", "external_userid"),
                    ("unionid", "unionid"),
                    ("phone", "Phone"),
                    ("number", "The shop's customer number"),
                ],
                db_default="",
                default="",
                max_length=16,
                verbose_name="matched by",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="matched_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="matched at"),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="amount_fen",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="amount"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("match_kind__in", ["", "external_userid", "unionid", "phone", "number"])
                ),
                name="order_match_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="ordersource",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="orderdelivery",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="contacts.ordersource",
            ),
        ),
        migrations.AddIndex(
            model_name="orderdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["due_at"], name="order_hook_due"
            ),
        ),
        migrations.AddIndex(
            model_name="orderdelivery",
            index=models.Index(fields=["source", "-id"], name="order_hook_newest"),
        ),
        migrations.AddIndex(
            model_name="orderdelivery",
            index=models.Index(fields=["received_at"], name="order_hook_by_age"),
        ),
        migrations.AddConstraint(
            model_name="orderdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "partly", "failed"])),
                name="order_delivery_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("state", "waiting")),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True), ("due_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="order_delivery_due_iff_waiting",
            ),
        ),
    ]
