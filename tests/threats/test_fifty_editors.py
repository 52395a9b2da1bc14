"""Fifty people edit one matrix at once, through its pages and on connections of their own: no edit is lost (TH-04).

Each of them opens cells, waits until all have opened theirs, and saves: some alone in a cell, most against others in
the same one. Whoever is put before a choice keeps the text of both. In the end every sentence that anybody wrote
stands in the matrix, and the audit chain is whole.
"""

import re
import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from pocweb.audit import history_of, verify
from pocweb.choices import Role
from pocweb.models import Office, Person
from tests.factories.mission import make_person
from tests.factories.threats_threat import make_threat
from threats.models import Threat

EDITORS, ROWS, TRIES = 50, 10, 60
CELLS = ("action", "response", "action")
"""The cells that one person edits one after the other, each in another row; the first and the last oppose most."""


class Editor:
    """One person at a browser of their own; `written` are the sentences that they were told were saved."""

    def __init__(self, person: Person, number: int, threats: list[Threat], gate: threading.Barrier) -> None:
        self.client = Client()
        self.client.force_login(person)
        self.number, self.threats, self.gate = number, threats, gate
        self.written: list[tuple[int, str, str]] = []
        self.choices = 0
        self.fault: BaseException | None = None

    def work(self) -> None:
        try:
            for turn, cell in enumerate(CELLS):
                threat = self.threats[(self.number + turn) % ROWS]
                self._edit(threat, cell, f"Editor {self.number} wrote this in turn {turn}.")
        except BaseException as error:  # noqa: BLE001 - told by the test itself, from its own thread
            self.fault = error
            self.gate.abort()
        finally:
            connection.close()

    def _edit(self, threat: Threat, cell: str, sentence: str) -> None:
        address = reverse("threats:matrix-cell", args=("BAMBARI", threat.pk, cell))
        page = self.client.get(address).content.decode()
        based_on = int(self._found(r'name="based_on" value="(\d+)"', page))
        before = self._found(rf'<textarea[^>]*name="{cell}"[^>]*>(.*?)</textarea>', page).strip()
        self.gate.wait(timeout=120)
        sent: dict[str, Any] = {"based_on": based_on, cell: f"{before} {sentence}"}
        for _attempt in range(TRIES):
            answer = self.client.post(address, sent)
            if answer.status_code in (200, 302):
                self.written.append((threat.pk, cell, sentence))
                return
            assert answer.status_code == 409, (answer.status_code, answer.content.decode()[:2000])
            self.choices += 1
            sent = self._choose_both(answer, cell, sentence)
        raise AssertionError(f"{sentence} was put off {TRIES} times.")

    def _choose_both(self, answer: Any, cell: str, sentence: str) -> dict[str, Any]:
        """Take both texts that the page shows: what the other stored, and one's own sentence behind it.

        Read from the page itself: the test client's `context` mixes what all threads render.
        """
        page = answer.content.decode()
        assert sentence in page, "The page of the conflict does not show what the person wrote."
        theirs = self._found(r"<b>Theirs</b>.*?<span class=\"pre\">(.*?)</span>", page)
        return {
            "based_on": self._found(r'name="based_on" value="(\d+)"', page),
            f"choice_{cell}": "both",
            f"mine_{cell}": sentence,
            f"both_{cell}": f"{theirs} {sentence}",
        }

    @staticmethod
    def _found(pattern: str, page: str) -> str:
        match = re.search(pattern, page, re.DOTALL)
        assert match is not None, f"{pattern} is not in the page."
        return match.group(1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_editors_of_one_matrix_lose_no_edit(bambari: Office) -> None:
    """TH-04: 50 editors, 150 edits, 10 rows: every sentence stands in the end, the opposed by choice."""
    threats = [make_threat(bambari, f"Threat {number}") for number in range(ROWS)]
    gate = threading.Barrier(EDITORS)
    editors = [
        Editor(make_person(f"editor{number}", Role.POCF, bambari, "poc"), number, threats, gate)
        for number in range(EDITORS)
    ]
    threads = [threading.Thread(target=editor.work) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)

    faults = [editor.fault for editor in editors if editor.fault]
    assert [fault for fault in faults if not isinstance(fault, threading.BrokenBarrierError)] == []
    assert [len(editor.written) for editor in editors] == [len(CELLS)] * EDITORS
    stored = {threat.pk: threat for threat in Threat.objects.filter(office=bambari)}
    lost = [
        (cell, sentence)
        for editor in editors
        for pk, cell, sentence in editor.written
        if sentence not in getattr(stored[pk], cell)
    ]
    assert lost == []
    assert sum(editor.choices for editor in editors) > 0, "Nobody was opposed: the test does not try the guard."
    events = Counter(event.verb for threat in stored.values() for event in history_of(threat))
    assert events["changed"] == EDITORS * len(CELLS)
    assert {threat.pk: threat.version for threat in stored.values()} == {
        threat.pk: 1 + EDITORS * len(CELLS) // ROWS for threat in threats
    }
    assert list(verify(bambari.mission)) == []
