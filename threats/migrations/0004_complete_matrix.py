"""Expected risk, presences, atrocity watch, trigger calendar, offline sheets, lessons."""

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import threats.models.offline


class Migration(migrations.Migration):

    dependencies = [
        ('pocweb', '0002_sent_form'),
        ('threats', '0003_capacity_may_be_unknown'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AtrocityFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(unique=True, verbose_name='number')),
                ('name', models.CharField(max_length=160, verbose_name='risk factor')),
                ('kind', models.CharField(choices=[('common', 'All atrocity crimes'), ('genocide', 'Genocide'), ('humanity', 'Crimes against humanity'), ('war', 'War crimes')], max_length=12, verbose_name='crime it points to')),
                ('indicators', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='indicators')),
            ],
            options={
                'verbose_name': 'risk factor of atrocity crimes',
                'verbose_name_plural': 'risk factors of atrocity crimes',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='FactorReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_on', models.DateField(verbose_name='read on')),
                ('level', models.PositiveSmallIntegerField(choices=[(0, 'No sign'), (1, 'Single signs'), (2, 'Several signs'), (3, 'Strong and spreading')], verbose_name='level')),
                ('signs', models.JSONField(blank=True, default=list, verbose_name='signs seen')),
                ('evidence', models.TextField(verbose_name='what was seen')),
                ('marking', models.IntegerField(verbose_name='marking')),
                ('made_at', models.DateTimeField(editable=False, verbose_name='recorded')),
            ],
            options={
                'verbose_name': 'reading of a risk factor',
                'verbose_name_plural': 'readings of risk factors',
                'ordering': ('-read_on', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='FactorWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='number')),
                ('marking', models.IntegerField(choices=[(1, 'Unclassified'), (2, 'Confidential'), (3, 'Strictly confidential')], default=2, verbose_name='marking')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('is_relevant', models.BooleanField(default=True, verbose_name='relevant here')),
                ('relevance', models.TextField(blank=True, verbose_name='why it is relevant, or why not')),
                ('baseline_level', models.PositiveSmallIntegerField(choices=[(0, 'No sign'), (1, 'Single signs'), (2, 'Several signs'), (3, 'Strong and spreading')], verbose_name='baseline')),
                ('baseline_on', models.DateField(verbose_name='baseline of')),
                ('baseline', models.TextField(blank=True, verbose_name='baseline in words')),
                ('who', models.TextField(blank=True, verbose_name='who is vulnerable, and what intensifies it')),
                ('triggers', models.TextField(blank=True, verbose_name='what may trigger it')),
                ('protection', models.TextField(blank=True, verbose_name='how to protect before, how to deter')),
                ('level', models.PositiveSmallIntegerField(choices=[(0, 'No sign'), (1, 'Single signs'), (2, 'Several signs'), (3, 'Strong and spreading')], editable=False, verbose_name='level now')),
                ('read_on', models.DateField(editable=False, null=True, verbose_name='last read')),
            ],
            options={
                'verbose_name': 'watched risk factor',
                'verbose_name_plural': 'watched risk factors',
                'ordering': ('factor__number',),
            },
        ),
        migrations.CreateModel(
            name='MatrixImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='number')),
                ('marking', models.IntegerField(choices=[(1, 'Unclassified'), (2, 'Confidential'), (3, 'Strictly confidential')], default=2, verbose_name='marking')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('file', models.FileField(upload_to=threats.models.offline.matrix_import_path, verbose_name='file')),
                ('file_name', models.CharField(max_length=160, verbose_name='file name')),
                ('sha256', models.CharField(max_length=64, verbose_name='fingerprint')),
                ('state', models.CharField(choices=[('checked', 'Checked, waits for your confirmation'), ('done', 'Taken over'), ('cancelled', 'Cancelled')], default='checked', max_length=10, verbose_name='state')),
                ('preview', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('result', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed')),
            ],
            options={
                'verbose_name': 'sheet of a matrix',
                'verbose_name_plural': 'sheets of matrices',
                'ordering': ('-number',),
            },
        ),
        migrations.CreateModel(
            name='OutcomeLesson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='number')),
                ('marking', models.IntegerField(choices=[(1, 'Unclassified'), (2, 'Confidential'), (3, 'Strictly confidential')], default=2, verbose_name='marking')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('period', models.CharField(max_length=7, verbose_name='quarter')),
                ('text', models.TextField(verbose_name='what we learned')),
            ],
            options={
                'verbose_name': 'lesson of a quarter',
                'verbose_name_plural': 'lessons of quarters',
                'ordering': ('-period', 'office'),
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='number')),
                ('marking', models.IntegerField(choices=[(1, 'Unclassified'), (2, 'Confidential'), (3, 'Strictly confidential')], default=2, verbose_name='marking')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('kind', models.CharField(choices=[('base', 'Base'), ('patrol', 'Patrol'), ('liaison', 'Community liaison assistant'), ('network', 'Community alert network'), ('visit', 'Visit or flight')], max_length=16, verbose_name='kind')),
                ('place', models.CharField(blank=True, max_length=160, verbose_name='place, as exact as possible')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, help_text='Leave empty while it goes on; a patrol ends on a day.', null=True, verbose_name='until')),
                ('note', models.TextField(blank=True, help_text='Do not write names of sources or assistants.', verbose_name='note')),
            ],
            options={
                'verbose_name': 'presence',
                'verbose_name_plural': 'presences',
                'ordering': ('-starts_on', '-number'),
            },
        ),
        migrations.CreateModel(
            name='TriggerEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='number')),
                ('marking', models.IntegerField(choices=[(1, 'Unclassified'), (2, 'Confidential'), (3, 'Strictly confidential')], default=2, verbose_name='marking')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('kind', models.CharField(choices=[('forces', 'Deployment of forces or start of hostilities'), ('spillover', 'Spillover from a neighbouring country'), ('power', 'Irregular change of power'), ('season', 'Season: rains, harvest, cattle movement'), ('cultural', 'Religious or cultural period'), ('incitement', 'Incitement'), ('election', 'Census or election'), ('annual', 'Fair or other annual event'), ('other', 'Other')], max_length=16, verbose_name='kind')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('is_yearly', models.BooleanField(default=False, verbose_name='comes back every year')),
                ('past_effect', models.TextField(blank=True, verbose_name='effect last time')),
                ('watch_from', models.DateField(verbose_name='watch from')),
                ('planned_action', models.TextField(blank=True, verbose_name='planned action')),
            ],
            options={
                'verbose_name': 'event of the trigger calendar',
                'verbose_name_plural': 'trigger calendar',
                'ordering': ('starts_on', 'number'),
            },
        ),
        migrations.AddField(
            model_name='assessment',
            name='expected_impact',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='impact expected after the response'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='expected_likelihood',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='likelihood expected after the response'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='expected_risk',
            field=models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High'), (4, 'Extreme')], null=True, verbose_name='risk expected after the response'),
        ),
        migrations.AddField(
            model_name='atriskgroup',
            name='mission',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='matrixedition',
            name='carried_from',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_to', to='threats.matrixedition'),
        ),
        migrations.AddField(
            model_name='matrixedition',
            name='starts_on',
            field=models.DateField(blank=True, null=True, verbose_name='covers from'),
        ),
        migrations.AddField(
            model_name='protectionactor',
            name='changed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='changed'),
        ),
        migrations.AddField(
            model_name='protectionactor',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='protectionactor',
            name='description',
            field=models.TextField(blank=True, help_text='What it is and does. Do not write names of people.', verbose_name='description'),
        ),
        migrations.AddField(
            model_name='protectionactor',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='threat',
            name='confidence',
            field=models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High')], editable=False, null=True, verbose_name='confidence in the rating'),
        ),
        migrations.AddField(
            model_name='threat',
            name='expected_risk',
            field=models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High'), (4, 'Extreme')], editable=False, null=True, verbose_name='risk expected after the response'),
        ),
        migrations.AddField(
            model_name='violencetype',
            name='mission',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddConstraint(
            model_name='assessment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expected_impact', None), ('expected_likelihood', None), ('expected_risk', None)), models.Q(('expected_impact__isnull', False), ('expected_likelihood__isnull', False), ('expected_risk__isnull', False)), _connector='OR'), name='assessment_expected_whole_or_not'),
        ),
        migrations.AddField(
            model_name='factorreading',
            name='area',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.area', verbose_name='area'),
        ),
        migrations.AddField(
            model_name='factorreading',
            name='made_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factorwatch',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factorwatch',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factorwatch',
            name='factor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watches', to='threats.atrocityfactor'),
        ),
        migrations.AddField(
            model_name='factorwatch',
            name='mission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='factorwatch',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.office', verbose_name='office'),
        ),
        migrations.AddField(
            model_name='factorreading',
            name='watch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='threats.factorwatch'),
        ),
        migrations.AddField(
            model_name='matriximport',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='matriximport',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='matriximport',
            name='mission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='matriximport',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.office', verbose_name='office'),
        ),
        migrations.AddField(
            model_name='outcomelesson',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outcomelesson',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outcomelesson',
            name='mission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='outcomelesson',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.office', verbose_name='office'),
        ),
        migrations.AddField(
            model_name='presence',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='presences', to='pocweb.area', verbose_name='area'),
        ),
        migrations.AddField(
            model_name='presence',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='presence',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='presence',
            name='mission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='presence',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.office', verbose_name='office'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='action_owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who acts'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='areas',
            field=models.ManyToManyField(blank=True, related_name='trigger_events', to='pocweb.area', verbose_name='areas'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='groups',
            field=models.ManyToManyField(blank=True, related_name='trigger_events', to='threats.atriskgroup', verbose_name='groups at risk'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='mission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.mission', verbose_name='mission'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pocweb.office', verbose_name='office'),
        ),
        migrations.AddConstraint(
            model_name='factorwatch',
            constraint=models.UniqueConstraint(fields=('mission', 'factor'), name='factor_watch_once_per_mission'),
        ),
        migrations.AddConstraint(
            model_name='factorwatch',
            constraint=models.UniqueConstraint(fields=('mission', 'number'), name='factor_watch_number_once_per_mission'),
        ),
        migrations.AddIndex(
            model_name='factorreading',
            index=models.Index(fields=['watch', 'read_on'], name='factor_reading_day'),
        ),
        migrations.AddConstraint(
            model_name='matriximport',
            constraint=models.UniqueConstraint(fields=('mission', 'number'), name='matrix_import_number_once'),
        ),
        migrations.AddConstraint(
            model_name='outcomelesson',
            constraint=models.UniqueConstraint(fields=('office', 'period'), name='lesson_once_per_office_and_quarter'),
        ),
        migrations.AddIndex(
            model_name='presence',
            index=models.Index(fields=['mission', 'area', 'starts_on'], name='presence_mission_area'),
        ),
        migrations.AddConstraint(
            model_name='presence',
            constraint=models.UniqueConstraint(fields=('mission', 'number'), name='presence_number_once_per_mission'),
        ),
        migrations.AddConstraint(
            model_name='presence',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='presence_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='triggerevent',
            constraint=models.UniqueConstraint(fields=('mission', 'number'), name='trigger_number_once_per_mission'),
        ),
        migrations.AddConstraint(
            model_name='triggerevent',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='trigger_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='triggerevent',
            constraint=models.CheckConstraint(condition=models.Q(('watch_from__lte', models.F('starts_on'))), name='trigger_watched_before_start'),
        ),
    ]
