import io
from collections.abc import Iterable
from typing import Any

import pytest

from athena_gate.gate.sandbox.embedded_aws.guard import BODY_LIMIT, guarded

SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=sandbox/20261126/{scope}/aws4_request, SignedHeaders=host, "
    "Signature=0"
)
SIGNED = {"HTTP_AUTHORIZATION": SIGNATURE.format(scope="us-east-1/s3")}
FORM = {
    "REQUEST_METHOD": "POST",
    "CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8",
}


def answer(**changes: str | None) -> str:
    """What the door says to a signed GET of / with ``changes``: a status, or what was let in."""

    def inside(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        statuses.append(f"let in with {environ['wsgi.input'].read().decode()!r}")
        return []

    statuses: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_PORT": "4711",
        "HTTP_HOST": "127.0.0.1:4711",
        "wsgi.input": io.BytesIO((changes.get("body") or "").encode()),
        **SIGNED,
        **changes,
    }
    environ = {name: value for name, value in environ.items() if value is not None}
    application = guarded(inside, "/gate/inventory")
    b"".join(application(environ, lambda status, _: statuses.append(status)))
    (status,) = statuses
    return status


def form(body: str, **changes: str | None) -> str:
    """The answer to an unsigned form."""
    given: dict[str, str | None] = {
        **FORM,
        "HTTP_AUTHORIZATION": None,
        "body": body,
        "CONTENT_LENGTH": str(len(body)),
    }
    return answer(**given | changes)


@pytest.mark.parametrize("host", ["127.0.0.1:4711", "localhost:4711"])
def test_a_signed_request_to_the_servers_own_address_is_let_in(host: str) -> None:
    assert answer(HTTP_HOST=host) == "let in with ''"


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:47110",
        "127.0.0.1:4711,evil.example",
        "127.0.0.1:4711@evil.example",
        "evil.example:4711",
        "localhost.evil.example:4711",
        "acme-lake.localhost:4711",
        "moto-api.localhost:4711",
        "motoapi.amazonaws.com",
        "[::1]:4711",
    ],
)
def test_any_other_host_is_refused(host: str | None) -> None:
    assert answer(HTTP_HOST=host) == "403 Forbidden"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:4711", "null", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_a_web_page_is_refused_whatever_it_asks(origin: str, method: str) -> None:
    assert answer(HTTP_ORIGIN=origin, REQUEST_METHOD=method) == "403 Forbidden"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"PATH_INFO": "/gate/inventory"}, "let in with ''"),
        ({"PATH_INFO": "/gate/inventory", "REQUEST_METHOD": "POST"}, "403 Forbidden"),
        ({"PATH_INFO": "/gate/inventory/"}, "403 Forbidden"),
        ({"PATH_INFO": "/acme-lake/key"}, "403 Forbidden"),
        ({"PATH_INFO": "/latest/meta-data/"}, "403 Forbidden"),
        ({"HTTP_AUTHORIZATION": "Bearer token"}, "403 Forbidden"),
        ({"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 x"}, "403 Forbidden"),
        ({"HTTP_AUTHORIZATION": SIGNATURE.format(scope="amazonaws.com/motoapi")}, "403 Forbidden"),
        ({"HTTP_AUTHORIZATION": SIGNATURE.format(scope="us-east-1/s3/x")}, "403 Forbidden"),
        ({"HTTP_AUTHORIZATION": SIGNATURE.format(scope="s3")}, "403 Forbidden"),
        (
            {"HTTP_AUTHORIZATION": SIGNATURE.format(scope="cn-north-1/execute-api")},
            "let in with ''",
        ),
        ({"HTTP_AUTHORIZATION": "AWS sandbox:c2lnbmF0dXJl"}, "403 Forbidden"),
        ({"QUERY_STRING": "X-Amz-Algorithm=AWS4-HMAC-SHA256"}, "403 Forbidden"),
    ],
)
def test_without_a_signature_there_is_the_inventory(changes: dict[str, str], expected: str) -> None:
    unsigned: dict[str, str | None] = {"HTTP_AUTHORIZATION": None}
    assert answer(**unsigned | changes) == expected


def test_credentials_for_a_token_are_asked_for_without_a_signature() -> None:
    body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
    refused = "403 Forbidden"

    assert form(body) == f"let in with {body!r}"
    assert form(f"{body}&Action=GetCallerIdentity") == refused
    assert form("Action=GetCallerIdentity") == refused
    assert form(body, PATH_INFO="/moto-api/reset") == refused
    assert form(body, REQUEST_METHOD="PUT") == refused
    assert form(body, CONTENT_TYPE="text/plain") == refused
    assert form(body, HTTP_X_AMZ_TARGET="AWSCognitoIdentityService.GetId") == refused
    assert form(body, CONTENT_LENGTH="70000") == refused
    assert form(body, HTTP_ORIGIN="https://evil.example") == refused


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CONTENT_LENGTH": str(BODY_LIMIT)}, "let in with ''"),
        ({"CONTENT_LENGTH": str(BODY_LIMIT + 1)}, "413 Content Too Large"),
        ({"CONTENT_LENGTH": "-1"}, "413 Content Too Large"),
        ({"CONTENT_LENGTH": "many"}, "400 Bad Request"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "411 Length Required"),
    ],
)
def test_a_body_has_a_length_and_a_limit(changes: dict[str, str], expected: str) -> None:
    assert answer(REQUEST_METHOD="PUT", **changes) == expected
