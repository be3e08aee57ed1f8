"""From a multipart request to a job: parts are kept in memory, options are checked by name.

The framework would write parts above 1 MB to a temporary file and take a body of any length; here
bytes are counted while they come in, and no byte or name of a user reaches the disk.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import Any, TypeVar

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mattekit.core.errors import BadArgument, TooLarge
from mattekit.server.forms import FILES, Kind, Texts, parse_form, parse_hints
from mattekit.server.jobs import Job
from mattekit.server.limits import BodyTooLarge, Busy, Limits, limited
from mattekit.server.shelf import Shelf

T = TypeVar("T")
Files = dict[str, bytes]
MAX_FIELD = 1000
MAX_FIELDS = 200  # points are a field each


class Intake:
    """Reads requests; knows the photos that are kept, and the bytes of all requests at hand."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.job = partial(Job, max_pixels=limits.pixels, seconds=limits.seconds)
        self.photos = Shelf[bytes]("photo", seconds=limits.keep, most=limits.kept, size=len)
        self.held = 0

    async def read(self, request: Request, kind: Kind) -> Job:
        """The job of a request; an error names what does not fit."""
        taken = 0

        async def chunks() -> AsyncIterator[bytes]:
            nonlocal taken
            async for chunk in limited(request.stream(), self.limits.body):
                taken += len(chunk)
                self.held += len(chunk)
                if self.held > self.limits.bodies:
                    raise Busy("the server has too many uploads at hand; try again in 5 s", 5)
                yield chunk

        try:
            files, texts = await parts_of(request, chunks(), self.limits)
            self._check_files(kind, files, texts)
            hints = parse_hints(kind, texts)
            form = parse_form(kind, texts)
            job = self.job(kind=kind, form=form, files=files, hints=hints)
        except BaseException:
            self.held -= taken
            raise
        weakref.finalize(job, self._release, taken)
        return job

    def _release(self, size: int) -> None:
        self.held -= size

    def _check_files(self, kind: Kind, files: Files, texts: Texts) -> None:
        """Refuse parts that do not belong here, and take a photo that is kept by its name."""
        foreign = sorted(set(files) - set(FILES[kind]))
        if foreign:
            raise BadArgument(
                f"there is no file part {foreign[0]!r} here; expected {', '.join(FILES[kind])}"
            )
        written = sorted(set(texts) & set(FILES[kind]) - {"background"})
        if written:
            raise BadArgument(f"{written[0]!r} came as text; send it as a file, with a file name")
        for name in texts.pop("photo_id", []) if kind != "photo" else []:
            if "photo" in files:
                raise BadArgument("photo and photo_id both say which photo is meant; send one")
            files["photo"] = self.photos.get(name)


async def parts_of(
    request: Request, chunks: AsyncIterator[bytes], limits: Limits
) -> tuple[Files, Texts]:
    """The files and the texts of a form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise BadArgument("the request is no multipart form; send files as multipart/form-data")
    if int(request.headers.get("content-length", 0)) > limits.body:
        raise BodyTooLarge(limits.body)

    class InMemory(MultiPartParser):
        spool_max_size = limits.body + 1

    stream: Any = chunks
    parser = InMemory(
        request.headers, stream, max_files=8, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD
    )
    try:
        async with asyncio.timeout(limits.seconds):
            form = await parser.parse()
    except TimeoutError as error:
        raise TooLarge(
            f"the upload took longer than {limits.seconds:.0f} s; send a smaller photo"
        ) from error
    except MultiPartException as error:
        reason = error.message
        if "exceeded maximum size" in reason:
            reason = f"a field is longer than {MAX_FIELD} bytes; a file needs a file name"
        raise BadArgument(f"the multipart form cannot be read: {reason}") from error
    files: Files = {}
    texts: Texts = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = await value.read()
        else:
            texts.setdefault(name, []).append(value)
    await form.close()
    return files, texts


async def unless_disconnected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of the work; it is cancelled, and there is none, when the client goes away."""
    task = asyncio.create_task(work)
    disconnected = asyncio.create_task(_until_disconnected(request))
    try:
        await asyncio.wait({task, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        disconnected.cancel()


async def _until_disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
