"""The settings of the bench: the project's own, with Django's admin beside them as a yardstick."""

from pocweb.settings import *  # noqa: F403 - the bench measures the project under its own settings
from pocweb.settings import DATABASES, INSTALLED_APPS

# The plain configuration finds no admin modules by itself; `tests.bench.admin_site` registers the one list it needs.
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin.apps.SimpleAdminConfig"]
DATABASES["default"]["CONN_MAX_AGE"] = None
