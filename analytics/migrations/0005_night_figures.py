from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("analytics", "0004_refresh_by_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="NightFigure",
            fields=[
                ("key", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("found", models.JSONField(default=dict)),
                ("computed_at", models.DateTimeField(null=True, verbose_name="computed at")),
                ("error", models.CharField(blank=True, max_length=256, verbose_name="error")),
            ],
            options={
                "verbose_name": "figure of the night",
                "verbose_name_plural": "figures of the night",
            },
        ),
        migrations.AddField(
            model_name="modelfit",
            name="backtest_detail",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="modelfit",
            name="log_likelihood",
            field=models.FloatField(null=True, verbose_name="log-likelihood"),
        ),
        migrations.AlterField(
            model_name="modelfit",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mbgnbd", "Repeat buying (MBG/NBD)"),
                    ("gamma_gamma", "Value of an order (Gamma-Gamma)"),
                    ("mean_value", "Value of an order (mean of the shop)"),
                ],
                max_length=12,
                verbose_name="model",
            ),
        ),
        migrations.RemoveConstraint(model_name="modelfit", name="model_fit_kind_known"),
        migrations.AddConstraint(
            model_name="modelfit",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["mbgnbd", "gamma_gamma", "mean_value"])),
                name="model_fit_kind_known",
            ),
        ),
    ]
