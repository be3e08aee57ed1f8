"""The server over its real workers: every input, every limit, every refusal."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample
from mattekit.cutouts.cutout import cutout
from mattekit.imaging.files import encode_image, open_picture, read_alpha, read_trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.server.app import Settings, create_app
from mattekit.server.forms import CutoutForm, Output
from mattekit.server.limits import Limits
from mattekit.synthetic.scene import scene

HOST = "http://127.0.0.1"
LIMITS = Limits(body=3 * 2**20, pixels=50_000, workers=1)
MAGENTA = (255, 0, 255)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(limits=LIMITS)), base_url=HOST) as client:
        yield client


@pytest.fixture(scope="module")
def sample() -> Sample:
    return scene(3, (96, 120), kind="hard")


def png(plane: Any) -> bytes:
    return encode_image(plane, format="png")


@pytest.fixture(scope="module")
def photo(sample: Sample) -> bytes:
    return png(sample.image)


def trimap_of(sample: Sample) -> bytes:
    assert sample.trimap is not None
    return png(to_float(to_pixels(sample.trimap)))


def strokes_of(sample: Sample) -> bytes:
    assert sample.trimap is not None
    painted = np.full((*sample.size, 3), 0.5, np.float32)
    painted[sample.trimap == FOREGROUND] = 1
    painted[sample.trimap == BACKGROUND] = 0
    return png(painted)


def post(client: TestClient, kind: str, files: dict[str, bytes], **fields: str) -> Response:
    return client.post(f"/v1/{kind}", files=files, data=fields)


def refused(response: Response, status: int, words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]


@pytest.mark.slow
def test_a_photo_with_a_trimap_gives_the_cut_out_of_the_python_function(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    response = post(client, "cutout", {"photo": photo, "trimap": trimap_of(sample)})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    expected = cutout(photo, trimap=trimap_of(sample)).alpha
    np.testing.assert_allclose(read_alpha(response.content), expected, atol=0.51 / 255)


@pytest.mark.slow
@pytest.mark.parametrize("hint", ["mask", "scribbles", "box"])
def test_a_mask_strokes_or_a_box_are_enough(
    client: TestClient, sample: Sample, photo: bytes, hint: str
) -> None:
    rows, columns = np.nonzero(sample.alpha > 0.5)
    left, top = max(columns.min() - 4, 2), max(rows.min() - 4, 2)
    width, height = min(columns.max() + 5, 117) - left, min(rows.max() + 5, 93) - top
    files, fields = {"photo": photo}, {"output": "alpha"}
    if hint == "mask":
        files["mask"] = png((sample.alpha > 0.5).astype(np.float32))
    elif hint == "scribbles":
        files["scribbles"] = strokes_of(sample)
    else:
        fields["box"] = f"{left},{top},{width},{height}"
    response = post(client, "cutout", files, **fields)
    assert response.status_code == 200, response.text
    assert read_alpha(response.content).shape == sample.size


@pytest.mark.parametrize("output", get_args(Output))
@pytest.mark.parametrize("kind", ["png", "webp"])
def test_every_output_comes_in_both_formats(
    client: TestClient, sample: Sample, photo: bytes, output: str, kind: str
) -> None:
    files = {"photo": photo, "trimap": trimap_of(sample)}
    response = post(client, "cutout", files, output=output, format=kind, background="#ff00ff")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == f"image/{kind}"
    picture = open_picture(response.content)
    assert picture.size == sample.size
    if output == "composite":
        assert (picture.colours[sample.trimap == BACKGROUND] == MAGENTA).all()


def test_a_matte_is_the_alpha_and_the_error_that_the_model_expects_of_it(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    files = {"photo": photo, "trimap": trimap_of(sample)}
    response = post(client, "cutout", files, output="matte")
    red, green, blue = np.moveaxis(open_picture(response.content).image(), 2, 0)
    expected = cutout(photo, trimap=trimap_of(sample))
    np.testing.assert_allclose(red, expected.alpha, atol=0.51 / 255)
    np.testing.assert_allclose(green, expected.expected_error, atol=0.51 / 255)
    assert not blue.any()
    assert response.headers["mattekit-model"] == "compact"
    assert float(response.headers["mattekit-confidence"]) == pytest.approx(
        expected.confidence, abs=1e-4
    )


def test_a_model_that_expects_no_error_says_no_confidence(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    files = {"photo": photo, "trimap": trimap_of(sample)}
    response = post(client, "cutout", files, output="matte", model="knn")
    assert not open_picture(response.content).colours[..., 1].any()
    assert response.headers["mattekit-model"] == "knn"
    assert "mattekit-confidence" not in response.headers


def test_16_bits_come_as_png_and_are_refused_as_webp(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    files = {"photo": photo, "trimap": trimap_of(sample)}
    deep = post(client, "cutout", files, bits="16")
    assert open_picture(deep.content).bits == 16
    refused(post(client, "cutout", files, bits="16", format="webp"), 422, "WebP holds 8 bits")


def test_a_trimap_is_made_of_an_alpha_and_colours_of_a_photo_with_an_alpha(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    made = post(client, "trimap", {"alpha": png(sample.alpha)}, inner="3", outer="5")
    labels = read_trimap(made.content)
    assert (labels[(sample.alpha > 0) & (sample.alpha < 1)] == UNKNOWN).all()
    colours = post(client, "foreground", {"photo": photo, "alpha": png(sample.alpha)})
    assert open_picture(colours.content).size == sample.size
    assert "mattekit-warnings" not in colours.headers


def test_errors_carry_the_sentences_of_the_command_line(
    client: TestClient, sample: Sample, photo: bytes
) -> None:
    other = png(np.zeros((10, 10), np.float32))
    refused(post(client, "cutout", {"photo": photo, "mask": other}), 422, "the mask is 10x10")
    refused(post(client, "cutout", {"photo": b"no picture"}), 422, "not a picture")
    refused(post(client, "cutout", {"trimap": trimap_of(sample)}), 422, "has no part 'photo'")
    refused(post(client, "cutout", {"photo": photo, "face": photo}), 422, "no file part 'face'")
    refused(post(client, "cutout", {"photo": photo}, output="beta"), 422, "output: ")
    refused(post(client, "cutout", {"photo": photo}, colour="red"), 422, "colour: there is no")
    refused(post(client, "cutout", {"mask": other}, photo="cat.jpg"), 422, "'photo' came as text")
    refused(post(client, "cutout", {"photo": photo}, box="1,2,3"), 422, "box")
    assert client.post("/v1/cutout", json={}).status_code == 422
    both = {"photo": photo, "mask": other, "trimap": trimap_of(sample)}
    refused(post(client, "cutout", both), 422, "give one")


def test_too_many_bytes_are_cut_off_with_and_without_a_content_length(client: TestClient) -> None:
    refused(post(client, "cutout", {"photo": bytes(4 * 2**20)}), 413, "larger than 3 MB")

    def chunks() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(50):
            yield bytes(100_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    refused(client.post("/v1/cutout", content=chunks(), headers=headers), 413, "--max-body")


@pytest.mark.slow
def test_too_many_pixels_are_refused_before_they_are_decoded(client: TestClient) -> None:
    large = png(np.zeros((300, 300, 3), np.float32))
    refused(post(client, "cutout", {"photo": large}), 413, "--max-pixels")


def test_nothing_of_a_user_reaches_the_disk(
    client: TestClient,
    sample: Sample,
    photo: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # no file can be made there
    large = photo + bytes(2 * 2**20)
    response = post(client, "cutout", {"photo": large, "trimap": trimap_of(sample)})
    assert response.status_code == 200, response.text


def test_pages_of_other_sites_and_other_host_names_are_sent_away(client: TestClient) -> None:
    refused(client.get("/v1/models", headers={"Origin": "https://example.org"}), 403, "other sites")
    assert client.get("/v1/models", headers={"Origin": HOST}).status_code == 200
    for host in ("example.org", "[::1"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 400
    refused(client.get("/healthz", headers={"Origin": "http://["}), 403, "other sites")


@pytest.mark.parametrize("model", ["/etc/passwd", "../x.onnx", "no-such-model"])
def test_a_model_that_is_not_offered_is_refused_before_anything_is_opened(
    client: TestClient, model: str
) -> None:
    files = {"photo": ("a.png", b"", "image/png")}
    answer = client.post("/v1/cutout", files=files, data={"model": model})
    refused(answer, 422, "there is no model")


def test_models_health_metrics_documents_and_the_page_are_there(client: TestClient) -> None:
    assert "closed-form" in client.get("/v1/models").json()["models"]
    while not client.get("/healthz").json()["ready"]:
        time.sleep(0.2)
    text = client.get("/metrics").text
    assert 'mattekit_requests_total{route="/v1/models",status="200"}' in text
    assert "mattekit_memory_bytes" in text
    paths = client.get("/openapi.json").json()["paths"]
    assert "Mattekit-Confidence" in str(paths["/v1/cutout"])
    assert not [path for path in paths if "painting" in path]
    refused(client.get("/redoc"), 404, "GET /redoc")
    refused(client.post("/page.js"), 405, "Method Not Allowed")
    for ask in (client.get, client.options):
        refused(ask("/v1/cutout"), 405, "Method Not Allowed")
        assert ask("/v1/cutout").headers["allow"] == "POST"
    assert client.head("/healthz").status_code == 200
    assert client.get("/healthz/").status_code == 404
    assert "mattekit" in client.get("/").text
    assert client.get("/page.js").status_code == 200
    assert client.get("/../pyproject.toml").status_code == 404


def test_counts_have_an_address_of_their_own_with_the_same_token() -> None:
    app = create_app(Settings(limits=LIMITS, token="secret", metrics=9100))
    token = {"Authorization": "Bearer secret"}
    counts = TestClient(app, base_url=f"{HOST}:9100")
    refused(counts.get("/metrics"), 401, "token is missing")
    assert "mattekit_queue_length" in counts.get("/metrics", headers=token).text
    refused(counts.get("/v1/models", headers=token), 404, "--metrics")
    refused(counts.get("/"), 404, "--metrics")
    rest = TestClient(app, base_url=HOST)
    assert rest.get("/v1/models", headers=token).status_code == 200
    refused(rest.get("/metrics", headers=token), 404, "--metrics")


def test_behind_a_proxy_the_page_of_the_same_host_is_its_own(client: TestClient) -> None:
    """The proxy speaks https with browsers and http with the server."""
    secure = {"Origin": "https://127.0.0.1"}
    assert client.get("/page.js", headers=secure).status_code == 200
    refused(client.get("/page.js", headers={"Origin": "https://evil.example"}), 403, "--origin")


def test_browsers_are_told_to_be_strict(client: TestClient) -> None:
    for path in ("/", "/v1/models", "/page.js", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (CutoutForm(output="composite", background="no colour"), "no colour"),
        (CutoutForm(size=20_000), "megapixels"),
        (CutoutForm(canvas=(20_000, 20_000), crop=True), "megapixels"),
    ],
)
def test_a_wrong_background_or_size_is_refused_before_the_work(
    photo: bytes, monkeypatch: pytest.MonkeyPatch, form: CutoutForm, words: str
) -> None:
    from mattekit.server import jobs

    monkeypatch.setattr(jobs, "cut_picture", lambda *args, **options: pytest.fail("it worked"))
    answer = jobs.perform(
        jobs.Job(kind="cutout", files={"photo": photo}, form=form, max_pixels=10**6)
    )
    assert words in str(answer.error)


def test_a_token_is_asked_for_but_not_for_the_page() -> None:
    settings = Settings(limits=LIMITS, token="secret")
    client = TestClient(create_app(settings), base_url=HOST)
    refused(client.get("/v1/models"), 401, "token is missing or wrong")
    wrong = client.get("/v1/models", headers={"Authorization": "Bearer guess"})
    assert wrong.status_code == 401
    for scheme in ("Bearer", "bearer"):
        right = client.get("/v1/models", headers={"Authorization": f"{scheme} secret"})
        assert right.status_code == 200
    assert client.get("/metrics").status_code == 401
    assert client.get("/openapi.json").status_code == 401
    assert client.get("/healthz").status_code == 503
    assert client.get("/").status_code == 200
