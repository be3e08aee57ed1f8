"""Ask a mattekit server from Python: with `Client`, or with `AsyncClient` where there is a loop.

    with Client("http://127.0.0.1:8000") as server:
        server.cutout("cat.jpg", box="10,20,300,400").save("cat.png")
        kept = server.upload("dog.jpg")
        for point in ("120,80", "200,90"):
            server.cutout(kept, point=point, output="alpha")
        server.job("large.jpg", progress=print).save("large.png")

Fields are those of `/v1/cutout`: bytes, paths and open files are sent as files, all else as text, a
list as a field that is repeated. A busy server is asked again when it says.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadImage, MattekitError, MissingExtra

try:
    import httpx
except ModuleNotFoundError as error:
    raise MissingExtra("mattekit.client", "client") from error

Source = bytes | str | os.PathLike[str] | BinaryIO
"""A file's bytes, its path, or the open file."""
Progress = Callable[[str, float], None]
"""Told the stage and the share of the whole that is done."""
Parts = list[tuple[str, tuple[str | None, bytes]]]
"""A multipart form: names, and names of files with bytes; None where it is text."""
PATIENCE = 300.0
"""Seconds for one request, and for a busy server."""
BUSY = 429
FILES = ("photo", "trimap", "mask", "scribbles", "repair", "alpha")
"""Fields that are files also where they come as text, which is a path then."""


class ServerError(MattekitError):
    """What the server answered in place of a picture: its sentence, and the status, 0 for none."""

    def __init__(self, sentence: str, status: int = 500) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A photo that the server keeps for a while."""

    id: str
    width: int
    height: int
    expires_in: float
    """Seconds after the last use."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A picture that the server made, and what it says of it."""

    picture: bytes
    media_type: str
    model: str | None = None
    confidence: float | None = None
    """Of the edge, from 0 to 1."""
    subject_confidence: float | None = None
    """That this is the subject."""
    segmenter: str | None = None
    terms: str | None = None
    """On which the segmenter may be used, where it is not mattekit's own."""
    warnings: str | None = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture as it came."""
        with replacing(Path(path)) as aside:
            aside.write_bytes(self.picture)


class Client:
    """A server, asked in turn."""

    def __init__(
        self, address: str, *, token: str | None = None, seconds: float = PATIENCE
    ) -> None:
        self.http = httpx.Client(**_options(address, token, seconds))
        self.seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def models(self) -> dict[str, Any]:
        """Names of models and segmenters, and the default."""
        found: dict[str, Any] = self.ask("GET", "/v1/models").json()
        return found

    def upload(self, photo: Source) -> Kept:
        """Let the server keep a photo, so that it travels once."""
        return Kept(**self.ask("POST", "/v1/photos", _form(photo=photo)).json())

    def forget(self, photo: Kept) -> None:
        """Let the server forget a photo."""
        self.ask("DELETE", f"/v1/photos/{photo.id}")

    def cutout(self, photo: Source | Kept, **fields: Any) -> Result:
        """The subject of a photo, or what `output` names."""
        return _result(self.ask("POST", "/v1/cutout", _form(photo=photo, **fields)))

    def trimap(self, **fields: Any) -> Result:
        """The trimap of a `photo` with a hint, or around an `alpha`."""
        return _result(self.ask("POST", "/v1/trimap", _form(**fields)))

    def foreground(self, photo: Source | Kept, alpha: Source) -> Result:
        """The subject's own colours."""
        return _result(self.ask("POST", "/v1/foreground", _form(photo=photo, alpha=alpha)))

    def job(
        self, photo: Source | Kept, *, progress: Progress | None = None, **fields: Any
    ) -> Result:
        """The same as `cutout` in the server's background; an interruption cancels it."""
        started = self.ask("POST", "/v1/jobs", _form(photo=photo, **fields)).json()
        with _reaching(self.http):
            try:
                with self.http.stream("GET", started["events"]) as events:
                    _check_stream(events)
                    for told in events.iter_lines():
                        _tell(told, progress)
                return _result(self.ask("GET", started["result"]))
            finally:
                self.http.delete(f"/v1/jobs/{started['id']}")

    def ask(self, method: str, path: str, parts: Parts | None = None) -> httpx.Response:
        """Any request; one that the server is too busy for is sent again."""
        end = time.monotonic() + self.seconds
        while True:
            with _reaching(self.http):
                response = self.http.request(method, path, files=parts)
            wait = _seconds_to_wait(response, end)
            if wait is None:
                return response
            time.sleep(wait)


class AsyncClient:
    """A server, asked from an event loop."""

    def __init__(
        self, address: str, *, token: str | None = None, seconds: float = PATIENCE
    ) -> None:
        self.http = httpx.AsyncClient(**_options(address, token, seconds))
        self.seconds = seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def models(self) -> dict[str, Any]:
        """Names of models and segmenters, and the default."""
        found: dict[str, Any] = (await self.ask("GET", "/v1/models")).json()
        return found

    async def upload(self, photo: Source) -> Kept:
        """Let the server keep a photo, so that it travels once."""
        return Kept(**(await self.ask("POST", "/v1/photos", _form(photo=photo))).json())

    async def forget(self, photo: Kept) -> None:
        """Let the server forget a photo."""
        await self.ask("DELETE", f"/v1/photos/{photo.id}")

    async def cutout(self, photo: Source | Kept, **fields: Any) -> Result:
        """The subject of a photo, or what `output` names."""
        return _result(await self.ask("POST", "/v1/cutout", _form(photo=photo, **fields)))

    async def trimap(self, **fields: Any) -> Result:
        """The trimap of a `photo` with a hint, or around an `alpha`."""
        return _result(await self.ask("POST", "/v1/trimap", _form(**fields)))

    async def foreground(self, photo: Source | Kept, alpha: Source) -> Result:
        """The subject's own colours."""
        return _result(await self.ask("POST", "/v1/foreground", _form(photo=photo, alpha=alpha)))

    async def job(
        self, photo: Source | Kept, *, progress: Progress | None = None, **fields: Any
    ) -> Result:
        """The same as `cutout` in the server's background; an interruption cancels it."""
        started = (await self.ask("POST", "/v1/jobs", _form(photo=photo, **fields))).json()
        with _reaching(self.http):
            try:
                async with self.http.stream("GET", started["events"]) as events:
                    _check_stream(events)
                    async for told in events.aiter_lines():
                        _tell(told, progress)
                return _result(await self.ask("GET", started["result"]))
            finally:
                await asyncio.shield(self.http.delete(f"/v1/jobs/{started['id']}"))

    async def ask(self, method: str, path: str, parts: Parts | None = None) -> httpx.Response:
        """Any request; one that the server is too busy for is sent again."""
        end = time.monotonic() + self.seconds
        while True:
            with _reaching(self.http):
                response = await self.http.request(method, path, files=parts)
            wait = _seconds_to_wait(response, end)
            if wait is None:
                return response
            await asyncio.sleep(wait)


def _options(address: str, token: str | None, seconds: float) -> dict[str, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return {"base_url": address, "headers": headers, "timeout": seconds}


@contextmanager
def _reaching(http: httpx.Client | httpx.AsyncClient) -> Iterator[None]:
    """A connection that fails is told in a sentence."""
    try:
        yield
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise ServerError(
            f"no answer came from {http.base_url} ({reason}); start the server, or correct the "
            "address",
            status=0,
        ) from error


def _form(**fields: Any) -> Parts:
    """A list is several fields; numbers alone are one, such as a box.

    >>> _form(box=[1, 2, 30, 40], point=[(3, 4), (5, 6)])
    [('box', (None, b'1,2,30,40')), ('point', (None, b'3,4')), ('point', (None, b'5,6'))]
    """
    parts: Parts = []
    for name, value in fields.items():
        if isinstance(value, Kept):
            parts.append(("photo_id", (None, value.id.encode())))
        elif name in FILES or isinstance(value, bytes | os.PathLike) or hasattr(value, "read"):
            parts.append((name, (name, _bytes(value))))
        elif value is not None:
            several = isinstance(value, list) and not all(isinstance(v, int | float) for v in value)
            for one in value if several else [value]:
                parts.append((name, (None, _text(one).encode())))
    return parts


def _bytes(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    if not isinstance(source, str | os.PathLike):
        return source.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise BadImage(f"{source} cannot be read: {(error.strerror or '').lower()}") from error


def _text(value: Any) -> str:
    """As a form has it.

    >>> _text((10, 20, 300, 400)), _text(True), _text(3)
    ('10,20,300,400', 'true', '3')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _seconds_to_wait(response: httpx.Response, end: float) -> float | None:
    """When to ask again; None if the answer is there. An error is raised with its sentence."""
    if response.is_success:
        return None
    wait = float(response.headers.get("Retry-After", 1))
    if response.status_code == BUSY and time.monotonic() + wait < end:
        return wait
    raise _error(response)


def _error(response: httpx.Response) -> ServerError:
    try:
        sentence = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        sentence = f"the server answered {response.status_code} {response.reason_phrase}"
    return ServerError(sentence, response.status_code)


def _check_stream(events: httpx.Response) -> None:
    if not events.is_success:
        raise ServerError("the job is not followed any more", events.status_code)


def _tell(line: str, progress: Progress | None) -> None:
    """Pass on what a line of an event says; the end speaks for itself in the result."""
    name, _, text = line.partition(": ")
    if name != "data" or progress is None:
        return
    told: Mapping[str, Any] = json.loads(text)
    if "share" in told:
        progress(told["stage"], told["share"])


def _result(response: httpx.Response) -> Result:
    headers = response.headers

    def number(name: str) -> float | None:
        return float(headers[name]) if name in headers else None

    return Result(
        picture=response.content,
        media_type=headers["Content-Type"],
        model=headers.get("Mattekit-Model"),
        confidence=number("Mattekit-Confidence"),
        subject_confidence=number("Mattekit-Subject-Confidence"),
        segmenter=headers.get("Mattekit-Segmenter"),
        terms=headers.get("Mattekit-Terms"),
        warnings=headers.get("Mattekit-Warnings"),
    )
