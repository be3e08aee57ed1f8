"""From a multipart request to a job: parts are kept in memory, options are checked by name.

The framework would write parts above 1 MB to a temporary file and take a body of any length; here
bytes are counted while they come in, and no byte or name of a user reaches the disk.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mattekit.core.errors import BadArgument, TooLarge
from mattekit.server.forms import FILES, Kind, Texts, parse_form, parse_hints
from mattekit.server.jobs import Job
from mattekit.server.limits import BodyTooLarge, Limits, counted
from mattekit.server.shelf import Shelf

MAX_FIELD = 1000
MAX_FIELDS = 200  # points are a field each


async def read_job(request: Request, kind: Kind, limits: Limits, photos: Shelf[bytes]) -> Job:
    """The job of a request; an error names what does not fit."""
    files: dict[str, bytes] = {}
    texts: Texts = {}
    try:
        async with asyncio.timeout(limits.seconds):
            async for name, value in _parts(request, limits):
                if isinstance(value, str):
                    texts.setdefault(name, []).append(value)
                else:
                    files[name] = value
    except TimeoutError as error:
        raise TooLarge(
            f"the upload took longer than {limits.seconds:.0f} s; send a smaller photo"
        ) from error
    foreign = sorted(set(files) - set(FILES[kind]))
    if foreign:
        raise BadArgument(
            f"there is no file part {foreign[0]!r} here; expected {', '.join(FILES[kind])}"
        )
    for name in texts.pop("photo_id", []) if kind != "photo" else []:
        if "photo" in files:
            raise BadArgument("photo and photo_id both say which photo is meant; send one of them")
        files["photo"] = photos.get(name)
    hints = parse_hints(kind, texts)
    form = parse_form(kind, texts)
    return Job(kind=kind, form=form, files=files, hints=hints, max_pixels=limits.pixels)


async def _parts(request: Request, limits: Limits) -> AsyncIterator[tuple[str, str | bytes]]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadArgument("the request is no multipart form; send files as multipart/form-data")
    if int(request.headers.get("content-length", 0)) > limits.body:
        raise BodyTooLarge(limits.body)

    class InMemory(MultiPartParser):
        spool_max_size = limits.body + 1

    stream: Any = counted(request.stream(), limits.body)
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
