"""Behind a real nginx with TLS, set up with the block of docs/server.md: the API and the page."""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mattekit.cutouts.example import FOLDER
from mattekit.imaging.files import open_picture

pytestmark = pytest.mark.slow

NAME, TOKEN = "cut.example.org", "secret"
BLOCK = r"```\n(server \{\n.*?\n\})\n```"
STARTS = 30  # seconds
AROUND = """
pid {folder}/pid;
error_log {folder}/log;
daemon off;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    {block}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """An nginx that runs in front of a server."""

    port: int
    certificate: Path

    @property
    def origin(self) -> str:
        """As a browser says it."""
        return f"https://{NAME}:{self.port}"

    def client(self) -> httpx.Client:
        """A client to which the name leads here, and which trusts the certificate alone."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": f"{NAME}:{self.port}", "Origin": self.origin},
            verify=context,
            timeout=120,
        )


def make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1",
            "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def proxy(
    serve: Callable[..., Any],
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert nginx is not None, "install nginx: apt-get install nginx-light"
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    served = serve("--workers", "1", "--allow-host", NAME, "--token", TOKEN)
    page = (Path(__file__).parents[2] / "docs" / "server.md").read_text()
    (block,) = re.findall(BLOCK, page, re.S)
    block = block.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    block = block.replace("http://127.0.0.1:8000", served.url)
    make_certificate(folder)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, block=block))
    process = subprocess.Popen(
        [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "log"]
    )
    proxy = Proxy(port, folder / "certificate.pem")
    try:
        wait_for(proxy, process)
        yield proxy
    finally:
        process.terminate()
        process.wait(30)


def wait_for(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTS
    while True:
        assert process.poll() is None, "nginx ended; is the block of the docs right?"
        try:
            with proxy.client() as client:
                assert client.get("/healthz").status_code == 200
            return
        except httpx.TransportError:
            assert time.monotonic() < end, "nginx does not answer"
            time.sleep(0.1)


def test_the_api_answers_through_the_proxy(proxy: Proxy) -> None:
    photo = (FOLDER / "example.jpg").read_bytes()
    with proxy.client() as client:
        assert client.post("/v1/photos", files={"photo": photo}).status_code == 401
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        made = client.post("/v1/photos", files={"photo": photo})
        assert made.status_code == 201, made.text
        trimap = (FOLDER / "example-trimap.png").read_bytes()
        parts = {"photo_id": (None, made.json()["id"]), "trimap": trimap}
        cut = client.post("/v1/cutout", files=parts)
        assert open_picture(cut.content).size == (512, 512)
        job = client.post("/v1/jobs", files=parts).json()
        told = client.get(job["events"]).text
        assert "event: progress" in told
        assert "event: done" in told
        assert client.get(job["result"]).content == cut.content
        foreign = client.get("/page.js", headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403


def test_events_come_through_the_proxy_while_the_job_runs(proxy: Proxy) -> None:
    photo = (FOLDER / "example.jpg").read_bytes()
    with proxy.client() as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        job = client.post("/v1/jobs", files={"photo": photo}).json()
        with client.stream("GET", job["events"]) as events:
            lines = events.iter_lines()
            assert next(lines) == "event: progress"
            assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
            assert '"status":410' in "".join(lines)


@pytest.mark.browser
def test_the_page_works_through_the_proxy(proxy: Proxy, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"],
        )
        page = browser.new_page(ignore_https_errors=True)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.goto(f"{proxy.origin}/#token={TOKEN}")
        page.wait_for_load_state("networkidle")
        assert page.get_by_role("button").count() > 0
        status = page.evaluate(
            "async token => (await fetch('v1/models', {headers: {Authorization: `Bearer ${token}`}}"
            ")).status",
            TOKEN,
        )
        browser.close()
    assert status == 200
    assert not errors
