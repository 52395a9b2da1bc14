"""No form of the site says "This field is required.": where something is missing, it says what to do."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.urls import get_resolver

HOUSES = ("pocweb", "threats", "strategy", "coordination", "reporting")


def forms_below(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from forms_below(below)


def test_every_form_says_what_to_do_where_something_is_missing() -> None:
    """Each field of each form, as the class has it; fields that a form adds as it is made say what their kind says."""
    assert get_resolver().url_patterns  # reads all pages, and with them all forms
    ours = {form for form in forms_below(forms.BaseForm) if form.__module__.split(".")[0] in HOUSES}
    said = {
        f"{form.__qualname__}.{name}": str(field.error_messages["required"])
        for form in ours
        for name, field in form.base_fields.items()
        if field.required
    }
    assert len(said) > 100
    assert [name for name, sentence in said.items() if "required" in sentence or not sentence.endswith(".")] == []
    kinds = {field for field in forms_below(forms.Field) if field.__module__.split(".")[0] in ("django", *HOUSES)}
    assert [kind.__name__ for kind in kinds if "required" in _sentence(kind)] == []
    assert _sentence(forms.ModelChoiceField) == "Choose one from the list."


def _sentence(kind: type[forms.Field]) -> str:
    """Return what a field of the kind says without a sentence of its own."""
    messages: dict[str, Any] = {}
    for one in reversed(kind.__mro__):
        messages |= getattr(one, "default_error_messages", {})
    return str(messages["required"])
