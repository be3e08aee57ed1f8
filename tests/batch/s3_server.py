"""An S3 server on this machine that can be put into trouble."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest


@contextmanager
def s3_server(environment: pytest.MonkeyPatch) -> Iterator[Event]:
    """Serve S3 with three buckets; while the event is set it is slow, and fails."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    trouble, answer = Event(), DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if trouble.is_set():
            time.sleep(0.2)
            start("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        return answer(environ, start)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        environment.setenv(name, value)
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
    try:
        import s3fs

        files = s3fs.S3FileSystem(use_listings_cache=False)
        for bucket in ("photos", "hints", "out"):
            files.mkdir(bucket)
        yield trouble
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.shutdown()
        server.server_close()
        thread.join()
