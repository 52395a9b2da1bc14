"""A sparkline drawn by hand: a row of bars as high as the text beside it."""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from pocweb.charts.drawing import EDGE, EVENT, DataTable, Drawing

HEIGHT = 22
BAR, STEP = 5, 7
ZERO = "#c3ccd3"


def sparkline(values: Sequence[int | None], label: str, *, names: Sequence[str] = ()) -> Drawing:
    """Return small bars from zero, oldest first, the last one in the event colour.

    A value of zero is a thin pale line; None (not recorded) is a hollow square, so that silence does not look like
    calm. `names` head the rows of the table (months, say), else they are numbered. Raises ValueError for no values
    or another number of names than of values.
    """
    if not values or (names and len(names) != len(values)):
        raise ValueError("a sparkline needs values, and a name for each or none")
    largest = max((value for value in values if value is not None), default=0)
    marks = "".join(_mark(index, value, largest, last=index == len(values) - 1) for index, value in enumerate(values))
    width = STEP * len(values) - (STEP - BAR)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" '
        f'width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}">{marks}</svg>'
    )
    rows = tuple(
        (name, _("not recorded") if value is None else str(value))
        for name, value in zip(names or [str(number + 1) for number in range(len(values))], values, strict=True)
    )
    return Drawing(
        title=label,
        label=label,
        caption="",
        svg=mark_safe(svg),  # noqa: S308 - numbers and an escaped label only
        table=DataTable(headers=(_("Period"), _("Value")), rows=rows),
    )


def _mark(index: int, value: int | None, largest: int, *, last: bool) -> str:
    left = index * STEP
    if value is None:
        return f'<rect x="{left}.5" y="17.5" width="4" height="4" fill="none" stroke="{EDGE}" stroke-width="1"/>'
    if value <= 0:
        return f'<rect x="{left}" y="21" width="{BAR}" height="1" fill="{ZERO}"/>'
    height = max(round(value / largest * HEIGHT, 1), 1.5)
    top = round(HEIGHT - height, 1)
    return f'<rect x="{left}" y="{top:g}" width="{BAR}" height="{height:g}" fill="{EVENT if last else EDGE}"/>'
