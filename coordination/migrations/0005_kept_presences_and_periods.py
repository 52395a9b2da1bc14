"""Presences that networks and assignments keep in step, the mission's periods, a version for alerts of networks."""


import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('coordination', '0004_warnings_and_communities'),
        ('pocweb', '0004_notices_and_ticks'),
        ('threats', '0005_trigger_effect'),
    ]

    operations = [
        migrations.AddField(
            model_name='networkalert',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.CreateModel(
            name='CommunityPeriods',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_days', models.PositiveSmallIntegerField(default=14, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days without contact')),
                ('equipment_days', models.PositiveSmallIntegerField(default=90, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(730)], verbose_name='days without a check of the equipment')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('mission', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='community_periods', to='pocweb.mission')),
            ],
            options={
                'verbose_name': 'periods of alert networks',
                'verbose_name_plural': 'periods of alert networks',
            },
        ),
        migrations.CreateModel(
            name='KeptPresence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assistant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='kept_presences', to='coordination.liaisonassistant')),
                ('network', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='kept_presences', to='coordination.network')),
                ('presence', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='kept', to='threats.presence')),
            ],
            options={
                'verbose_name': 'kept presence',
                'verbose_name_plural': 'kept presences',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('assistant__isnull', False), ('network', None)), models.Q(('assistant', None), ('network__isnull', False)), _connector='OR'), name='kept_presence_of_one')],
            },
        ),
    ]
