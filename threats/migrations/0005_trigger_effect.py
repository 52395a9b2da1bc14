"""The effect of a trigger event this time, and events that were called off."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('threats', '0004_complete_matrix'),
    ]

    operations = [
        migrations.AddField(
            model_name='triggerevent',
            name='called_off',
            field=models.TextField(blank=True, editable=False, verbose_name='called off because'),
        ),
        migrations.AddField(
            model_name='triggerevent',
            name='effect_of',
            field=models.DateField(editable=False, null=True, verbose_name='effect of the occurrence that ended on'),
        ),
    ]
