"""The lines of seats on the form of a forum: persons of the mission, and bodies outside it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import SeatKind
from coordination.forum_values import MOST_SEATS, plain_seats
from pocweb.errors import RuleError
from pocweb.numbers import whole
from threats.forms.threat_lines import Lines

SEATS = "seats"
Line = dict[str, Any]


class SeatLine(forms.Form):
    """One seat: a person or a body, and how they sit. Source: POC Handbook 2020, 6.1, 6.2."""

    person = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, label=gettext_lazy("Person of the mission")
    )
    body = forms.CharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Or a body outside the mission"),
        help_text=gettext_lazy("Such as OCHA or the Protection Cluster; no names of people."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Sits as"), choices=SeatKind.choices, initial=SeatKind.MEMBER)

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = dict(people)
        self.fields["person"].choices = [("", _("nobody chosen")), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("person") and cleaned.get("body"):
            self.add_error("body", _("A seat is a person's or a body's: fill in one of the two."))
        return cleaned

    @property
    def heading(self) -> str:
        """Return the line in short, `A. Bellin, member`; empty where nobody is named."""
        key = str(self["person"].value() or "")
        name = self.people.get(whole(key)) if whole(key) else self["body"].value()
        kind = dict(SeatKind.choices).get(self["kind"].value())
        return f"{name}, {str(kind).lower()}" if name and kind else str(name or "")


SeatLines: Any = forms.formset_factory(SeatLine, formset=Lines, extra=1, can_delete=True, max_num=MOST_SEATS)


class ForumSeats:
    """The seats on one form. `values` are the stored lines; `data`, what was sent, is checked and kept.

    With `more` it is shown again unchecked, with another empty line. A form that sent no seats leaves them as they are.
    """

    def __init__(
        self, people: list[tuple[int, str]], *, values: Any = (), data: Any = None, more: str | None = None
    ) -> None:
        given: dict[str, Any] = {
            "prefix": SEATS,
            "form_kwargs": {"people": people, "empty_permitted": True, "use_required_attribute": False},
        }
        self.formset: Any = None
        if data is None:
            self.formset = SeatLines(initial=list(values), **given)
        elif f"{SEATS}-TOTAL_FORMS" in data and more is None:
            self.formset = SeatLines(data, **given)
        elif f"{SEATS}-TOTAL_FORMS" in data:
            self.formset = SeatLines(initial=_sent(data), **given)
            self.formset.extra = 1 if more == SEATS else 0

    def is_valid(self) -> bool:
        return self.formset is None or bool(self.formset.is_valid())

    def changes(self) -> dict[str, list[Line]]:
        """Return the sent seats as plain values, without empty lines and those marked for removal."""
        if self.formset is None:
            return {}
        rows = [form.cleaned_data for form in self.formset.forms if form.cleaned_data]
        return {SEATS: plain_seats(row for row in rows if not row.get("DELETE"))}

    def refuse(self, error: RuleError) -> bool:
        """Show a refused rule above the lines and return True; False where it is not about them."""
        if error.field != SEATS or self.formset is None:
            return False
        self.formset.is_valid()
        self.formset._non_form_errors.append(error.message)
        return True


def _sent(data: Any) -> list[Line]:
    """Return the sent lines as they were typed."""
    total = str(data.get(f"{SEATS}-TOTAL_FORMS", ""))
    count = min(whole(total), MOST_SEATS)
    names = [*SeatLine.base_fields, "DELETE"]
    return [{name: data.get(f"{SEATS}-{index}-{name}", "") for name in names} for index in range(count)]
