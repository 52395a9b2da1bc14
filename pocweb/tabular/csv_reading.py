"""CSV reading: encoding checked over the whole file first, delimiter found from the header, records streamed."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from .base import HeaderGuess, Limits, Record, Table, TableError, build_table, formula_reason

CHUNK = 1024 * 1024
DELIMITERS = (",", ";", "\t")
CONTROL_BYTES = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def open_csv(file: BinaryIO, *, limits: Limits, headerless: HeaderGuess | None) -> Table:
    """Return the table in a CSV file. UTF-8 is required; UTF-16 is read when it carries a byte-order mark.

    Raises `TableError` with the byte and row of the first character that is not UTF-8.
    """
    encoding = _check_encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Unclosed(file)), encoding=encoding, newline="")
    sample = text.read(64 * 1024)
    delimiter, skipped = find_delimiter(sample)
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Unclosed(file)), encoding=encoding, newline="")
    # The limit is one for the whole process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_cell * 4))
    records = _records(text, delimiter, skipped)
    return build_table(records, limits, headerless, ragged=False)


class _Unclosed(io.RawIOBase):
    """The uploaded file as a raw stream which leaves the file open when the text wrapper is thrown away."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _check_encoding(file: BinaryIO) -> str:
    """Return 'utf-8-sig' or 'utf-16' after decoding the whole file once; raise `TableError` at the first fault."""
    start = file.read(4)
    file.seek(0)
    encoding = "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    position, rows = 0, 1
    while chunk := file.read(CHUNK):
        pending = len(decoder.getstate()[0])
        if encoding == "utf-8":
            _refuse_binary(chunk, position, rows)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _encoding_error(encoding, error, position - pending, rows) from error
        position += len(chunk)
        rows += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _encoding_error(encoding, error, position - len(error.object), rows) from error
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _refuse_binary(chunk: bytes, position: int, rows: int) -> None:
    """Raise `TableError` when a chunk holds bytes that no text has."""
    nul = chunk.find(b"\0")
    if nul >= 0:
        if position == 0 and chunk[:200].count(b"\0") * 3 > len(chunk[:200]):
            raise TableError(
                "encoding",
                _("The file seems to be UTF-16 without a byte-order mark. Save it as CSV UTF-8 and upload it again."),
            )
        where = {"byte": f"{position + nul + 1:,}", "row": f"{rows + chunk[:nul].count(10):,}"}
        raise TableError(
            "binary", _("The file is not text: byte %(byte)s (line %(row)s) is zero. Upload CSV or XLSX.") % where
        )
    if position == 0 and len(CONTROL_BYTES.findall(chunk[:4096])) > max(32, len(chunk[:4096]) // 20):
        raise TableError("binary", _("The file is not text. Upload CSV or XLSX."))


def _encoding_error(encoding: str, error: UnicodeDecodeError, offset: int, rows: int) -> TableError:
    """Return the refusal that names byte, line and the encoding the file is probably in."""
    data, at = error.object, error.start
    where = {"byte": f"{offset + at + 1:,}", "row": f"{rows + data[:at].count(10):,}"}
    if encoding == "utf-16":
        return TableError("encoding", _("The file is damaged UTF-16 at byte %(byte)s (line %(row)s).") % where)
    around = re.sub(r"[^\w '-]", " ", data[max(0, at - 12) : at + 12].decode("cp1252", "replace"))
    word = next((word for word in around.split() if not word.isascii()), "")
    where["suspect"] = "Windows-1252" if _has_c1(data) else "Windows-1252 (Latin-1)"
    where["word"] = word
    if word:
        text = _(
            "The file is not UTF-8: byte %(byte)s (line %(row)s). It seems to be %(suspect)s, in which the place "
            'reads "%(word)s". Save it as CSV UTF-8 and upload it again.'
        )
    else:
        text = _(
            "The file is not UTF-8: byte %(byte)s (line %(row)s). It seems to be %(suspect)s. "
            "Save it as CSV UTF-8 and upload it again."
        )
    return TableError("encoding", text % where)


def _has_c1(data: bytes) -> bool:
    """Say whether bytes stand there that are letters and quotes in Windows-1252 and control signs in Latin-1."""
    return any(0x80 <= byte <= 0x9F for byte in data)


def find_delimiter(sample: str) -> tuple[str, int]:
    """Return the delimiter of the first record and the number of lines to leave out before it.

    A first line 'sep=;', as Excel writes it, is believed and left out. Otherwise the delimiter is the one that
    splits the first record into the most cells; quoted text is not counted.
    """
    lines = sample.lstrip("\ufeff")
    told = re.match(r"sep=([,;\t])\r?\n", lines, re.IGNORECASE)
    if told:
        return told.group(1), 1
    best, most = ",", 0
    for delimiter in DELIMITERS:
        try:
            first = next((row for row in csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter) if row), [])
        except csv.Error:
            continue
        if len(first) > most:
            best, most = delimiter, len(first)
    return best, 0


def _records(text: io.TextIOWrapper, delimiter: str, skipped: int) -> Iterator[Record]:
    """Yield every record with its number as a spreadsheet shows it; blank lines count and are yielded blank.

    A cell that begins with '=' is refused, as it would be in a workbook. Text that begins with '-', '+' or '@' is
    common in narratives and taken as text; every export guards it.
    """
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > skipped:
                formulas = [position for position, cell in enumerate(cells) if cell[:1] == "="]
                faults = {position: ("formula", formula_reason(cells[position])) for position in formulas}
                yield Record(number, cells, faults)
    except csv.Error as error:
        raise _csv_error(str(error), number + 1) from error


def _csv_error(reason: str, row: int) -> TableError:
    """Return the sentence for what the csv module found; its own words tell the three cases apart."""
    if "field larger" in reason:
        text = _("Row %(row)s holds a cell that is far too long. A quotation mark may not be closed there.")
    elif "unexpected end" in reason:
        text = _("The file ends inside row %(row)s: a quotation mark is not closed, or the file was cut off.")
    else:
        text = _(
            "Row %(row)s has a quotation mark inside a cell that is not written twice. Save the file again as CSV."
        )
    return TableError("quotes", text % {"row": f"{row:,}"})
