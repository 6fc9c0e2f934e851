"""Three more things that WeCom tells of a customer: hand-over failed, archive agreed, first words."""

from django.db import migrations, models

KINDS = {
    "followed": "Became friends",
    "unfollowed": "Friendship ended",
    "tagged": "Tagged",
    "untagged": "Tag removed",
    "joined_group": "Joined a group",
    "left_group": "Left a group",
    "remarked": "Remark changed",
    "preference": "Preference changed",
    "transfer_failed": "Hand-over failed",
    "archive_agreed": "Agreed to the chat archive",
    "started_chat": "First words after coming by a link",
}


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_append_only")]

    operations = [
        migrations.AlterField(
            model_name="contactevent",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=16, verbose_name="kind"),
        ),
        migrations.RemoveConstraint(model_name="contactevent", name="contact_event_kind_known"),
        migrations.AddConstraint(
            model_name="contactevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", list(KINDS))), name="contact_event_kind_known"
            ),
        ),
    ]
