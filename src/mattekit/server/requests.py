"""From a multipart request to a job: parts are kept in memory, options are checked by name.

The framework would write parts above 1 MB to a temporary file and take a body of any length; here
bytes are counted while they come in, and no byte or name of a user reaches the disk.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mattekit.core.errors import BadArgument, TooLarge
from mattekit.server.forms import FILES, Kind, Texts, parse_form, parse_hints
from mattekit.server.jobs import Job
from mattekit.server.limits import BodyTooLarge, Limits, counted
from mattekit.server.shelf import Full, Shelf

Files = dict[str, bytes]
MAX_FIELD = 1000
MAX_FIELDS = 200  # points are a field each


class Intake:
    """Reads requests; knows the photos that are kept, and the bytes of all requests at hand."""

    def __init__(self, limits: Limits, photos: Shelf[bytes]) -> None:
        self.limits = limits
        self.photos = photos
        self.held = 0

    async def read(self, request: Request, kind: Kind) -> Job:
        """The job of a request; an error names what does not fit."""
        taken = 0

        async def chunks() -> AsyncIterator[bytes]:
            nonlocal taken
            async for chunk in counted(request.stream(), self.limits.body):
                taken += len(chunk)
                self.held += len(chunk)
                if self.held > self.limits.bodies:
                    raise Full("the server has too many uploads at hand; try again in 5 s", 5)
                yield chunk

        try:
            files, texts = await self._parts(request, chunks())
            job = self._job(kind, files, texts)
        except BaseException:
            self.held -= taken
            raise
        weakref.finalize(job, self._release, taken)
        return job

    def _release(self, size: int) -> None:
        self.held -= size

    async def _parts(self, request: Request, chunks: AsyncIterator[bytes]) -> tuple[Files, Texts]:
        seconds = self.limits.seconds
        files: Files = {}
        texts: Texts = {}
        try:
            async with asyncio.timeout(seconds):
                async for name, value in parts_of(request, chunks, self.limits.body):
                    if isinstance(value, str):
                        texts.setdefault(name, []).append(value)
                    else:
                        files[name] = value
        except TimeoutError as error:
            raise TooLarge(
                f"the upload took longer than {seconds:.0f} s; send a smaller photo"
            ) from error
        return files, texts

    def _job(self, kind: Kind, files: Files, texts: Texts) -> Job:
        foreign = sorted(set(files) - set(FILES[kind]))
        if foreign:
            raise BadArgument(
                f"there is no file part {foreign[0]!r} here; expected {', '.join(FILES[kind])}"
            )
        for name in texts.pop("photo_id", []) if kind != "photo" else []:
            if "photo" in files:
                raise BadArgument("photo and photo_id both say which photo is meant; send one")
            files["photo"] = self.photos.get(name)
        hints = parse_hints(kind, texts)
        return Job(
            kind=kind,
            form=parse_form(kind, texts),
            files=files,
            hints=hints,
            max_pixels=self.limits.pixels,
            seconds=self.limits.seconds,
        )


async def parts_of(
    request: Request, chunks: AsyncIterator[bytes], body: int
) -> AsyncIterator[tuple[str, str | bytes]]:
    """Names and values of a form of at most so many bytes: texts, and the bytes of files."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadArgument("the request is no multipart form; send files as multipart/form-data")
    if int(request.headers.get("content-length", 0)) > body:
        raise BodyTooLarge(body)

    class InMemory(MultiPartParser):
        spool_max_size = body + 1

    stream: Any = chunks
    parser = InMemory(
        request.headers, stream, max_files=8, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        reason = error.message
        if "exceeded maximum size" in reason:
            reason = f"a field is longer than {MAX_FIELD} bytes"
        raise BadArgument(f"the multipart form cannot be read: {reason}") from error
    for name, value in form.multi_items():
        yield name, await value.read() if isinstance(value, UploadFile) else value
    await form.close()
