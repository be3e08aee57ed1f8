"""The HTTP server: a thin layer between requests and worker processes, and the page.

Safe as it starts: it answers this machine only, counts bytes, pixels, seconds and waiting requests,
fetches nothing, trusts no other site, and writes nothing of a user to the disk or the log.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from jinja2 import ChainableUndefined, Environment, PackageLoader
from starlette.requests import ClientDisconnect

from mattekit.core.errors import BadArgument
from mattekit.inference.matting import MODELS
from mattekit.models.files import DEFAULT_MODEL, model_files
from mattekit.server import painting, routes
from mattekit.server.counters import Counters, Next
from mattekit.server.forms import CutoutForm, TrimapForm
from mattekit.server.jobs import Job
from mattekit.server.limits import Limits
from mattekit.server.painting import Painting
from mattekit.server.requests import Intake
from mattekit.server.responses import ABOUT, HANDLERS, PROBLEM, header_of, problem
from mattekit.server.workers import Workers
from mattekit.subject.finder import OWN
from mattekit.subject.finding import installed_segmenters

PAGE = Path(__file__).parent / "page"
EXAMPLE: list[str | tuple[str, str]] = [("mattekit.cutouts", "example")]
"""Package, and the folder in it, with the photo of the page's button."""
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


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
    metrics: int | None = None
    """Port where the counts are, and nothing else, in place of /metrics beside the rest."""
    painting: Painting | None = None
    """The one photo that the page is for, if a command waits for its trimap."""


def create_app(settings: Settings) -> FastAPI:
    """The server's application; its workers start and end with it."""
    workers = Workers(settings.limits)
    counters = Counters(workers)
    intake = Intake(settings.limits)
    check = partial(check_names, settings=settings)

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
        exception_handlers=HANDLERS,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere; see `reference`
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy the address would be another one
        responses=PROBLEM,
    )
    # says so in the document; `guard` asks for it
    token = [] if settings.token is None else [Depends(HTTPBearer(auto_error=False))]
    app.include_router(routes.pictures(workers, intake, check), dependencies=token)
    app.include_router(routes.photos(workers, intake), dependencies=token)
    app.include_router(routes.jobs(workers, intake, check), dependencies=token)
    if settings.painting is not None:
        app.include_router(painting.routes(settings.painting))

    @app.get("/v1/models", summary="List models and segmenters", dependencies=token)
    async def models() -> JSONResponse:
        """The models and segmenters that /v1/cutout takes."""
        return JSONResponse(
            {"default": DEFAULT_MODEL, "models": offered(), "segmenters": segmenters()}
        )

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", summary="Ask whether the server is ready")
    async def healthz() -> JSONResponse:
        """200 once a worker is ready, else 503."""
        return JSONResponse({"ready": workers.ready}, status_code=200 if workers.ready else 503)

    @app.get(
        "/metrics",
        summary="Read counts",
        dependencies=token,
        response_class=PlainTextResponse,
        include_in_schema=settings.metrics is None,
    )
    async def metrics() -> str:
        """Counts in Prometheus' text format."""
        return counters.text()

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> str:
        """The API, to read."""
        return reference(app.openapi())

    app.middleware("http")(guard(settings))
    app.middleware("http")(counters.count)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization"],
            expose_headers=[*map(header_of, ABOUT), "Retry-After"],
        )
    # not mounted at "/", where it would take what asks a route above by another method
    app.router.default = StaticFiles(directory=PAGE, packages=EXAMPLE, html=True)
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


def reference(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document, which needs no script or style of another site."""
    environment = Environment(
        loader=PackageLoader("mattekit", "server"), autoescape=True, undefined=ChainableUndefined
    )
    environment.filters["value"] = value_of
    return environment.get_template("reference.html").render(document)


def value_of(schema: dict[str, Any]) -> str:
    """What a field takes, in a few words.

    >>> value_of({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'integer from 1'
    """
    if "anyOf" in schema:
        return " or ".join(value_of(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("format") == "binary":
        return "file"
    if schema["type"] == "array":
        return f"{value_of(schema['items'])}, repeated"
    bounds = (("from", "minimum"), ("to", "maximum"))
    words = [f"{word} {schema[bound]:g}" for word, bound in bounds if bound in schema]
    return " ".join([schema["type"], *words])


Middleware = Callable[[Request, Next], Awaitable[Response]]
OF_THE_API = ("/v1/", "/metrics", "/openapi.json")
"""Routes that need the token; the page, /docs and /healthz do not."""

DISCARDED_BYTES, DISCARDED_SECONDS = 64_000_000, 2.0
"""Of the body of a request that is refused, how much is read."""

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
        refusal = refused(request)
        if refusal is not None:
            await _discard_body(request)
            return refusal
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.origins:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    def refused(request: Request) -> Response | None:
        if not _is_known(request.headers.get("host", ""), settings):
            return problem(400, "the server is not known by this host name; see --allow-host")
        if not _is_own(request, settings):
            return problem(403, "pages of other sites may not use this server; see --origin")
        if not _is_here(request, settings):
            return problem(404, "counts have an address of their own; see --metrics")
        if settings.token is not None and request.url.path.startswith(OF_THE_API):
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), settings.token.encode())
            if scheme.lower() != "bearer" or not right:
                return problem(
                    401,
                    "the token is missing or wrong; send it as 'Authorization: Bearer TOKEN'",
                    **{"WWW-Authenticate": "Bearer"},
                )
        return None

    return check


async def _discard_body(request: Request) -> None:
    """Read a body that is refused, within bounds: a proxy that is still sending it when the
    connection ends tells its client 502 instead of why."""
    size = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DISCARDED_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > DISCARDED_BYTES:
                    break


def _is_here(request: Request, settings: Settings) -> bool:
    """Whether the port asked is that of the path: one is for the counts, another for the rest."""
    if settings.metrics is None:
        return True
    port: int = request.scope["server"][1]
    return (port == settings.metrics) == (request.url.path == "/metrics")


def _is_known(host: str, settings: Settings) -> bool:
    """Whether the server may be reached by this name, so that no foreign name can be given it."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:  # brackets that are not closed
        return False
    return "*" in settings.hosts or name in (*LOCAL_HOSTS, *settings.hosts)


def _is_own(request: Request, settings: Settings) -> bool:
    """Whether a request comes from no page, the server's own page, or one that is allowed.

    Hosts are compared, not schemes: behind a proxy the page is https and the server http.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in settings.origins:
        return True
    return origin.partition("://")[2] == request.headers.get("host")
