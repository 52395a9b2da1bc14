"""What a chart function returns, and the colours that charts share with the style sheets."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

INK = "#17222d"
MUTED = "#4c5a67"
EDGE = "#6b7884"
GRID = "#e3e8ec"
GROUND = "#dfe6eb"
PAPER = "#ffffff"
VERIFIED = "#00618f"
UNVERIFIED = "#8cc9ea"
EVENT = "#b83c0b"
OFFICE = "#00415f"
RISK_FILLS = ("#cfe5d8", "#f3c453", "#b83c0b", "#7d1128")
"""Low, Medium, High, Extreme; the lightness falls, so that the order survives a grey print."""


@dataclass(frozen=True, slots=True)
class DataTable:
    """The figures of a drawing as text, for those who cannot see it. The first cell of a row is its header."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_long(self) -> bool:
        """Say whether the table is too long or too wide to stand beside another one on paper."""
        return len(self.rows) > 24 or len(self.headers) > 5


@dataclass(frozen=True, slots=True)
class Drawing:
    """One SVG with its title, the caption that explains its signs, and the table of its figures.

    `svg` carries presentation attributes only: it is safe under a strict Content-Security-Policy and in WeasyPrint.
    """

    title: str
    label: str
    caption: str
    svg: SafeString
    table: DataTable
