"""The site and what all apps share."""

from pocweb.celery import app as celery_app

__all__ = ["celery_app"]
