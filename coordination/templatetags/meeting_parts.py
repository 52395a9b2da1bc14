"""Filters of the pages of meetings. They only look things up."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of_key(values: Mapping[Any, Any] | None, key: Any) -> Any:
    """Return what a mapping holds under a key, None where it holds nothing."""
    return values.get(key) if values else None
