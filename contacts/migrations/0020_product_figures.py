import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0019_order_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssortmentFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                ("units", models.PositiveBigIntegerField(default=0, verbose_name="units")),
                ("revenue_fen", models.BigIntegerField(default=0, verbose_name="revenue")),
                ("refunded_fen", models.BigIntegerField(default=0, verbose_name="refunded")),
                (
                    "net_fen",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("revenue_fen"), "-", models.F("refunded_fen")
                        ),
                        output_field=models.BigIntegerField(),
                        verbose_name="net revenue",
                    ),
                ),
                ("buyers", models.PositiveIntegerField(default=0, verbose_name="buyers")),
                (
                    "repeat_buyers",
                    models.PositiveIntegerField(default=0, verbose_name="repeat buyers"),
                ),
                (
                    "grouping",
                    models.CharField(
                        choices=[("band", "Price band"), ("role", "Role")], max_length=4
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
                ("products", models.PositiveIntegerField(default=0, verbose_name="products")),
                ("from_fen", models.BigIntegerField(null=True)),
                ("below_fen", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "figures of a price band or role",
                "verbose_name_plural": "figures of price bands and roles",
            },
        ),
        migrations.CreateModel(
            name="AssortmentSettings",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                (
                    "bounds_fen",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        size=None,
                        verbose_name="price bands",
                    ),
                ),
                ("asked", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("counted_at", models.DateTimeField(null=True, verbose_name="counted at")),
                ("count_seconds", models.FloatField(default=0)),
                ("counted_until", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "settings of the assortment",
                "verbose_name_plural": "settings of the assortment",
            },
        ),
        migrations.CreateModel(
            name="ProductFigures",
            fields=[
                ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                ("units", models.PositiveBigIntegerField(default=0, verbose_name="units")),
                ("revenue_fen", models.BigIntegerField(default=0, verbose_name="revenue")),
                ("refunded_fen", models.BigIntegerField(default=0, verbose_name="refunded")),
                (
                    "net_fen",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("revenue_fen"), "-", models.F("refunded_fen")
                        ),
                        output_field=models.BigIntegerField(),
                        verbose_name="net revenue",
                    ),
                ),
                ("buyers", models.PositiveIntegerField(default=0, verbose_name="buyers")),
                (
                    "repeat_buyers",
                    models.PositiveIntegerField(default=0, verbose_name="repeat buyers"),
                ),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="contacts.product",
                    ),
                ),
                ("unit_fen", models.BigIntegerField(verbose_name="price paid")),
                ("band", models.PositiveSmallIntegerField(verbose_name="price band")),
                ("last_on", models.DateField(verbose_name="last ordered")),
            ],
            options={
                "verbose_name": "figures of a product",
                "verbose_name_plural": "figures of products",
            },
        ),
        migrations.AddConstraint(
            model_name="assortmentfigures",
            constraint=models.CheckConstraint(
                condition=models.Q(("grouping__in", ["band", "role"])),
                name="assortment_grouping_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="assortmentfigures",
            constraint=models.UniqueConstraint(
                fields=("grouping", "place"), name="assortment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="assortmentsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="assortment_one_row"
            ),
        ),
        migrations.AddIndex(
            model_name="productfigures",
            index=models.Index(fields=["-net_fen"], name="product_by_net"),
        ),
    ]
