"""Forms of the steps of the assessment: each rating with its definitions, imminence, 7A and 7B (EW-02 to EW-06)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.meetings.forms import RefusingForm
from coordination.models import WarningCase
from coordination.warnings.choices import (
    AssessingBody,
    Branch,
    CaseClass,
    ImpactLevel,
    InformationReliability,
    SourceReliability,
    TaskKind,
)
from coordination.warnings.forms import picks, words

IMPACT_MEANINGS = {
    ImpactLevel.HIGH: gettext_lazy(
        "Many are hit directly: deaths, grave injury, mass flight, sexual violence, food or urgent aid cut off."
    ),
    ImpactLevel.MEDIUM: gettext_lazy("Some are hit directly: injury, flight, hunger; aid may be interrupted."),
    ImpactLevel.LOW: gettext_lazy("Few are hit directly; food and aid can go on."),
}
"""Impact if it happens, in our words. Source: POC Handbook 2020, Annex V, annex 4."""
LIKELIHOOD_MEANINGS = {
    ImpactLevel.HIGH: gettext_lazy("They want to and can; nothing that works stands in their way."),
    ImpactLevel.MEDIUM: gettext_lazy("They want to and can, but prevention may stop them."),
    ImpactLevel.LOW: gettext_lazy("They lack the will or the means, or prevention is in place and can stop them."),
}
"""Source: POC Handbook 2020, Annex V, annex 5; in our words."""


def defined(choices: Any, meanings: Mapping[Any, Any]) -> list[tuple[Any, str]]:
    """Return choices whose labels carry their definitions, a line below."""
    return [(one.value, f"{one.label}\n{meanings[one]}") for one in choices]


class ActForm(RefusingForm):
    """A step of a case. `is_again` says that it was rated before or is skipped to, so that it needs a reason."""

    use_required_attribute = False
    is_reason_left_out = False
    reason = words(gettext_lazy("Why"))

    def __init__(self, *args: Any, case: WarningCase, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        reason = self.fields.pop("reason")
        if needs_reason:
            self.fields["reason"] = reason
            reason.label = gettext_lazy("Why it changes, or is taken out of order")
            reason.required = not self.is_reason_left_out
            reason.error_messages["required"] = gettext_lazy("This skips a step or goes back. Say why.")

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {"reason": "", **self.cleaned_data}


class SourceForm(ActForm):
    reliability = picks(
        gettext_lazy("How reliable is the source?"),
        defined(SourceReliability, {one: one.meaning for one in SourceReliability}),
        gettext_lazy("Choose a letter. F is an answer: the reliability cannot be estimated."),
    )


class InformationForm(ActForm):
    reliability = picks(
        gettext_lazy("How reliable is the information?"),
        defined(InformationReliability, {one: one.meaning for one in InformationReliability}),
        gettext_lazy("Choose one. “The truthfulness cannot be estimated” is an answer."),
    )
    is_triangulated = forms.BooleanField(
        label=gettext_lazy("It is triangulated and validated"), required=False,
        help_text=gettext_lazy("Only then can the case become an early warning."),
    )  # fmt: skip
    triangulation = words(
        gettext_lazy("Which reports or checks agree"),
        help_text=gettext_lazy("Kinds of sources, never their names. Needed where it is triangulated."),
        rows=2,
    )


CLASS_MEANINGS = {
    CaseClass.ALERT: gettext_lazy("Not confirmed, or not fully triangulated."),
    CaseClass.WARNING: gettext_lazy(
        "Triangulated and validated: a serious and credible threat that has not yet happened."
    ),
}  # fmt: skip


class ClassForm(ActForm):
    case_class = picks(
        gettext_lazy("What is it?"), defined(CaseClass, CLASS_MEANINGS),
        gettext_lazy("Choose alert or early warning."),
    )  # fmt: skip


class ImpactForm(ActForm):
    civilians = picks(
        gettext_lazy("Impact on civilians if it happens"), defined(reversed(ImpactLevel), IMPACT_MEANINGS),
        gettext_lazy("Choose low, medium or high."),
    )  # fmt: skip
    overall_level = forms.TypedChoiceField(
        label=gettext_lazy("Overall impact"), required=False, coerce=int, empty_value=None,
        choices=[("", gettext_lazy("the highest of the ratings")), *ImpactLevel.choices],
        help_text=gettext_lazy("Civilians, children, women and girls: the highest counts, unless you say otherwise."),
    )  # fmt: skip
    impact_reason = words(gettext_lazy("Why the overall impact differs"), rows=2)

    def values(self) -> dict[str, Any]:
        return super().values() | {"civilians": int(self.cleaned_data["civilians"])}


class LikelihoodForm(ActForm):
    is_reason_left_out = True  # the forum that confirms the same level gives none; the service asks in all other cases
    level = picks(
        gettext_lazy("How likely is it?"), defined(reversed(ImpactLevel), LIKELIHOOD_MEANINGS),
        gettext_lazy("Choose low, medium or high."),
    )  # fmt: skip
    body = picks(
        gettext_lazy("Given by"), AssessingBody.choices, gettext_lazy("Say who gave it."), initial=AssessingBody.CELL,
        help_text=gettext_lazy("The operations centre or cell proposes, the local forum confirms."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        return super().values() | {"level": int(self.cleaned_data["level"])}


class ImminenceForm(ActForm):
    branch = picks(
        gettext_lazy("Is it imminent?"), [(one.value, one.label) for one in reversed(Branch)],
        gettext_lazy("Choose imminent or not imminent."),
        help_text=gettext_lazy("Your decision, whatever the priority says."),
    )  # fmt: skip
    why = words(
        gettext_lazy("On what this rests"), rows=2, required=True, said=gettext_lazy("Say on what this decision rests.")
    )
    ALIASES = {"reason": "why"}

    def values(self) -> dict[str, Any]:
        return {"branch": self.cleaned_data["branch"], "reason": self.cleaned_data["why"]}


class UrgentForm(RefusingForm):
    """Imminent, now: one reason."""

    use_required_attribute = False
    why = words(gettext_lazy("Why it cannot wait"), rows=2, required=True, said=gettext_lazy("Say why it cannot wait."))
    ALIASES = {"reason": "why"}


class SpecialForm(RefusingForm):
    """7A or 7B: a level, or not relevant with the reason."""

    use_required_attribute = False
    NOT_RELEVANT = "none"
    answer = picks(
        gettext_lazy("Impact"), [], gettext_lazy("Choose low, medium or high, or say that it is not relevant.")
    )
    reason = words(
        gettext_lazy("On what this rests"), rows=2,
        help_text=gettext_lazy("Needed where it is not relevant, or was rated before."),
    )  # fmt: skip
    ALIASES = {"level": "answer"}

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["answer"].choices = [
            *defined(reversed(ImpactLevel), IMPACT_MEANINGS), (self.NOT_RELEVANT, _("Not relevant here")),
        ]  # fmt: skip
        fields["answer"].label = TaskKind(kind).label

    def values(self) -> dict[str, Any]:
        answer = self.cleaned_data["answer"]
        is_relevant = answer != self.NOT_RELEVANT
        return {
            "level": int(answer) if is_relevant else None, "is_relevant": is_relevant,
            "reason": self.cleaned_data["reason"],
        }  # fmt: skip


class PlainForm(ActForm):
    """A step that states nothing but that it was done; words to it are kept in its record, skip or not."""

    SAID: tuple[str | Promise, str | Promise] = ("", "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, help_text = self.SAID
        self.fields["reason"] = words(label, help_text=help_text, rows=2)


class MatrixForm(PlainForm):
    SAID = (
        gettext_lazy("What was settled in its row"),
        gettext_lazy(
            "The Early Warning Matrix draws the case by itself. Look at its row: are the partners, the actions and the "
            "remarks right? Then say that it is up to date."
        ),
    )


class ReassessForm(PlainForm):
    SAID = (
        gettext_lazy("What the reassessment found"),
        gettext_lazy("What the response changed, and what is left of the threat. Then the case is watched."),
    )
