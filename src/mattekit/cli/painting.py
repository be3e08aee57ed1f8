"""The page that `cutout --paint` opens, to paint the trimap of one photo."""

import asyncio
import math
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

LOOPBACK = "127.0.0.1"
BODY_PER_PIXEL = 4  # bytes of a request with the photo and its trimap, as PNG at worst
SMALLEST_BODY = 2**20
SECONDS = 600.0  # for one request; the user can cancel
SHUTDOWN_TIMEOUT = 2  # seconds for open requests at the end


def painted(
    picture: Picture, hint: HintConfig, *, name: str, model: str | None, max_pixels: int
) -> Trimap:
    """The trimap that the user paints on a page in the browser that starts from this hint.

    Args:
        model: for the page's preview while painting.
    """
    found = None if isinstance(hint, Auto) else hint.find(picture.colours, max_pixels=max_pixels)
    start = None if found is None else found.trimap
    painting = Painting(picture.colours, name=name, start=start, model=model)
    pixels = math.prod(picture.size)
    body = BODY_PER_PIXEL * pixels + SMALLEST_BODY
    limits = Limits.for_body(body, pixels=pixels, seconds=SECONDS)
    token = secrets.token_urlsafe(16)
    app = create_app(Settings(limits=limits, token=token, painting=painting))
    config = uvicorn.Config(
        app, log_level="critical", timeout_graceful_shutdown=SHUTDOWN_TIMEOUT, **bounds(limits)
    )
    server = uvicorn.Server(config)
    with socket.create_server((LOOPBACK, 0)) as listening:
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}/#paint&token={token}"
        typer.echo(f"paint at {address} and press Done there; Ctrl-C gives up", err=True)
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        asyncio.run(_serve(server, painting, listening))
    if painting.trimap is None:
        raise MattekitError(painting.reason)
    return Trimap(value=painting.trimap)


async def _serve(server: uvicorn.Server, painting: Painting, listening: socket.socket) -> None:
    """Run the server until painting ends; Ctrl-C stops it as usual."""

    async def stop() -> None:
        await painting.over.wait()
        server.should_exit = True

    stopping = asyncio.create_task(stop())
    await server.serve(sockets=[listening])
    stopping.cancel()
