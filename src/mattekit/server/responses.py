"""Answers as HTTP responses, and errors as `application/problem+json` (RFC 9457) with the sentences
of the command line."""

from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mattekit.core.errors import MattekitError, MissingExtra, TooLarge
from mattekit.server.jobs import Answer
from mattekit.server.limits import Busy, Crashed, NotKept, TimeOver, WorkerLost

CLIENT_LEFT = 499  # counted and logged; nobody receives it, as nginx has it
STATUSES: dict[type[MattekitError], int] = {
    NotKept: 404,
    TooLarge: 413,
    Busy: 429,
    Crashed: 500,
    MissingExtra: 501,
    WorkerLost: 503,
    TimeOver: 504,
}
"""Of errors that are raised on purpose; of all others 422."""
ABOUT = {
    "model": "The model that answered.",
    "confidence": "Of the edge, from 0 to 1; only of a model that says how sure it is.",
    "subject_confidence": "That this is the subject, from 0 to 1; only where no trimap says so.",
    "segmenter": "What found the subject, where a network did.",
    "terms": "On which the segmenter may be used, where it is not mattekit's own.",
    "warnings": "What is worth knowing about the result.",
}
"""What is said of an answer, in headers and in the events of a job."""


def header_of(name: str) -> str:
    """The header that says it.

    >>> header_of("subject_confidence")
    'Mattekit-Subject-Confidence'
    """
    return "-".join(["Mattekit", *(word.title() for word in name.split("_"))])


def said(answer: Answer) -> dict[str, Any]:
    """What there is to say of an answer, without what is unknown; confidences are rounded."""
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in answer.about.items()
        if value is not None and value != []
    }


def as_response(answer: Answer | None) -> Response:
    """The picture of an answer, or its problem; there is none for a client that has left."""
    if answer is None:
        return Response(status_code=CLIENT_LEFT)
    if answer.error is not None:
        return of_error(answer.error)
    headers = {"Cache-Control": "no-store"}
    for name, value in said(answer).items():
        text = "; ".join(value) if isinstance(value, list) else str(value)
        headers[header_of(name)] = text.encode("ascii", "replace").decode()
    return Response(answer.body, media_type=answer.media_type, headers=headers)


def problem(status: int, detail: str, **headers: str) -> JSONResponse:
    """A response that says what went wrong."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return JSONResponse(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )


def of_error(error: Exception) -> JSONResponse:
    """The response to an error that somebody raised on purpose."""
    status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 422)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else {}
    return problem(status, str(error), **headers)


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """Handler of all that is raised on purpose."""
    return of_error(error)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Handler of what the framework refuses: no such route, another method, another host."""
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, detail, **(error.headers or {}))


HANDLERS: dict[int | type[Exception], Any] = {HTTPException: on_http, MattekitError: on_error}
PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, in one sentence (`detail`).",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            header_of(name): {"description": words, "schema": {"type": "string"}}
            for name, words in ABOUT.items()
        },
    },
}
