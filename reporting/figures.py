"""The figures of one report: asked, kept with their questions, asked again while the report is being drafted."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from pocweb.periods import Quarter
from reporting.choices import ReportState
from reporting.models import Figure, Report
from reporting.questions import answers, questions_for
from reporting.rules import FIGURE_IN_TEXT

Answers = dict[str, int | None]


def live_answers(report: Report) -> Answers:
    """Return what the records answer now, by the code of the figure; nothing is stored.

    A frozen report answers with what was frozen.
    """
    stored = list(report.figures.all())
    if report.state != ReportState.DRAFTING:
        return {figure.code: figure.answer for figure in stored}
    values = answers(report.mission, (figure.question for figure in stored), marking=report.marking)
    return {figure.code: value for figure, value in zip(stored, values, strict=True)}


def ask_figures(report: Report, *, now: datetime, stamp: bool = False) -> list[Figure]:
    """Ask each figure of a draft again, store the answers, and return those whose value changed.

    The moment of an unchanged figure stays, so that an unchanged draft gives the same document; with `stamp` every
    figure takes `now`, as on submission or when a person asks for a new look. A frozen report's figures stay as they
    are: the row of the report is locked against a submission at the same moment.
    """
    with transaction.atomic():
        drafts = Report.objects.select_for_update().filter(pk=report.pk, state=ReportState.DRAFTING)
        marking = drafts.values_list("marking", flat=True).first()
        if marking is None:
            return []
        stored = {figure.code: figure for figure in Figure.objects.filter(report=report)}
        asked = questions_for(Quarter.parse(report.period))
        values = answers(report.mission, (one.question for one in asked), marking=marking)
        new, changed = [], []
        for one, value in zip(asked, values, strict=True):
            figure = stored.get(one.code)
            if figure is None:
                new.append(
                    Figure(
                        report=report,
                        code=one.code,
                        label=one.label,
                        question=one.question,
                        answer=value,
                        asked_at=now,
                        verified_only=one.verified_only,
                        marking=marking,
                    )
                )
            elif figure.answer != value:
                figure.previous, figure.answer, figure.asked_at = figure.answer, value, now
                changed.append(figure)
        Figure.objects.bulk_create(new)
        Figure.objects.bulk_update(changed, ["previous", "answer", "asked_at"])
        if stamp:
            Figure.objects.filter(report=report).update(asked_at=now, marking=marking)
    _forget(report)
    return changed


def _forget(report: Report) -> None:
    """Drop figures that were read ahead, so that whoever holds the report reads the new ones."""
    getattr(report, "_prefetched_objects_cache", {}).pop("figures", None)


def places_of(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the places whose text names a figure, by the figure's code; `texts` are pairs of place and text."""
    found: dict[str, list[str]] = {}
    for place, text in texts:
        for code in dict.fromkeys(FIGURE_IN_TEXT.findall(text)):
            found.setdefault(code, []).append(place)
    return found
