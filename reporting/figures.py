"""The figures of one report: asked, kept with their questions, asked again while the report is being drafted."""

from datetime import datetime

from reporting.choices import ReportState
from reporting.models import Figure, Report
from reporting.periods import Quarter
from reporting.questions import answer, questions_for


def ask_figures(report: Report, *, now: datetime) -> list[Figure]:
    """Ask each figure of the report again and store the answers; return those whose value changed.

    A frozen report's figures stay as they are.
    """
    if report.state != ReportState.DRAFTING:
        return []
    stored = {figure.code: figure for figure in report.figures.all()}
    changed = []
    for asked in questions_for(Quarter.parse(report.period)):
        value = answer(report.mission, asked.question, marking=report.marking)
        figure = stored.get(asked.code)
        if figure is None:
            Figure.objects.create(
                report=report,
                code=asked.code,
                label=asked.label,
                question=asked.question,
                answer=value,
                asked_at=now,
                verified_only=asked.verified_only,
                marking=report.marking,
            )
        elif figure.answer != value:
            figure.previous, figure.answer, figure.asked_at = figure.answer, value, now
            figure.save(update_fields=["previous", "answer", "asked_at"])
            changed.append(figure)
    return changed
