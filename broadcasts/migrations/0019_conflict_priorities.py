from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('broadcasts', '0018_lunch_break'),
    ]

    operations = [
        migrations.AddField(
            model_name='policysettings',
            name='broadcast_priority',
            field=models.PositiveSmallIntegerField(db_default=5, default=5, verbose_name='priority of new broadcasts'),
        ),
        migrations.AddField(
            model_name='policysettings',
            name='journey_priority',
            field=models.PositiveSmallIntegerField(db_default=5, default=5, verbose_name="priority of journeys' messages"),
        ),
        migrations.AddConstraint(
            model_name='policysettings',
            constraint=models.CheckConstraint(condition=models.Q(('broadcast_priority__gte', 1), ('broadcast_priority__lte', 9), ('journey_priority__gte', 1), ('journey_priority__lte', 9)), name='policy_priorities_known'),
        ),
    ]
