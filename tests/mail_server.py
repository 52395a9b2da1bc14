"""A mail server of the tests: it speaks as much SMTP as Django does, keeps what it accepted, and takes its time."""

import socketserver
import threading
import time
from email import message_from_string
from email.message import Message
from typing import Any


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            command = line.decode().strip().upper()
            if command == "DATA":
                self.say("354 go on")
                self.take()
            elif command == "QUIT":
                self.say("221 good bye")
                return
            else:
                self.say("250 fine")

    def take(self) -> None:
        """Keep a message and answer; of the message at which it hangs, the sender hears nothing any more."""
        lines = []
        while (line := self.rfile.readline().decode()).rstrip("\r\n") != ".":
            if not line:
                return
            lines.append(line)
        server: Any = self.server
        hangs = len(server.messages) == server.hangs_after and not server.has_hung
        if not hangs or server.keeps:
            server.messages.append(message_from_string("".join(lines)))
        if hangs:
            server.has_hung = True
            self.rfile.read()  # until the sender is gone
            return
        time.sleep(server.pause)
        self.say("250 kept")


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port while it is used as a context; `messages` are what it accepted, in order.

    At the message after `hangs_after` it falls silent once, having kept that message or not: so it is known what was
    under way when the sender is killed.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *, pause: float, hangs_after: int, keeps: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.pause, self.hangs_after, self.keeps = pause, hangs_after, keeps
        self.has_hung = False
        self.messages: list[Message] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of senders that were killed while they spoke."""

    def __exit__(self, *args: Any) -> None:
        self.shutdown()
        super().__exit__(*args)
