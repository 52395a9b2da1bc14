"""System checks of the installation."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def check_production_services(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a deployment on the embedded database or without a broker."""
    problems: list[CheckMessage] = []
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        problems.append(
            Error("A deployment needs PostgreSQL.", hint="Set DATABASE_URL to a postgres:// address.", id="pocweb.E001")
        )
    if not settings.REDIS_URL:
        problems.append(
            Error("A deployment needs Redis.", hint="Set REDIS_URL to a redis:// address.", id="pocweb.E002")
        )
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(
            Error("Any host name is accepted.", hint="Name the hosts in POCWEB_ALLOWED_HOSTS.", id="pocweb.E003")
        )
    return problems
