"""More house rules: rest days, caps by class and channel, white space, a standing hold-out."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0010_unfinished_broadcasts"),
    ]

    operations = [
        migrations.AddField(
            model_name="policysettings",
            name="approval_above",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="approval above so many recipients"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="deep_cap",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=2,
                default=2,
                null=True,
                verbose_name="deep touches a month at most",
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="deep_gap_days",
            field=models.PositiveSmallIntegerField(
                db_default=7, default=7, verbose_name="days between two deep touches"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="group_daily_cap",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=1,
                default=1,
                null=True,
                verbose_name="group messages a day at most",
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="light_cap",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="light touches a month at most"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="moment_daily_cap",
            field=models.PositiveSmallIntegerField(
                blank=True, db_default=1, default=1, null=True, verbose_name="moments a day at most"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="rest_dates",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateField(),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="rest days",
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="rest_weekdays",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="rest days of the week",
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="standing_percent",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="standing hold-out (%)"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="standing_salt",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=16
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="standing_since",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="standing hold-out drawn at"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="total_cap",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=30,
                default=30,
                null=True,
                verbose_name="touches a month at most",
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="white_days",
            field=models.PositiveSmallIntegerField(
                db_default=3, default=3, verbose_name="days of silence after a deep touch"
            ),
        ),
        migrations.AddField(
            model_name="policysettings",
            name="white_share",
            field=models.PositiveSmallIntegerField(
                db_default=30, default=30, verbose_name="share of days without a touch (%)"
            ),
        ),
        migrations.AlterField(
            model_name="policysettings",
            name="gap_days",
            field=models.PositiveSmallIntegerField(
                default=3, verbose_name="days between two private messages"
            ),
        ),
        migrations.AlterField(
            model_name="policysettings",
            name="monthly_cap",
            field=models.PositiveSmallIntegerField(
                default=4, verbose_name="private messages a month at most"
            ),
        ),
        migrations.AddIndex(
            model_name="touch",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["at"], name="touch_by_time", pages_per_range=32
            ),
        ),
        migrations.AddConstraint(
            model_name="policysettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deep_gap_days__lte", 31), ("white_days__lte", 31), ("white_share__lte", 90)
                ),
                name="policy_white_space_makes_sense",
            ),
        ),
        migrations.AddConstraint(
            model_name="policysettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("standing_percent", 0),
                    models.Q(
                        ("standing_percent__lte", 20),
                        ("standing_since__isnull", False),
                        models.Q(("standing_salt", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="policy_standing_holdout_was_drawn",
            ),
        ),
    ]
