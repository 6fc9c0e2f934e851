"""Losses, and customers by stage, counted from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0022_order_imports")]

    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                fields=["stage", "lost_kind", "relation"], name="contact_by_standing"
            ),
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)),
                fields=["ended_at", "id"],
                include=["status", "staff", "add_way", "state"],
                name="follow_by_end",
            ),
        ),
        migrations.RemoveIndex(model_name="follow", name="follow_ended"),
    ]
