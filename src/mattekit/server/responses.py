"""Answers as HTTP responses, and errors as `application/problem+json` (RFC 9457) with the sentences
of the command line."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mattekit.core.errors import MattekitError, MissingExtra, TooLarge
from mattekit.server.jobs import Answer
from mattekit.server.shelf import Full, NotKept
from mattekit.server.workers import QueueFull, TimeOver, WorkerLost

CLIENT_LEFT = 499  # counted and logged; nobody receives it
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Not done yet",
    410: "Cancelled",
    413: "Too large",
    422: "Cannot be processed",
    429: "Busy",
    500: "Server error",
    501: "Not installed",
    503: "Worker lost",
    504: "Took too long",
}
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


def as_response(answer: Answer) -> Response:
    """The picture of an answer, or its problem."""
    if answer.crashed:
        return problem(500, str(answer.error))
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
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    return JSONResponse(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )


def of_error(error: Exception) -> JSONResponse:
    """The response to an error that somebody raised on purpose."""
    match error:
        case QueueFull() | Full():
            return problem(429, str(error), **{"Retry-After": str(error.seconds)})
        case TimeOver():
            return problem(504, str(error))
        case WorkerLost():
            sentence = "the work on this picture ended unexpectedly, twice; try a smaller photo"
            return problem(503, sentence)
        case NotKept():
            return problem(404, str(error))
        case MissingExtra():
            return problem(501, str(error))
        case TooLarge():
            return problem(413, str(error))
        case _:
            return problem(422, str(error))


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """Handler of all that is raised on purpose."""
    return of_error(error)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Handler of what the framework refuses: no such route, another method, another host."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, f"{request.method} {request.url.path}: {error.detail}")


RAISED = (MattekitError, QueueFull, TimeOver, WorkerLost, NotKept, Full)
HANDLERS = {HTTPException: on_http} | dict.fromkeys(RAISED, on_error)


def described(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What the OpenAPI document says of a route that takes a form and gives a picture."""
    headers = {
        header_of(name): {"description": words, "schema": {"type": "string"}}
        for name, words in ABOUT.items()
    }
    pictures = {"image/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "summary": summary,
        "requestBody": form_body(schema),
        "responses": {
            "200": {
                "description": "The picture.",
                "content": pictures,
                "headers": headers,
            },
            **PROBLEM,
        },
    }


def form_body(schema: dict[str, Any]) -> dict[str, Any]:
    """The body of a request that is a form."""
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


PROBLEM: dict[str, Any] = {
    "default": {
        "description": "What went wrong, in one sentence (`detail`).",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
}
