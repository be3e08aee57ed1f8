"""The client in Python, in turn and in a loop, over a real server."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from mattekit.client import AsyncClient, Client, ServerError
from mattekit.core.errors import MattekitError
from mattekit.cutouts.example import FOLDER
from mattekit.imaging.files import open_picture, read_alpha

pytestmark = pytest.mark.slow  # a server is started
PHOTO, TRIMAP = FOLDER / "example.jpg", FOLDER / "example-trimap.png"


@pytest.fixture(scope="module")
def url(serve: Callable[..., Any]) -> str:
    return str(serve("--workers", "1", "--token", "secret").url)


def test_a_photo_is_sent_once_and_cut_in_several_ways(url: str, tmp_path: Path) -> None:
    with Client(url, token="secret") as server:
        assert "compact" in server.models()["models"]
        kept = server.upload(PHOTO)
        assert (kept.width, kept.height) == (512, 512)
        alpha = server.cutout(kept, trimap=TRIMAP, output="alpha")
        assert alpha.confidence is not None
        assert alpha.subject_confidence is None
        clicked = server.cutout(kept, point=["400,430", (270, 160)], output="alpha", quality="fast")
        assert clicked.subject_confidence is not None
        assert read_alpha(clicked.picture)[430, 400] == 1
        colours = server.foreground(kept, alpha.picture)
        assert open_picture(colours.picture).size == (512, 512)
        cropped = server.cutout(str(PHOTO), trimap=str(TRIMAP), crop=True, size=100, fit="contain")
        cropped.save(tmp_path / "cat.png")
        assert max(open_picture(tmp_path / "cat.png").size) == 100
        server.forget(kept)
        with pytest.raises(ServerError, match="no photo of this name") as gone:
            server.cutout(kept)
        assert gone.value.status == 404


def test_a_job_is_followed_and_an_interruption_cancels_it(url: str) -> None:
    told: list[tuple[str, float]] = []
    with Client(url, token="secret") as server:
        result = server.job(PHOTO, trimap=TRIMAP, progress=lambda *words: told.append(words))
        expected = server.cutout(PHOTO, trimap=TRIMAP)
        assert result == expected
        assert {"alpha", "colours"} <= {stage for stage, _ in told}

        def interrupt(stage: str, share: float) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            server.job(PHOTO, progress=interrupt)


def test_the_same_from_a_loop(url: str) -> None:
    async def play() -> None:
        async with AsyncClient(url, token="secret") as server:
            assert (await server.models())["default"] == "compact"
            kept = await server.upload(PHOTO.read_bytes())
            one, other = await asyncio.gather(
                server.cutout(kept, trimap=TRIMAP, output="alpha"),
                server.job(kept, trimap=TRIMAP, output="alpha"),
            )
            assert one.picture == other.picture
            trimap = await server.trimap(alpha=one.picture, inner=2, outer=2)
            assert len(np.unique(open_picture(trimap.picture).colours)) == 3
            await server.forget(kept)
        async with AsyncClient(url) as server:
            with pytest.raises(ServerError, match="token is missing"):
                await server.models()

    asyncio.run(play())


def test_a_busy_server_is_asked_again() -> None:
    answers = iter(
        [httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200, json=[])]
    )
    with Client("http://server") as server:
        server.http = httpx.Client(
            base_url="http://server", transport=httpx.MockTransport(lambda request: next(answers))
        )
        assert server.models() == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no-address"])
def test_a_server_that_does_not_answer_is_named(address: str) -> None:
    with Client(address) as server, pytest.raises(MattekitError, match=f"from {address}") as error:
        server.models()
    assert isinstance(error.value, ServerError)
    assert error.value.status == 0

    async def ask() -> None:
        async with AsyncClient(address) as server:
            await server.models()

    with pytest.raises(ServerError, match=f"from {address}"):
        asyncio.run(ask())


def test_a_photo_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Client("http://server") as server, pytest.raises(MattekitError, match=r"no\.png cannot"):
        server.cutout(tmp_path / "no.png")
