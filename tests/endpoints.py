"""Where alerts arrive in a test: an HTTP endpoint and a mail server, on this machine."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Endpoint:
    """An HTTP endpoint: the JSON it was posted, and the statuses it answers with, the last of them from then on."""

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])
    says: bytes = b"ok"
    answers: Event = field(default_factory=Event)

    def titles(self) -> list[str]:
        """Of everything posted, in order."""
        return [content["title"] for content in self.posted]


@contextmanager
def endpoint(path: str = "/hook") -> Iterator[Endpoint]:
    """An endpoint up for as long as the context lasts."""
    it = Endpoint()
    it.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            it.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            it.answers.wait()
            status = it.statuses.pop(0) if len(it.statuses) > 1 else it.statuses[0]
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", it.url)
            self.end_headers()
            self.wfile.write(it.says)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    it.url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        yield it
    finally:
        it.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class MailServer:
    """A mail server: what it took, and who has logged in, encrypted or not."""

    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        if address in self.refuses:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 OK"


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A mail server up for as long as the context lasts: it demands no login, and offers STARTTLS if it has `tls`."""
    it = MailServer()

    def log_in(_: SMTP, session: Session, __: Envelope, ___: str, said: LoginPassword) -> AuthResult:
        it.logins.append((said.login.decode(), said.password.decode(), session.ssl is not None))
        return AuthResult(success=said.password == b"p@ss/word", handled=False)

    def protocol() -> SMTP:
        return SMTP(it, hostname="localhost", tls_context=tls, authenticator=log_in, auth_require_tls=False, loop=loop)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0))
    it.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield it
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()
