"""The HTTP server: a thin layer between requests and worker processes, and the page.

Safe as it starts: it answers this machine only, counts bytes, pixels, seconds and waiting requests,
fetches nothing, trusts no other site, and writes nothing of a user to the disk or the log.
"""

import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from mattekit.core.errors import BadArgument
from mattekit.inference.matting import MODELS
from mattekit.models.files import DEFAULT_MODEL, model_files
from mattekit.server import background, painting, photos
from mattekit.server.clients import unless_gone
from mattekit.server.counters import Counters
from mattekit.server.forms import CutoutForm, Kind, TrimapForm, schema
from mattekit.server.jobs import Job
from mattekit.server.limits import Limits
from mattekit.server.painting import Painting
from mattekit.server.reference import to_html
from mattekit.server.requests import Intake
from mattekit.server.responses import (
    ABOUT,
    CLIENT_LEFT,
    HANDLERS,
    as_response,
    described,
    header_of,
    problem,
)
from mattekit.server.shelf import Shelf
from mattekit.server.workers import Workers
from mattekit.subject.finder import OWN
from mattekit.subject.finding import installed_segmenters

log = logging.getLogger("mattekit.server")
PAGE = Path(__file__).parent / "page"
EXAMPLE: list[str | tuple[str, str]] = [("mattekit.cutouts", "example")]
"""Package, and the folder in it, with the photo of the page's button."""
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
SUMMARIES: dict[Kind, str] = {
    "cutout": "Cut the subject out of a photo, or correct an alpha by strokes",
    "trimap": "Make a trimap of a mask or alpha, or of a photo with a hint",
    "foreground": "Find the subject's own colours for an alpha",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the server was started."""

    limits: Limits = field(default_factory=Limits)
    token: str | None = None
    """Required of every request to /v1 as `Authorization: Bearer TOKEN`."""
    hosts: tuple[str, ...] = ()
    """Names by which the server may be reached, beside those of this machine."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may use the server."""
    painting: Painting | None = None
    """The one photo that the page is for, if a command waits for its trimap."""


def create_app(settings: Settings) -> FastAPI:
    """The server's application; its workers start and end with it."""
    limits = settings.limits
    workers = Workers(
        count=limits.workers, queue=limits.queue, seconds=limits.seconds, memory=limits.memory
    )
    counters = Counters(workers)
    intake = Intake(limits, Shelf("photo", seconds=limits.keep, most=limits.kept, size=len))

    def check(job: Job) -> None:
        check_names(job, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        workers.start()
        yield
        workers.close()

    app = FastAPI(
        title="mattekit",
        description="Cut-outs, trimaps and clean colours. Errors are application/problem+json.",
        version="1",
        lifespan=lifespan,
        exception_handlers=dict(HANDLERS.items()),
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
    )

    def add_work(kind: Kind, summary: str) -> None:
        @app.post(
            f"/v1/{kind}",
            name=kind,
            response_class=Response,
            openapi_extra=described(summary, schema(kind)),
        )
        async def work(request: Request) -> Response:
            job = await intake.read(request, kind)
            check(job)
            answer = await unless_gone(request, workers.do(job))
            return Response(status_code=CLIENT_LEFT) if answer is None else as_response(answer)

    for kind, summary in SUMMARIES.items():
        add_work(kind, summary)
    app.include_router(photos.routes(workers, intake))
    app.include_router(background.routes(workers, intake, check))
    if settings.painting is not None:
        app.include_router(painting.routes(settings.painting))

    @app.get("/v1/models", summary="List models and segmenters")
    async def models() -> JSONResponse:
        """The models and segmenters that /v1/cutout takes."""
        return JSONResponse(
            {"default": DEFAULT_MODEL, "models": offered(), "segmenters": segmenters()}
        )

    @app.get("/healthz", summary="Ask whether the server is ready")
    async def healthz() -> JSONResponse:
        """200 once a worker is ready, else 503."""
        return JSONResponse({"ready": workers.ready}, status_code=200 if workers.ready else 503)

    @app.get("/metrics", summary="Read counts", response_class=PlainTextResponse)
    async def metrics() -> str:
        """Counts in Prometheus' text format."""
        return counters.text()

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> str:
        """The API, to read."""
        return to_html(app.openapi())

    app.middleware("http")(guard(settings))
    app.middleware("http")(count_into(counters))
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization"],
            expose_headers=[header_of(name) for name in ABOUT],
        )
    app.mount("/", StaticFiles(directory=PAGE, packages=EXAMPLE, html=True), name="page")
    return app


def offered() -> list[str]:
    """Names of models: the methods, and the networks that were imported on this machine."""
    return list(dict.fromkeys([*MODELS, *model_files()]))


def segmenters() -> list[str]:
    """Names of segmenters: the one of the package, and those that were fetched."""
    return [OWN, *installed_segmenters()]


def check_names(job: Job, settings: Settings) -> None:
    """Refuse what is no offered name: no path of a client reaches the disk."""
    form = job.form
    own = settings.painting.model if settings.painting else None
    if isinstance(form, CutoutForm) and form.model not in (None, own, *offered()):
        raise BadArgument(f"there is no model {form.model!r}; /v1/models lists those there are")
    if isinstance(form, CutoutForm | TrimapForm) and form.segmenter not in (None, *segmenters()):
        raise BadArgument(
            f"there is no segmenter {form.segmenter!r}; /v1/models lists those there are"
        )


Next = Callable[[Request], Awaitable[Response]]
Middleware = Callable[[Request, Next], Awaitable[Response]]


OF_THE_API = ("/v1/", "/metrics", "/openapi.json")
"""Routes that need the token; the page, /docs and /healthz do not."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


def guard(settings: Settings) -> Middleware:
    """Ask for the token, send pages of other sites away, and keep browsers strict."""

    async def check(request: Request, call_next: Next) -> Response:
        if not _is_known(request.headers.get("host", ""), settings):
            return problem(400, "the server is not known by this host name; see --allow-host")
        if not _is_own(request, settings):
            return problem(403, "pages of other sites may not use this server; see --origin")
        if settings.token is not None and request.url.path.startswith(OF_THE_API):
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), settings.token.encode())
            if scheme.lower() != "bearer" or not right:
                return problem(
                    401,
                    "the token is missing or wrong; send it as 'Authorization: Bearer TOKEN'",
                    **{"WWW-Authenticate": "Bearer"},
                )
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.origins:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return check


def _is_known(host: str, settings: Settings) -> bool:
    """Whether the server may be reached by this name, so that no foreign name can be given it."""
    name = urlsplit(f"//{host}").hostname
    return "*" in settings.hosts or name in (*LOCAL_HOSTS, *settings.hosts)


def _is_own(request: Request, settings: Settings) -> bool:
    """Whether a request comes from no page, the server's own page, or one that is allowed.

    Hosts are compared, not schemes: behind a proxy the page is https and the server http.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in settings.origins:
        return True
    return urlsplit(origin).netloc == request.headers.get("host")


def count_into(counters: Counters) -> Middleware:
    """Count every request and log it without anything of the user's."""

    async def count(request: Request, call_next: Next) -> Response:
        start = time.monotonic()
        response = await call_next(request)
        seconds = time.monotonic() - start
        matched = request.scope.get("route")
        route = "page" if matched is None or matched.name == "page" else matched.path
        counters.add(route, response.status_code, seconds)
        log.info("%s %s %d %.0f ms", request.method, route, response.status_code, 1000 * seconds)
        return response

    return count
