"""An HTTP relay on loopback between Terraform and the embedded AWS: it sees each call, and may deny
or fail it."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_READS = ("Get", "List", "Describe", "Head", "AssumeRole", "Batch")
# By what a path of S3 or Lambda names beside the thing itself.
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the service, and the action as IAM's policies spell it as far as it is told here."""

    service: str
    action: str

    @property
    def writes(self) -> bool:
        """Return whether it changes something."""
        return not self.action.startswith(_READS)

    def __str__(self) -> str:
        return f"{self.service}:{self.action}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the relay's own: status, error code and text."""

    status: int
    code: str
    text: str


Before = Callable[[Call], Answer | None]
After = Callable[[Call, int], None]


@dataclass
class Relay:
    """The relay to ``endpoint``: ``before`` may answer a call itself; ``after`` is told of each one
    was made, before the answer goes back. Both may be set anew at any time."""

    endpoint: str
    before: Before = lambda _: None
    after: After = lambda _, __: None
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> Self:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _relayed(self) -> None:
                relay.answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _relayed  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                # Whoever asked was killed.
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Return the URL it listens at."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer ``request``."""
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        status, headers, content = self.respond(request, body)
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                request.send_header(name, value)
        head = request.command == "HEAD"
        told = next((v for n, v in headers if head and n.lower() == "content-length"), "")
        request.send_header("Content-Length", told or str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def respond(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of the answer to ``request``."""
        call = named(request, body)
        own = self.before(call)
        self.calls.append(call)
        if own:
            return own_answer(own, request)
        status, headers, content = self._forward(request, body)
        self.after(call, status)
        return status, headers, content

    def _forward(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        where = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
        kept = {n: v for n, v in request.headers.items() if n.lower() not in ("host", "connection")}
        try:
            connection.request(request.command, request.path, body, {**kept, "Host": where.netloc})
            found = connection.getresponse()
            return found.status, found.getheaders(), found.read()
        finally:
            connection.close()


def named(request: BaseHTTPRequestHandler, body: bytes) -> Call:
    """Return which call ``request`` is."""
    authorization = request.headers.get("Authorization", "")
    parts = authorization.partition("Credential=")[2].split(",")[0].split("/")
    service = parts[3] if len(parts) > 3 else "sts"
    if target := request.headers.get("X-Amz-Target"):
        return Call(service, target.rpartition(".")[2])
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return Call(service, parse_qs(body.decode(errors="replace")).get("Action", ["?"])[0])
    path = urlsplit(request.path)
    what = sorted(parse_qs(path.query, keep_blank_values=True))
    verb = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "POST": "Post", "DELETE": "Delete"}
    if service == "s3":
        parts = path.path.strip("/").split("/", 1)
        kind = "Object" if len(parts) > 1 and parts[1] else "Bucket"
        known = [one for one in what if not one.startswith(("x-id", "list-type", "prefix"))]
        shown = "".join(w.title() for w in (known[0] if known else "").split("-"))
        return Call(service, f"{verb[request.command]}{kind}{shown}")
    last = [one for one in path.path.split("/") if one]
    shown = "".join(one.title() for one in last[1:2] + last[3:4])
    return Call(service, f"{verb[request.command]}{shown}")


def own_answer(
    own: Answer, request: BaseHTTPRequestHandler
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return ``own`` as the service that ``request`` is for would answer it."""
    if "X-Amz-Target" in request.headers or request.path.startswith(("/20", "/v1", "/app")):
        text = f'{{"__type": "{own.code}", "message": "{own.text}", "Message": "{own.text}"}}'
        headers = [("Content-Type", "application/json"), ("X-Amzn-ErrorType", own.code)]
        return own.status, headers, text.encode()
    inner = f"<Code>{own.code}</Code><Message>{own.text}</Message>"
    form = request.headers.get("Content-Type", "").startswith("application/x-www-form")
    text = (
        f"<ErrorResponse><Error>{inner}</Error><RequestId>relay</RequestId></ErrorResponse>"
        if form
        else f"<Error>{inner}</Error>"
    )
    content = b"" if request.command == "HEAD" else text.encode()
    return own.status, [("Content-Type", "text/xml")], content
