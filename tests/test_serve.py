"""`manage.py serve` as one process tree: it answers, brings its job process back, and leaves nothing behind."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, Program, environment, wait_until

ENDS_WITHIN_SECONDS = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(Program):
    """The server on a free port."""

    ready_words = "pocweb is ready"

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.port = free_port()
        self.command = ["manage.py", "serve", "--port", str(self.port)]

    def tree(self) -> dict[int, str]:
        """Return process id -> command line of everything below the server."""
        assert self.process is not None
        return descendants(self.process.pid)


def descendants(pid: int) -> dict[int, str]:
    """Return process id -> command line of all living children of a process, and of their children."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                continue
            if parent == pid:
                found[int(entry.name)] = words
                found |= descendants(int(entry.name))
    return found


def alive(pids: dict[int, str]) -> list[str]:
    """Return the command lines of those processes that still run."""
    return [words for pid, words in pids.items() if words and Path(f"/proc/{pid}/cmdline").exists() and _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def job_processes(server: Server) -> list[int]:
    return [pid for pid, words in server.tree().items() if "run_jobs" in words]


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    """Start the server on the test database; whatever the test does to it, nothing of it stays."""
    server = Server(tmp_path / "serve.log")
    server.start()
    tree = server.tree()
    yield server
    server.stop()
    for pid in tree:
        if _runs(pid):
            os.kill(pid, signal.SIGKILL)


def serve_in_vain(port: int, **variables: str) -> tuple[int, str]:
    """Run the command, which is expected to refuse; return its exit code and what it said."""
    answer = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return answer.returncode, answer.stderr


def test_serve_sends_a_stranger_to_the_sign_in_page(server: Server) -> None:
    caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    caller.request("GET", "/")
    answer = caller.getresponse()
    caller.close()

    assert (answer.status, answer.headers["Location"]) == (302, "/account/login/?next=/")
    assert f"pocweb is ready: http://127.0.0.1:{server.port}/" in server.log.read_text()


def test_serve_starts_a_lost_job_process_again(server: Server) -> None:
    [first] = job_processes(server)

    os.kill(first, signal.SIGKILL)

    wait_until(
        lambda: job_processes(server) not in ([], [first]), seconds=ENDS_WITHIN_SECONDS, what="a new job process"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_serve_leaves_no_process_behind(server: Server, number: signal.Signals) -> None:
    assert server.process is not None
    tree = server.tree()
    assert len(tree) == 3  # gunicorn, its worker, the job process

    server.process.send_signal(number)

    code = server.process.wait(ENDS_WITHIN_SECONDS)
    assert code == (-number if number == signal.SIGKILL else 0)
    wait_until(lambda: not alive(tree), seconds=ENDS_WITHIN_SECONDS, what="end of all processes")


def test_serve_names_a_taken_port(transactional_db: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, words = serve_in_vain(port)

    assert code == 1
    assert f"Port {port} on 127.0.0.1 cannot be used (Address already in use)." in words
    assert f"make run PORT={port + 1}" in words


def test_serve_refuses_a_database_without_migrations(transactional_db: None, tmp_path: Path) -> None:
    code, words = serve_in_vain(free_port(), DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")

    assert code == 1
    assert "Run `manage.py migrate` first, or start with `make run`." in words
