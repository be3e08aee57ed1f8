"""What docs/server.md shows is what the server does."""

import argparse
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from mattekit.client import ServerError
from mattekit.core.types import Sample
from mattekit.imaging.files import encode_image, open_picture
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.synthetic.scene import scene

pytestmark = pytest.mark.slow  # a server is started

TEXT = (Path(__file__).parents[2] / "docs" / "server.md").read_text()
SHOWN = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def sample() -> Sample:
    return scene(3, (96, 120), kind="hard")


@pytest.fixture(scope="module")
def shown_files(sample: Sample) -> dict[str, bytes]:
    """The files that the examples name."""
    assert sample.trimap is not None
    return {
        "cat.jpg": encode_image(sample.image, format="png"),
        "cat-trimap.png": encode_image(to_float(to_pixels(sample.trimap)), format="png"),
        "cat-mask.png": encode_image((sample.alpha > 0.5).astype(np.float32), format="png"),
    }


def curl_of(line: str) -> argparse.Namespace:
    """The words of a curl command that the examples use."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-F", action="append")
    parser.add_argument("-o")
    parser.add_argument("url")
    return parser.parse_args(shlex.split(line)[1:])


def test_the_curl_examples_give_pictures_of_the_photos_size(
    url: str, sample: Sample, shown_files: dict[str, bytes]
) -> None:
    lines = re.findall(r"^curl .*$", TEXT.replace("\\\n", " "), re.M)
    assert len(lines) == 2
    for line in lines:
        curl = curl_of(line)
        fields = dict(form.split("=", 1) for form in curl.F)
        sent = {name: shown_files[value[1:]] for name, value in fields.items() if value[0] == "@"}
        plain = {name: value for name, value in fields.items() if name not in sent}
        address = curl.url.replace(SHOWN, url)
        response = httpx.post(address, files=sent, data=plain, timeout=120)
        assert response.status_code == 200, response.text
        picture = open_picture(response.content)
        assert picture.size == sample.size
        assert picture.bits == int(plain.get("bits", 8))


def test_prometheus_is_given_its_counts_with_the_token(
    serve: Callable[..., Any], free_port: Callable[[], int]
) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.S)
    (job,) = yaml.safe_load(block)["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    assert set(job) == {"job_name", "authorization", "static_configs"}
    address = target.replace("9100", str(free_port()))
    served = serve("--workers", "1", "--token", "secret", "--metrics", address)
    counts = f"http://{address}/metrics"
    assert httpx.get(counts).status_code == 401
    text = httpx.get(counts, headers={"Authorization": "Bearer secret"}).text
    names = {family.name for family in text_string_to_metric_families(text)}
    assert {"mattekit_requests", "mattekit_queue_length", "mattekit_workers_replaced"} <= names
    elsewhere = httpx.get(f"{served.url}/metrics", headers={"Authorization": "Bearer secret"})
    assert elsewhere.status_code == 404


def test_the_python_example_cuts_out_and_raises_the_servers_sentence(
    url: str, sample: Sample, shown_files: dict[str, bytes]
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    names: dict[str, Any] = {}
    exec(block, names)
    cut = names["cut_out"](url, shown_files["cat.jpg"], shown_files["cat-trimap.png"])
    assert open_picture(cut).alpha is not None
    with pytest.raises(ServerError, match="not a picture"):
        names["cut_out"](url, b"no picture", shown_files["cat-trimap.png"])
