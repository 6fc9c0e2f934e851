"""Welcomes and what became of each welcome code."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('broadcasts', '0002_touch_append_only'),
        ('contacts', '0005_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Welcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, verbose_name='name')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('attachments', models.JSONField(blank=True, default=list, verbose_name='attachments')),
                ('neutral_name', models.CharField(max_length=16, verbose_name='word for a name not known')),
                ('scope', models.CharField(choices=[('everybody', 'Everybody'), ('department', 'Customers of departments'), ('staff', 'Customers of staff members'), ('channel', 'Customers from channels')], default='everybody', max_length=10, verbose_name='for whom')),
                ('states', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None, verbose_name='channel states')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name='weekdays')),
                ('start', models.TimeField(blank=True, null=True, verbose_name='from')),
                ('end', models.TimeField(blank=True, null=True, verbose_name='until')),
                ('priority', models.SmallIntegerField(default=0, verbose_name='priority')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_archived', models.BooleanField(default=False, verbose_name='archived')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('updated_at', models.DateTimeField(verbose_name='updated at')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                ('departments', models.ManyToManyField(blank=True, to='contacts.department', verbose_name='departments')),
                ('staff', models.ManyToManyField(blank=True, to='contacts.staff', verbose_name='staff')),
            ],
            options={
                'verbose_name': 'welcome',
                'verbose_name_plural': 'welcomes',
            },
        ),
        migrations.CreateModel(
            name='WelcomeDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest')),
                ('external_userid', models.CharField(max_length=64, verbose_name='customer')),
                ('userid', models.CharField(max_length=64, verbose_name='userid')),
                ('channel_state', models.CharField(blank=True, max_length=64, verbose_name='channel state')),
                ('state', models.CharField(choices=[('sending', 'Being sent'), ('sent', 'Sent'), ('missed', 'Missed')], default='sending', max_length=7, verbose_name='state')),
                ('reason', models.CharField(blank=True, choices=[('no_rule', 'No welcome was for this customer'), ('late', 'We were too late: 20 seconds had passed'), ('expired', 'WeCom: the code had expired'), ('taken', 'WeCom: another welcome was sent, or they were chatting already'), ('contested', 'WeCom: another app was sending until the time was over'), ('rate_limited', 'Too many calls to WeCom'), ('unreachable', 'WeCom could not be reached'), ('misconfigured', 'The WeCom settings are wrong'), ('content', 'WeCom did not accept the content'), ('refused', 'WeCom refused it for another reason'), ('unknown', 'Nobody knows whether it arrived')], max_length=13, verbose_name='reason')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='error')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('is_calling', models.BooleanField(default=False)),
                ('is_unsure', models.BooleanField(default=False)),
                ('is_bare', models.BooleanField(default=False, verbose_name='without pictures')),
                ('received_at', models.DateTimeField(verbose_name='added at')),
                ('claimed_at', models.DateTimeField(verbose_name='taken up at')),
                ('next_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                ('delay_ms', models.PositiveIntegerField(null=True, verbose_name='delay (ms)')),
                ('contact', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.contact', verbose_name='customer')),
                ('staff', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.staff', verbose_name='staff')),
                ('welcome', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='broadcasts.welcome', verbose_name='welcome')),
            ],
            options={
                'verbose_name': 'welcome delivery',
                'verbose_name_plural': 'welcome deliveries',
            },
        ),
        migrations.CreateModel(
            name='WelcomePicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use', models.CharField(choices=[('image', 'Picture under the text'), ('cover', 'Cover of the mini program')], max_length=5, verbose_name='use')),
                ('filename', models.CharField(max_length=128, verbose_name='file name')),
                ('content', models.BinaryField(verbose_name='content')),
                ('media_id', models.CharField(blank=True, max_length=256, verbose_name='media id')),
                ('uploaded_at', models.DateTimeField(blank=True, null=True, verbose_name='uploaded at')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='error')),
                ('welcome', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='broadcasts.welcome')),
            ],
            options={
                'verbose_name': 'picture of a welcome',
                'verbose_name_plural': 'pictures of welcomes',
            },
        ),
        migrations.CreateModel(
            name='WelcomeWatch',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('searched_until', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='welcome_watch_one_row')],
            },
        ),
        migrations.AddConstraint(
            model_name='welcome',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['everybody', 'department', 'staff', 'channel'])), name='welcome_scope_known'),
        ),
        migrations.AddConstraint(
            model_name='welcome',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end__isnull', True), ('start__isnull', True)), models.Q(('end__isnull', False), ('start__isnull', False), models.Q(('start', models.F('end')), _negated=True)), _connector='OR'), name='welcome_hours_both_or_none'),
        ),
        migrations.AddConstraint(
            model_name='welcome',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', True), ('is_archived', True), _negated=True), name='welcome_archived_is_not_active'),
        ),
        migrations.AddIndex(
            model_name='welcomedelivery',
            index=models.Index(fields=['-received_at', '-id'], name='welcome_newest_first'),
        ),
        migrations.AddIndex(
            model_name='welcomedelivery',
            index=models.Index(condition=models.Q(('state', 'sending')), fields=['next_at'], name='welcome_still_open'),
        ),
        migrations.AddIndex(
            model_name='welcomedelivery',
            index=models.Index(condition=models.Q(('contact__isnull', True), ('state', 'sent')), fields=['external_userid'], name='welcome_without_touch'),
        ),
        migrations.AddConstraint(
            model_name='welcomedelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['sending', 'sent', 'missed'])), name='welcome_delivery_state_known'),
        ),
        migrations.AddConstraint(
            model_name='welcomedelivery',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['', 'no_rule', 'late', 'expired', 'taken', 'contested', 'rate_limited', 'unreachable', 'misconfigured', 'content', 'refused', 'unknown'])), name='welcome_delivery_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='welcomedelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'missed'), ('reason', ''), _connector='XOR'), name='welcome_delivery_reason_iff_missed'),
        ),
        migrations.AddConstraint(
            model_name='welcomedelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('next_at__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('finished_at__isnull', False), ('next_at__isnull', True)), _connector='OR'), name='welcome_delivery_open_iff_sending'),
        ),
        migrations.AddConstraint(
            model_name='welcomedelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delay_ms__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('delay_ms__isnull', True)), _connector='OR'), name='welcome_delivery_delay_iff_sent'),
        ),
        migrations.AddConstraint(
            model_name='welcomepicture',
            constraint=models.UniqueConstraint(fields=('welcome', 'use'), name='welcome_picture_once'),
        ),
        migrations.AddConstraint(
            model_name='welcomepicture',
            constraint=models.CheckConstraint(condition=models.Q(('use__in', ['image', 'cover'])), name='welcome_picture_use_known'),
        ),
        migrations.AddConstraint(
            model_name='welcomepicture',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('media_id', ''), ('uploaded_at__isnull', True)), models.Q(models.Q(('media_id', ''), _negated=True), ('uploaded_at__isnull', False)), _connector='OR'), name='welcome_picture_uploaded_iff_media_id'),
        ),
    ]
