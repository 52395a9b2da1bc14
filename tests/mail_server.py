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
        """Keep a message, then answer: who is killed in between has sent it and does not know."""
        lines = []
        while (line := self.rfile.readline().decode()).rstrip("\r\n") != ".":
            if not line:
                return
            lines.append(line)
        server: Any = self.server
        server.messages.append(message_from_string("".join(lines)))
        time.sleep(server.pause)
        self.say("250 kept")


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port while it is used as a context; `messages` are what it accepted, in order."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.pause = pause
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
