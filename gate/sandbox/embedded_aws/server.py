"""Run the embedded AWS: `python -m athena_gate.gate.sandbox.embedded_aws.server [--account ID]`.

Listens on a free port of 127.0.0.1, prints one line of JSON (`{"port": 41234}`) to stdout once it
does, and serves until stdin closes or SIGTERM comes. Whoever starts it keeps stdin open: the
server then ends with its parent, whatever ended the parent.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Iterable
from typing import Any

import moto.iam.models
from moto.moto_server import werkzeug_app
from werkzeug.serving import make_server

from athena_gate.gate.sandbox.embedded_aws import (
    athena,
    existing,
    iam,
    inventory,
    lakeformation,
    serverlessrepo,
)
from athena_gate.gate.sandbox.embedded_aws.guard import guarded
from athena_gate.gate.sandbox.embedded_aws.retries import answer_once

HOST = "127.0.0.1"
DEFAULT_ACCOUNT = "123456789012"


# What moto serves beside AWS's services, by moto's own names: pages that empty, seed, record and
# reconfigure it, and a credential service of EC2.
# https://docs.getmoto.org/en/latest/docs/server_mode.html#dashboard (2026-11)
NO_SERVICES = ("moto_api", "moto_api._internal", "instance_metadata")


def _service(name: str | None) -> Any:
    """Return moto's application for one AWS service; ``None`` is one that moto does not have.

    An API call that moto lacks is answered with 501: clients retry a 500 for minutes.
    """
    # Here, and not by path: moto finds an application by the path, by the scope of a signature, by
    # the first part of a path and by the body, and asks this function for each.
    if name in NO_SERVICES:
        return _refusal("403 Forbidden", "this is no service of AWS")
    if name is None:
        return _refusal("501 Not Implemented", "moto has no such service")
    service = werkzeug_app.create_backend_app(name)
    service.register_error_handler(NotImplementedError, lambda error: (str(error), 501))
    return service


def _refusal(status: str, why: str) -> Any:
    def app(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"gate sandbox: {why}\n".encode()]

    return app


_moto = werkzeug_app.DomainDispatcherApplication(_service)


def _answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Moto, and in front of it what moto has no service for."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if serverlessrepo.SIGNING_SCOPE in authorization:
        return serverlessrepo.app(environ, start_response)
    # Only unsigned: signed, the same path is an object in a bucket named "gate".
    if not authorization and environ["PATH_INFO"] == inventory.PATH:
        return inventory.app(environ, start_response)
    answer: Iterable[bytes] = _moto(environ, start_response)
    return answer


# The guard is outermost: an answer that is kept for a repeated call is not for everyone either.
app = guarded(answer_once(_answer), inventory.PATH)


def prepare(account: str) -> None:
    """Fill the gaps and make `account` the one that credentials unknown to moto work in."""
    # moto looks for the access key among all it has handed out and falls back to this constant.
    # MOTO_ACCOUNT_ID would pin every request, so a provider with assume_role would never leave it.
    for module in (moto.iam.models, werkzeug_app):
        vars(module)["DEFAULT_ACCOUNT_ID"] = account
    # Otherwise every answer says that any web page may read it.
    vars(werkzeug_app)["DISABLE_GLOBAL_CORS"] = True
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    athena.fill_gaps()
    iam.fill_gaps()
    lakeformation.fill_gaps()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m athena_gate.gate.sandbox.embedded_aws.server")
    parser.add_argument("--account", default=DEFAULT_ACCOUNT, help="account of the default caller")
    parser.add_argument("--existing", default="[]", help="resources to begin with, as JSON")
    arguments = parser.parse_args()
    prepare(arguments.account)
    existing.make(json.loads(arguments.existing))

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        HOST, 0, app, threaded=True, request_handler=werkzeug_app.MotoRequestHandler
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.port}), flush=True)
    # moto prints what it cannot dispatch, and nobody reads this stdout any more.
    sys.stdout = sys.stderr

    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
