"""One photo that somebody paints on the page while a command waits for the trimap.

The page fetches the photo and what is known of the subject so far; it hands in a trimap, or gives
up. It keeps one request open all the time: once that has ended and no other follows, the page was
closed. Who starts the server and what becomes of the trimap: `cli.painting`.
"""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mattekit.core.types import Plane, Trimap
from mattekit.imaging.files import encode_image
from mattekit.imaging.trimap import to_pixels
from mattekit.server.limits import limited
from mattekit.server.requests import unless_disconnected
from mattekit.server.responses import problem

GRACE = 3.0  # seconds after which a page that went away has not just been loaded again
SMALL_PART = 2**20  # bytes that a PNG may be larger than its pixels
CLOSED = "the page was closed before Done was pressed; nothing was written"
CANCELLED = "the painting was cancelled on the page; nothing was written"


class Painting:
    """A photo to paint, and what came of it."""

    def __init__(
        self, colours: Plane, *, name: str, start: Trimap | None = None, model: str | None = None
    ) -> None:
        """`start` is what is known of the subject so far, `model` the one that the page asks."""
        self.name = name
        self.model = model
        self.photo = encode_image(colours, format="png", bits=8)
        self.start = None if start is None else encode_image(to_pixels(start), format="png")
        self.limit = colours.shape[0] * colours.shape[1] + SMALL_PART
        self.trimap: bytes | None = None
        """The file that the page handed in."""
        self.reason = CLOSED
        """Why there is none."""
        self.over = asyncio.Event()
        self.pages = 0

    def end(self, trimap: bytes | None, reason: str = CLOSED) -> None:
        """Take the trimap that was painted, or none for a reason."""
        self.trimap, self.reason = trimap, reason
        self.over.set()

    def page_left(self) -> None:
        """One page fewer is open; without any for a while, the painting is over."""
        self.pages -= 1
        asyncio.get_running_loop().call_later(GRACE, self._check_pages)

    def _check_pages(self) -> None:
        if self.pages == 0 and not self.over.is_set():
            self.end(None)


def routes(painting: Painting) -> APIRouter:
    """What the page needs of the server beside /v1/cutout."""
    router = APIRouter(prefix="/v1/painting", include_in_schema=False)

    @router.get("")
    async def about() -> JSONResponse:
        """The name of the photo, and how it is cut."""
        start = painting.start is not None
        return JSONResponse({"name": painting.name, "model": painting.model, "start": start})

    @router.get("/photo")
    async def photo() -> Response:
        """The photo, upright and in sRGB, so that a browser can show it whatever its format."""
        return Response(painting.photo, media_type="image/png")

    @router.get("/trimap")
    async def trimap() -> Response:
        if painting.start is None:
            return problem(404, "nothing is known of the subject yet")
        return Response(painting.start, media_type="image/png")

    @router.get("/open")
    async def stay(request: Request) -> Response:
        """Answered when the painting is over; until then the page is open."""
        painting.pages += 1
        try:
            await unless_disconnected(request, painting.over.wait())
        finally:
            painting.page_left()
        return Response(status_code=204)

    @router.post("")
    async def finish(request: Request) -> Response:
        """Take the trimap, a PNG in the body."""
        chunks = [chunk async for chunk in limited(request.stream(), painting.limit)]
        painting.end(b"".join(chunks))
        return Response(status_code=204)

    @router.delete("")
    async def cancel() -> Response:
        painting.end(None, CANCELLED)
        return Response(status_code=204)

    return router
