"""The Hugging Face hub, by a stand-in on this machine: push, fetch, and what is said otherwise."""

import base64
import json
import threading
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from mattekit.cli.main import app
from mattekit.core.errors import BadArgument, BadOutput, BadWeights
from mattekit.models.files import find
from mattekit.models.hub import push

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """The files of each repository, and whether it may be written."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.writable = True
        self.server: ThreadingHTTPServer | None = None


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.serve(with_body=False)

        def do_GET(self) -> None:
            self.serve(with_body=True)

        def serve(self, *, with_body: bool) -> None:
            parts = self.path.strip("/").split("/")
            content = state.files.get("/".join(parts[:2]), {}).get(parts[-1])
            if content is None and self.path != "/":
                self.answer(404, b"{}", with_body=with_body)
            else:
                self.answer(200, content or b"", with_body=with_body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = self.path.partition("?")[0].strip("/").split("/")
            if parts[1] == "validate-yaml":
                self.answer(200, b'{"errors": [], "warnings": []}')
            elif not state.writable:
                self.answer(401, b'{"error": "Invalid username or password."}')
            elif parts[1] == "repos":
                self.answer(200, json.dumps({"url": f"{constants.ENDPOINT}/org/cats"}).encode())
            elif parts[-2] == "preupload":
                asked = json.loads(body)["files"]
                how = {"uploadMode": "regular", "shouldIgnore": False}
                self.answer(
                    200, json.dumps({"files": [{"path": f["path"], **how} for f in asked]}).encode()
                )
            else:
                lines = [json.loads(line) for line in body.splitlines()]
                state.files["/".join(parts[2:4])] = {
                    line["value"]["path"]: base64.b64decode(line["value"]["content"])
                    for line in lines
                    if line["key"] == "file"
                }
                url = f"{constants.ENDPOINT}/org/cats/commit/{COMMIT}"
                done = {"success": True, "commitOid": COMMIT, "commitUrl": url}
                self.answer(200, json.dumps(done).encode())

        def answer(self, status: int, content: bytes, *, with_body: bool = True) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{sha1(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if with_body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    state.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=state.server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{state.server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield state
    state.server.shutdown()
    state.server.server_close()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder, as far as the hub is concerned."""
    checkpoint = tmp_path / "runs" / "cats" / "checkpoints" / "step-000010"
    checkpoint.mkdir(parents=True)
    (checkpoint.parent / "last").write_text("step-000010\n")
    (checkpoint / "weights.safetensors").write_bytes(b"weights")
    (checkpoint / "model_card.md").write_text("# Cats\n\nLicence: mine.\n")
    (checkpoint / "recipe.yaml").write_text("network: {name: compact}\n")
    return checkpoint.parents[1]


def test_a_pushed_run_has_its_card_and_is_found_by_its_address(hub: Hub, run: Path) -> None:
    said = CliRunner().invoke(app, ["models", "push", str(run), "org/cats"])
    assert said.exit_code == 0, said.output
    assert "use it as hf://org/cats" in said.output
    pushed = hub.files["org/cats"]
    assert set(pushed) == {"weights.safetensors", "README.md", "recipe.yaml"}
    assert pushed["README.md"].startswith(b"---\nlibrary_name: mattekit\n")
    assert pushed["README.md"].endswith(b"# Cats\n\nLicence: mine.\n")
    assert find("hf://org/cats").read_bytes() == b"weights"
    assert hub.server is not None
    hub.server.shutdown()
    hub.server.server_close()
    assert find("hf://org/cats").read_bytes() == b"weights", "the cache has it"
    with pytest.raises(BadWeights, match=r"org/dogs is not in the cache .* does not answer"):
        find("hf://org/dogs")
    with pytest.raises(BadOutput, match=r"org/cats was not pushed: .* does not answer; connect"):
        push(find(str(run)), "org/cats")


def test_what_cannot_be_pushed_or_fetched_is_one_sentence(
    hub: Hub, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadWeights, match=r"org/dogs has no weights\.safetensors to fetch"):
        find("hf://org/dogs")
    with pytest.raises(BadArgument, match="'dogs' names no repository of the hub; write org/name"):
        find("hf://dogs")
    lone = tmp_path / "weights.safetensors"
    lone.write_bytes(b"weights")
    with pytest.raises(BadArgument, match=r"has no model_card\.md next to it"):
        push(lone, "org/cats")
    hub.writable = False
    with pytest.raises(BadOutput, match=r"org/cats was not pushed: .*; log in by: hf auth login"):
        push(find(str(run)), "org/cats")
    assert hub.files == {}
