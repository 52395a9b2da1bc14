"""Acts that are done on the case's own form: which form, which service. Others register their page (`case_panels`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coordination.models import WarningCase
from coordination.warnings import ratings
from coordination.warnings.act_forms import (
    ActForm,
    ClassForm,
    ImminenceForm,
    ImpactForm,
    InformationForm,
    LikelihoodForm,
    MatrixForm,
    PlainForm,
    ReassessForm,
    SourceForm,
)
from coordination.warnings.choices import AssessingBody
from coordination.warnings.moves import move_case
from coordination.warnings.rules import STEER


@dataclass(frozen=True)
class ActOfForm:
    """A form and the service that takes its values; `begins` are the columns that it begins with."""

    form: type[ActForm]
    service: Callable[..., WarningCase]
    begins: tuple[tuple[str, str], ...] = ()


def _plain(act: str) -> Callable[..., WarningCase]:
    """Return the service of a step that sets no column: it only moves the case on."""

    def do(case: WarningCase, *, by: Any, reason: str, based_on: int | None) -> WarningCase:
        return move_case(case, act, by=by, reason=reason, based_on=based_on)

    return do


FORMS: dict[str, ActOfForm] = {
    "rate-source": ActOfForm(SourceForm, ratings.rate_source, (("reliability", "source_reliability"),)),
    "rate-information": ActOfForm(
        InformationForm, ratings.rate_information,
        (("reliability", "information_reliability"), ("is_triangulated", "is_triangulated"),
         ("triangulation", "triangulation")),
    ),
    "class": ActOfForm(ClassForm, ratings.class_case),
    "rate-impact": ActOfForm(ImpactForm, ratings.rate_impact, (("civilians", "impact_civilians"),)),
    "rate-likelihood": ActOfForm(
        LikelihoodForm, ratings.rate_likelihood, (("level", "likelihood"), ("body", "likelihood_body"))
    ),
    "prioritise": ActOfForm(ImminenceForm, ratings.decide_imminence),
    "update-matrix": ActOfForm(MatrixForm, _plain("update-matrix")),
    "monitor": ActOfForm(ReassessForm, _plain("monitor")),
}  # fmt: skip


def form_for(act: str, case: WarningCase, user: Any, data: Any = None) -> ActForm:
    """Return the form of an act, begun with what counts now, with a reason where it changes or skips something."""
    one = FORMS[act]
    initial = {name: getattr(case, column) for name, column in one.begins if getattr(case, column)}
    if act == "class" and case.classed_at is not None:
        initial["case_class"] = case.case_class
    needs_reason = act != "prioritise" and not issubclass(one.form, PlainForm) and ratings.needs_reason(case, act)
    form = one.form(data, case=case, needs_reason=needs_reason, initial=initial)
    if "body" in form.fields and not user.has_perm(STEER, case):
        body: Any = form.fields["body"]
        body.choices = [choice for choice in body.choices if choice[0] != AssessingBody.FORUM]
    return form
