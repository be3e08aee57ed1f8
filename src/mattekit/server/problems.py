"""Errors as `application/problem+json` (RFC 9457), with the sentences of the command line."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mattekit.core.errors import MattekitError, MissingExtra, TooLarge
from mattekit.server.workers import QueueFull, TimeOver, WorkerLost

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Upload too slow",
    413: "Too large",
    422: "Cannot be processed",
    429: "Busy",
    500: "Server error",
    501: "Not installed",
    503: "Worker lost",
    504: "Took too long",
}


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


def of_error(error: MattekitError, *, crashed: bool = False) -> JSONResponse:
    """The response to one of our errors."""
    if crashed:
        return problem(500, str(error))
    if isinstance(error, MissingExtra):
        return problem(501, str(error))
    if isinstance(error, TooLarge):
        return problem(413, str(error))
    return problem(422, str(error))


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """Handler of our own errors in the listening process."""
    assert isinstance(error, MattekitError)
    return of_error(error)


async def on_queue_full(request: Request, error: Exception) -> JSONResponse:
    """Handler of a full queue: when to come back is in Retry-After."""
    assert isinstance(error, QueueFull)
    return problem(429, str(error), **{"Retry-After": str(error.seconds)})


async def on_time_over(request: Request, error: Exception) -> JSONResponse:
    """Handler of work that took too long."""
    return problem(504, str(error))


async def on_worker_lost(request: Request, error: Exception) -> JSONResponse:
    """Handler of a job that two workers died over."""
    return problem(503, "the work on this picture ended unexpectedly, twice; try a smaller photo")


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Handler of what the framework refuses: no such route, another method, another host."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, f"{request.method} {request.url.path}: {error.detail}")


HANDLERS = {
    HTTPException: on_http,
    MattekitError: on_error,
    QueueFull: on_queue_full,
    TimeOver: on_time_over,
    WorkerLost: on_worker_lost,
}
