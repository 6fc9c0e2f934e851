"""What a token of the REST API may do of what its operator may do."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

AREAS = [
    ("contacts", "Customers"),
    ("groups", "Customer groups"),
    ("broadcasts", "Reach"),
    ("orders", "Orders"),
    ("analytics", "Data"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("authtoken", "0004_alter_tokenproxy_options"),
        ("console", "0002_api_token"),
    ]

    operations = [
        migrations.CreateModel(
            name="TokenScope",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="scope",
                        serialize=False,
                        to="authtoken.token",
                    ),
                ),
                ("is_read_only", models.BooleanField(default=False, verbose_name="reads only")),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=AREAS, max_length=16),
                        default=list,
                        size=None,
                        verbose_name="areas",
                    ),
                ),
            ],
            options={
                "verbose_name": "scope of a token",
                "verbose_name_plural": "scopes of tokens",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("areas__contained_by", [area for area, _words in AREAS]),
                            models.Q(("areas", []), _negated=True),
                        ),
                        name="token_scope_areas_known",
                    )
                ],
            },
        ),
    ]
