"""Preferences of very many customers, as jobs."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0017_code_pictures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PreferenceJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wish', models.CharField(choices=[('do_not_contact', 'Do not contact'), ('paused', 'Pause')], max_length=14, verbose_name='wish')),
                ('until', models.DateTimeField(null=True, verbose_name='paused until')),
                ('source', models.CharField(max_length=32, verbose_name='source')),
                ('contact_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Finished'), ('cancelled', 'Cancelled')], default='running', max_length=9, verbose_name='state')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='done')),
                ('news', models.PositiveIntegerField(default=0, verbose_name='changes')),
                ('total', models.PositiveIntegerField(verbose_name='customers')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                ('handed_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'job of preferences',
                'verbose_name_plural': 'jobs of preferences',
                'indexes': [models.Index(condition=models.Q(('state', 'running')), fields=['handed_at'], name='preference_job_live')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['running', 'done', 'cancelled'])), name='preference_job_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('until__isnull', False), ('wish', 'paused')), models.Q(('until__isnull', True), ('wish', 'do_not_contact')), _connector='OR'), name='preference_job_until_iff_pause'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), ('finished_at__isnull', True)), models.Q(models.Q(('state', 'running'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='preference_job_finished_at_iff_over'), models.CheckConstraint(condition=models.Q(('done__lte', models.F('total'))), name='preference_job_done_within_total')],
            },
        ),
    ]
