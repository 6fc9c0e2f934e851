"""Order files on their way in, mappings of their columns, and the pull of WeCom's payments."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0021_staff_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BillPull",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="on")),
                ("read_to", models.DateTimeField(null=True, verbose_name="read until")),
                ("asked_at", models.DateTimeField(null=True, verbose_name="asked at")),
                ("next_at", models.DateTimeField(null=True, verbose_name="asked again at")),
                ("problem", models.CharField(blank=True, max_length=500, verbose_name="problem")),
                ("payments", models.PositiveIntegerField(default=0, verbose_name="payments")),
                ("refunds", models.PositiveIntegerField(default=0, verbose_name="refunds")),
            ],
            options={
                "verbose_name": "pull of WeCom payments",
                "verbose_name_plural": "pull of WeCom payments",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="bill_pull_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128, verbose_name="file")),
                ("source", models.CharField(max_length=32, verbose_name="source")),
                ("file_key", models.CharField(blank=True, max_length=32)),
                ("size", models.BigIntegerField(verbose_name="size")),
                ("format", models.CharField(blank=True, max_length=16, verbose_name="format")),
                ("mapping", models.JSONField(default=dict)),
                (
                    "takes_good",
                    models.BooleanField(default=False, verbose_name="takes the good lines"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("checking", "Being checked"),
                            ("checked", "Checked, not imported"),
                            ("running", "Importing"),
                            ("done", "Imported"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="uploaded",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "–"),
                            ("read", "Reading the file"),
                            ("settle", "Putting the orders together"),
                            ("try", "Trying the orders"),
                            ("write", "Writing the orders"),
                        ],
                        default="",
                        max_length=6,
                        verbose_name="step",
                    ),
                ),
                ("lines_read", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="never paid")),
                ("refused", models.PositiveIntegerField(default=0, verbose_name="refused lines")),
                ("read_share", models.PositiveSmallIntegerField(default=0)),
                ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                ("orders_done", models.PositiveIntegerField(default=0)),
                ("at_order", models.CharField(blank=True, max_length=128)),
                ("report", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                ("handed_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "order import",
                "verbose_name_plural": "order imports",
            },
        ),
        migrations.CreateModel(
            name="OrderImportFault",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                ("external_id", models.CharField(blank=True, max_length=160)),
                ("problems", models.JSONField(default=list)),
                (
                    "imported",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faults",
                        to="contacts.orderimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused line of an order import",
                "verbose_name_plural": "refused lines of order imports",
            },
        ),
        migrations.CreateModel(
            name="OrderImportLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField()),
                ("external_id", models.CharField(max_length=160)),
                ("digest", models.CharField(blank=True, max_length=24)),
                ("buyer_ref", models.CharField(blank=True, max_length=128)),
                ("buyer_unionid", models.CharField(blank=True, max_length=64)),
                ("buyer_phone", models.CharField(blank=True, max_length=20)),
                ("paid_at", models.DateTimeField()),
                ("paid_on", models.DateField()),
                ("amount_fen", models.BigIntegerField()),
                ("refunded_fen", models.BigIntegerField(null=True)),
                ("sku", models.CharField(blank=True, max_length=128)),
                ("product", models.CharField(blank=True, max_length=256)),
                ("quantity", models.PositiveIntegerField()),
                ("item_fen", models.BigIntegerField(null=True)),
                (
                    "imported",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="contacts.orderimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an order import",
                "verbose_name_plural": "lines of order imports",
            },
        ),
        migrations.CreateModel(
            name="OrderMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=32, verbose_name="source")),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("columns", models.JSONField(verbose_name="columns")),
                (
                    "amount_per_line",
                    models.BooleanField(
                        default=False, verbose_name="amounts are those of single lines"
                    ),
                ),
                (
                    "is_net",
                    models.BooleanField(
                        default=False, verbose_name="amounts are what was left after refunds"
                    ),
                ),
                ("saved_at", models.DateTimeField(verbose_name="saved at")),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mapping of columns",
                "verbose_name_plural": "mappings of columns",
            },
        ),
        migrations.AddIndex(
            model_name="orderimport",
            index=models.Index(fields=["-created_at", "-id"], name="order_import_newest_first"),
        ),
        migrations.AddIndex(
            model_name="orderimport",
            index=models.Index(
                condition=models.Q(("state__in", ["checking", "running"])),
                fields=["handed_at"],
                name="order_import_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "uploaded",
                            "checking",
                            "checked",
                            "running",
                            "done",
                            "failed",
                            "cancelled",
                        ],
                    )
                ),
                name="order_import_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["checking"]), ("step__in", ["read", "settle", "try"])),
                    models.Q(("state", "running"), ("step", "write")),
                    models.Q(
                        models.Q(("state__in", ["checking", "running"]), _negated=True),
                        ("step", ""),
                    ),
                    _connector="OR",
                ),
                name="order_import_step_while_working",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        ("state__in", ["done", "failed", "cancelled"]),
                    ),
                    models.Q(
                        ("state__in", ["uploaded", "checking", "checked", "running"]),
                        ("finished_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="order_import_finished_at_iff_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderimportfault",
            constraint=models.UniqueConstraint(
                fields=("imported", "line"), name="order_import_fault_once"
            ),
        ),
        migrations.AddIndex(
            model_name="orderimportline",
            index=models.Index(
                fields=["imported", "external_id", "line"], name="order_import_by_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="ordermapping",
            constraint=models.UniqueConstraint(
                fields=("source", "name"), name="order_mapping_once"
            ),
        ),
    ]
