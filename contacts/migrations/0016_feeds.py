"""Events and orders get the column by which readers follow them without missing one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0015_profile_facts")]

    operations = [
        migrations.AddField(
            model_name="contactevent",
            name="txid",
            field=models.BigIntegerField(
                db_default=models.Func(function="txid_current"), editable=False
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="txid",
            field=models.BigIntegerField(
                db_default=models.Func(function="txid_current"), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(fields=["txid", "id"], name="event_feed"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["txid", "id"], name="order_feed"),
        ),
    ]
