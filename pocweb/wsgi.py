"""The door for web servers."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")

application = get_wsgi_application()

# What is loaded by now stays as long as the process. Set apart, the collector of garbage need not look through it all
# in the middle of each large page: a fifth of the time of a matrix of 500 rows.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
