"""Answers a repeated call as the first time.

An SDK that loses an answer asks again, and would then be told that what it has just made already
exists. Every attempt of one call carries the same id:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (2026-11).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]

KEPT = 1000


def answer_once(application: Application) -> Application:
    """Return ``application``, whose successful answers to POST are given again to an attempt with
    the same id; the last thousand are kept."""
    answers: OrderedDict[str, Answer] = OrderedDict()
    lock = Lock()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if environ["REQUEST_METHOD"] != "POST" or not call:
            return application(environ, start_response)
        with lock:
            known = answers.get(call)
        answer = known or _answer(application, environ)
        status, headers, body = answer
        if status.startswith("2"):
            with lock:
                answers[call] = answer
                if len(answers) > KEPT:
                    answers.popitem(last=False)
        start_response(status, headers)
        return [body]

    return app


def _answer(application: Application, environ: dict[str, Any]) -> Answer:
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        begun.append((status, headers))

    body = b"".join(application(environ, start_response))
    return (*begun[-1], body)
