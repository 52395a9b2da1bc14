"""The Celery application: how background jobs reach workers when `REDIS_URL` is set.

The behaviour of tasks (acknowledged late, one fetched at a time, redelivered after a lost worker) stands in
`pocweb/settings.py` under CELERY_. A message only says "look at this Job row"; the row in our own database is the
truth, so a message lost with its broker is sent again by the sweep (`CELERY_BEAT_SCHEDULE` there), and one delivered
twice does no harm.
Start with `celery -A pocweb worker` and, once per installation, `celery -A pocweb beat`.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")

app = Celery("pocweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
