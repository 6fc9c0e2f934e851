"""The days of staff added up by month, filled from the days there are."""

from django.db import migrations, models

FILL = """
INSERT INTO analytics_staffvaluemonth (staff_id, month, added, won, lost, removed, orders, net_fen)
SELECT staff_id, date_trunc('month', day::timestamp)::date, sum(added), sum(won), sum(lost),
    sum(removed), sum(orders), sum(net_fen)
FROM analytics_staffvalueday GROUP BY 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0012_report_rest")]

    operations = [
        migrations.CreateModel(
            name="StaffValueMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "staff_id",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("staff_id", models.BigIntegerField()),
                ("month", models.DateField()),
                ("added", models.IntegerField(default=0)),
                ("won", models.IntegerField(default=0)),
                ("lost", models.IntegerField(default=0)),
                ("removed", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
                ("net_fen", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "month of a staff member",
                "verbose_name_plural": "months of staff",
                "indexes": [models.Index(fields=["month"], name="staff_value_by_month")],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
