"""When what a response plans was last changed, so that a harm assessment can be asked to be newer (EW-11)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("coordination", "0005_kept_presences_and_periods"),
    ]

    operations = [
        migrations.AddField(
            model_name="caseresponse",
            name="planned_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="planned"),
        ),
    ]
