"""Files in object storage, under the URLs of fsspec: `s3://`, `gs://`, `az://`, `memory://`.

A `Url` is a path, so whatever takes a path takes one. Object storage has no folders: a URL whose
last part has a suffix is a file, any other is a folder, and nobody is asked. An object appears
whole or not at all. Credentials come from the environment, as the providers' own tools find them.
"""

import errno
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mattekit.core.errors import BadArgument, BadOutput, MattekitError
from mattekit.core.extras import require

T = TypeVar("T")
if TYPE_CHECKING:
    SystemPath = Path
else:
    SystemPath = type(Path())

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "memory": "fsspec"}
"""Scheme -> the package that knows it."""
SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]+", re.IGNORECASE)
"""Two letters at least, so that `C:/` is a drive; `Path` leaves one slash of two."""
WAITS = (0.5, 1, 2, 4, 8, 16, 30)
"""Seconds before a request is made again: a minute in all, in which a service comes back."""
BLOCK = 8 * 2**20
"""Bytes that are fetched at once of a file that is streamed."""
HOPELESS = (errno.EINVAL, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR)


class Url(SystemPath):
    """A file or a folder in object storage.

    >>> photo = Url("s3://bucket/in/cat.jpg")
    >>> photo.stem, str(photo.parent / "out.png"), photo.parent.is_dir()
    ('cat', 's3://bucket/in/out.png', True)
    """

    def __str__(self) -> str:
        return SCHEME.sub(r"\1://", super().__str__().replace("\\", "/"), count=1)

    @property
    def scheme(self) -> str:
        return self.parts[0].rstrip(":/\\").lower()

    def is_dir(self, **_: Any) -> bool:
        return not self.suffix

    def is_file(self, **_: Any) -> bool:
        return bool(self.suffix)

    def is_symlink(self) -> bool:
        return False

    def exists(self, **_: Any) -> bool:
        return _ask(self, lambda files, url: bool(files.exists(url)))

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Nothing: a folder is there as soon as something is in it."""

    def open(self, *_: Any, **__: Any) -> Any:
        """The object for reading, fetched whole; writing is for `core.atomic.replacing`."""
        return io.BytesIO(self.read_bytes())

    def read_bytes(self) -> bytes:
        return _ask(self, lambda files, url: bytes(files.cat_file(url)))

    def unlink(self, missing_ok: bool = False) -> None:
        try:
            _ask(self, lambda files, url: files.rm_file(url))
        except FileNotFoundError:
            if not missing_ok:
                raise

    def read_text(self, encoding: str | None = None, *_: Any, **__: Any) -> str:
        return self.read_bytes().decode(encoding or "utf-8")


def as_path(text: str | os.PathLike[str]) -> Path:
    """The path, or the `Url` where the text is one; `file://` is a path.

    >>> as_path("photos/cat.jpg").name, type(as_path("memory://in")).__name__
    ('cat.jpg', 'Url')
    """
    given = os.fspath(text)
    match = SCHEME.match(given)
    if match is None:
        return Path(text)
    scheme, rest = match[1].lower(), given[match.end() :]
    if scheme == "file":
        return Path(rest if re.match(r"[a-z]:", rest, re.IGNORECASE) else f"/{rest}")
    if scheme in ("http", "https"):
        address = f"{scheme}://{rest}"
        raise BadArgument(f"{address} is an address, not a file; download it first")
    if scheme not in PACKAGES:
        known = ", ".join(f"{name}://" for name in PACKAGES)
        raise BadArgument(f"{given}: {scheme}:// is no storage; expected {known} or a path")
    return Url(f"{scheme}://{rest}")


def below(folder: Path, text: str) -> Path:
    """A path or URL of a list; one that is relative is so to the folder.

    >>> str(below(Path("lists"), "s3://in/cat.jpg")), below(Path("lists"), "cat.jpg").as_posix()
    ('s3://in/cat.jpg', 'lists/cat.jpg')
    """
    return as_path(text) if SCHEME.match(text) else folder / text


def names_in(folder: Url) -> Iterator[str]:
    """The names of the files directly in a folder, page by page, as the storage orders them."""
    if folder.scheme != "s3":
        entries = _ask(folder, lambda files, url: files.ls(url, detail=True))
        yield from sorted(Path(e["name"]).name for e in entries if e["type"] == "file")
        return
    bucket, prefix = folder.parts[1], "".join(f"{part}/" for part in folder.parts[2:])
    page: dict[str, Any] = {"IsTruncated": True}
    while page["IsTruncated"]:
        # s3fs would hold a million entries before it gives the first
        words = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
        if "NextContinuationToken" in page:
            words["ContinuationToken"] = page["NextContinuationToken"]
        page = _ask(folder, lambda files, _: files.call_s3("list_objects_v2", **words))  # noqa: B023
        yield from filter(None, (e["Key"].removeprefix(prefix) for e in page.get("Contents", ())))


def streamed(path: Path) -> Any:
    """A long file for reading front to back, of which little is in memory."""
    if not isinstance(path, Url):
        return path.open("rb")
    return _ask(path, lambda files, url: files.open(url, "rb", block_size=BLOCK))


def store(file: Path, url: Url) -> None:
    """Put a local file there; it takes the place of one that is there."""
    _ask(url, lambda files, place: files.put_file(str(file), place))


def check_reachable(folder: Url) -> None:
    """Refuse, before any work, storage without its package, credentials or bucket.

    Of `gs://` the bucket may be hidden from those who may write into it, so it is not asked for.
    """
    try:
        if folder.scheme == "s3":
            next(names_in(folder), None)
        elif folder.scheme != "az":
            folder.exists()
        elif not Url(*folder.parts[:2]).exists():
            raise FileNotFoundError
    except FileNotFoundError:
        raise BadOutput(f"the bucket of {folder} does not exist; make it first") from None


def _ask(url: Url, request: Callable[[Any, str], T]) -> T:
    """The answer to a request, made again for a minute while the service is in trouble."""
    require(PACKAGES[url.scheme], str(url))
    open_storage = require("fsspec", str(url)).filesystem
    for wait in (*WAITS, None):
        try:
            return request(open_storage(url.scheme, use_listings_cache=False), str(url))
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(url)) from None
        except Exception as error:  # the providers' errors have no common base
            if (known := _explained(url, error)) is not None:
                raise known from error
            if wait is None:
                sentence = f"the storage failed again and again ({type(error).__name__}: {error})"
                raise OSError(errno.EIO, sentence, str(url)) from error
            time.sleep(wait)
    raise AssertionError


def _explained(url: Url, error: Exception) -> MattekitError | OSError | None:
    """What to raise for an error that no patience mends."""
    kind = type(error).__name__
    unknown = "credential" in str(error) and isinstance(error, ValueError)
    if unknown or re.search("Credential|Authentication|RefreshError", kind):
        return BadArgument(
            f"{url}: no credentials were found or they are not valid; set those of the provider "
            "in the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AZURE_STORAGE_CONNECTION_STRING"
        )
    if isinstance(error, PermissionError):
        return BadArgument(f"{url}: the storage refuses access; check credentials and permissions")
    if isinstance(error, OSError) and error.errno in HOPELESS:
        return OSError(error.errno, error.strerror or str(error), str(url))
    if isinstance(error, ValueError | TypeError) or "Validation" in kind:
        return BadArgument(f"{url} cannot be used: {error}")
    return None
