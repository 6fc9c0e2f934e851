"""Find due runs by journey: those of a paused one are in nobody's way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0011_reach_rules")]

    operations = [
        migrations.RemoveIndex(model_name="journeyrun", name="journey_run_due"),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                fields=["journey", "due_at", "id"],
                condition=models.Q(("due_at__isnull", False)),
                name="journey_run_due_of_journey",
            ),
        ),
    ]
