"""The Celery application: how background jobs reach workers when `REDIS_URL` is set.

The behaviour of tasks (acknowledged late, one fetched at a time, redelivered after a lost worker) stands in
`pocweb/settings.py` under CELERY_. A message only says "look at this Job row"; the row in our own database is the
truth, so a message lost with its broker is sent again by the sweep below, and one delivered twice does no harm.
Start with `celery -A pocweb worker` and, once per installation, `celery -A pocweb beat`.
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")

SWEEP_EVERY_SECONDS = 30

app = Celery("pocweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-jobs": {
        "task": "pocweb.sweep_jobs",
        "schedule": SWEEP_EVERY_SECONDS,
        # A sweep that no worker took within one round is stale: the next one finds the same rows.
        "options": {"expires": SWEEP_EVERY_SECONDS},
    },
    "tick": {
        "task": "pocweb.tick",
        "schedule": settings.TICK_EVERY_SECONDS,
        "options": {"expires": settings.TICK_EVERY_SECONDS},
    },
}
