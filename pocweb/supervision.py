"""Starting, watching and ending the two processes of an installation on one machine.

`manage.py serve` is the only caller; it turns `ServerError` into its own message.
"""

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess  # noqa: S404 - starts this installation's own programs with fixed arguments
import sys
import time
from collections.abc import Callable
from types import FrameType

THREADS = 8
START_WITHIN_SECONDS = 60
STOP_WITHIN_SECONDS = 10
LONGEST_PAUSE_SECONDS = 30
NICENESS_OF_JOBS = 5
PR_SET_PDEATHSIG = 1  # prctl(2), Linux only


class ServerError(Exception):
    """The web server did not start, or ended by itself; the text says so in a sentence."""


def end_with_parent(parent_pid: int) -> None:
    """Ask the kernel to end this process when its parent ends, even when the parent is killed outright."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before the request was made
        os.kill(os.getpid(), signal.SIGTERM)


class Child:
    """One child process in a session of its own, so that the terminal's Ctrl-C reaches only this command."""

    def __init__(self, command: list[str], niceness: int = 0) -> None:
        self.command = command
        self.niceness = niceness
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self) -> None:
        """Start the program anew."""
        parent_pid = os.getpid()

        def prepare() -> None:
            end_with_parent(parent_pid)
            os.nice(self.niceness)

        self.started_at = time.monotonic()
        # The main thread is the only one here, which makes preexec_fn safe.
        self.process = subprocess.Popen(  # noqa: S603 - fixed program and arguments
            self.command, start_new_session=True, preexec_fn=prepare
        )

    def exit_code(self) -> int | None:
        """Return the code with which the program ended, None while it runs or before it was started."""
        return self.process.poll() if self.process else None

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the program and all that it started; none left is fine."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self, deadline: float) -> None:
        """Wait until the monotonic moment for an orderly end, then kill what is left of the group."""
        if self.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.1, deadline - time.monotonic()))
            self.signal_group(signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Starts both children, restarts the one for jobs when it ends, and ends both on a signal."""

    def __init__(self, bind: str, port: int, workers: int, note: Callable[[str], None]) -> None:
        self.bind, self.port, self.note = bind, port, note
        self.ending = False
        host = f"[{bind}]" if ":" in bind else bind
        web = [sys.executable, "-m", "gunicorn", "pocweb.wsgi", "--bind", f"{host}:{port}"]
        web += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(THREADS)]
        web += ["--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"]
        self.web = Child(web)
        self.jobs = Child([sys.executable, sys.argv[0], "run_jobs"], niceness=NICENESS_OF_JOBS)

    def run(self, *, on_ready: Callable[[], None]) -> None:
        """Serve until a signal arrives; raise ServerError when the web server ends by itself."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.end)
        try:
            self.web.start()
            self.jobs.start()
            if self.wait_until_answering():
                on_ready()
            self.watch()
        finally:
            self.stop()

    def end(self, number: int, frame: FrameType | None) -> None:
        """Note that a signal asked for the end."""
        self.ending = True

    def wait_until_answering(self) -> bool:
        """Return True when the web server gives any answer, False when the end was asked for meanwhile."""
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while not self.ending and self.web.exit_code() is None:
            if answers(self.bind, self.port):
                return True
            if time.monotonic() > deadline:
                raise ServerError(f"The web server gave no answer within {START_WITHIN_SECONDS} seconds.")
            time.sleep(0.1)
        return False

    def watch(self) -> None:
        """Stay until the end is asked for, and bring the jobs back whenever they end, later each time in a row."""
        pause = 1.0
        while not self.ending:
            if self.web.exit_code() is not None:
                raise ServerError(f"The web server ended by itself with code {self.web.exit_code()}.")
            if self.jobs.exit_code() is not None:
                lived = time.monotonic() - self.jobs.started_at
                pause = 1.0 if lived > LONGEST_PAUSE_SECONDS else min(pause * 2, LONGEST_PAUSE_SECONDS)
                self.note(f"The job process ended with code {self.jobs.exit_code()}; it starts again in {pause:.0f} s.")
                self.sleep(pause)
                if not self.ending:
                    self.jobs.start()
            self.sleep(0.2)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not past a request to end."""
        until = time.monotonic() + seconds
        while not self.ending and time.monotonic() < until:
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask both children to end, wait, and kill what does not."""
        for child in (self.web, self.jobs):
            child.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for child in (self.web, self.jobs):
            child.stop(deadline)


def answers(bind: str, port: int) -> bool:
    """Say whether a web server answers at the address, with any status."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - compared, not bound
    caller = http.client.HTTPConnection(host, port, timeout=START_WITHIN_SECONDS)
    try:
        caller.request("GET", "/")
        caller.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        caller.close()
    return True
