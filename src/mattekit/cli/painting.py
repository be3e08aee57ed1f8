"""The page that `cutout --paint` opens: one photo, somebody who paints, one trimap."""

import asyncio
import secrets
import socket
import threading
import webbrowser

import typer
import uvicorn

from mattekit.core.errors import MattekitError
from mattekit.imaging.picture import Picture
from mattekit.server.app import Settings, create_app
from mattekit.server.limits import Limits
from mattekit.server.listening import bounds
from mattekit.server.painting import Painting
from mattekit.subject.hints import Auto, HintConfig, Trimap

HERE = "127.0.0.1"
BODY_PER_PIXEL = 4  # bytes of a request with the photo and its trimap, as PNG at worst
SMALLEST_BODY = 2**20
SECONDS = 600.0  # for one request; the person who waits can cancel
FAREWELL = 2  # seconds that open requests may take when all is over


def painted(
    picture: Picture, hint: HintConfig, *, name: str, model: str | None, max_pixels: int
) -> Trimap:
    """The trimap that somebody paints on a page that begins with this hint.

    Args:
        model: the one that the page asks while painting.
    """
    found = None if isinstance(hint, Auto) else hint.find(picture.colours, max_pixels=max_pixels)
    start = None if found is None else found.trimap
    height, width = picture.size
    painting = Painting(picture.colours, name=name, start=start, model=model)
    return Trimap(value=paint(painting, height * width))


def paint(painting: Painting, pixels: int) -> bytes:
    """The file of the trimap that comes from a page, opened in the browser."""
    token = secrets.token_urlsafe(16)
    body = BODY_PER_PIXEL * pixels + SMALLEST_BODY
    limits = Limits.for_body(body, pixels=pixels, seconds=SECONDS)
    app = create_app(Settings(limits=limits, token=token, painting=painting))
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="critical", timeout_graceful_shutdown=FAREWELL, **bounds(limits)
        )
    )
    with socket.create_server((HERE, 0)) as listening:
        address = f"http://{HERE}:{listening.getsockname()[1]}/#paint&token={token}"
        typer.echo(f"paint at {address} and press Done there; Ctrl-C gives up", err=True)
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        asyncio.run(_serve(server, painting, listening))
    if painting.trimap is None:
        raise MattekitError(painting.reason)
    return painting.trimap


async def _serve(server: uvicorn.Server, painting: Painting, listening: socket.socket) -> None:
    """Run the server until the painting is over; Ctrl-C ends it as ever."""

    async def stop() -> None:
        await painting.over.wait()
        server.should_exit = True

    stopping = asyncio.create_task(stop())
    await server.serve(sockets=[listening])
    stopping.cancel()
