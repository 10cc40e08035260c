"""Who may ask the embedded AWS: a client that was led to it, and nobody's web page.

Loopback is no border for a browser. A page may send requests to 127.0.0.1, and a name of its own
that suddenly resolves to 127.0.0.1 makes the answers readable, too (DNS rebinding):
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin and
https://portswigger.net/web-security/host-header (2026-11).
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

# More than a Lambda function's code in one request may have (50 MB, in base64):
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (2026-11)
BODY_LIMIT = 100 * 1024 * 1024
# A web identity token has 20,000 characters at most:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (2026-11)
TOKEN_REQUEST_LIMIT = 64 * 1024
# Only its scope is read. Region and service have no dots: moto makes a host of the two, and
# "motoapi" in the region "amazonaws.com" would be its own control pages. The form (2026-11):
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/,\s]+/[0-9]{8}/[a-z0-9-]+/[a-z0-9-]+/aws4_request,"
)


def guarded(application: Application, unsigned_path: str) -> Application:
    """Return the WSGI application ``application`` behind a door that refuses with a sentence:

    - 403: any ``Origin``; a ``Host`` that is not this server's own address with its port;
    - 403: no signature, unless it is a GET of ``unsigned_path`` or AssumeRoleWithWebIdentity,
      which has none by design (the pipelines ask for their credentials with it);
    - 411 and 413: a body of unknown length, or of more than 100 MiB.

    S3 clients name the bucket in the path where the endpoint is an IP address, so no other host
    is needed: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html (2026-11).
    """

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        refusal = _refusal(environ, unsigned_path)
        if refusal is None:
            return application(environ, start_response)
        status, why = refusal
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"gate sandbox: {why}\n".encode()]

    return app


def _refusal(environ: dict[str, Any], unsigned_path: str) -> tuple[str, str] | None:
    forbidden = "403 Forbidden"
    if "HTTP_ORIGIN" in environ:
        return forbidden, "a web page asked; the embedded AWS answers none"
    port = environ["SERVER_PORT"]
    if environ.get("HTTP_HOST") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return forbidden, f"asked under another name than its own, 127.0.0.1:{port}"
    if "HTTP_TRANSFER_ENCODING" in environ:
        return "411 Length Required", "the request does not say how long it is"
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return "400 Bad Request", "Content-Length is not a number"
    if not 0 <= length <= BODY_LIMIT:
        return "413 Content Too Large", f"the request has more than {BODY_LIMIT:,} bytes"
    if SIGNATURE.match(environ.get("HTTP_AUTHORIZATION", "")):
        return None
    if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] == unsigned_path:
        return None
    if _asks_for_credentials(environ, length):
        return None
    return forbidden, "the request is not signed; any credentials do, such as sandbox and sandbox"


def _asks_for_credentials(environ: dict[str, Any], length: int) -> bool:
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip()
    if (
        (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/")
        or kind != "application/x-www-form-urlencoded"
        or "HTTP_X_AMZ_TARGET" in environ
        or length > TOKEN_REQUEST_LIMIT
    ):
        return False
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    fields = parse_qs(body.decode(errors="replace"))
    return fields.get("Action") == ["AssumeRoleWithWebIdentity"]
