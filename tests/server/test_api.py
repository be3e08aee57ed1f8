"""Photos that travel once, points, repairs, finishing, and jobs in the background."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi import Response as Answer
from fastapi.testclient import TestClient
from httpx import Response

from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.cutouts.cutout import cutout
from mattekit.cutouts.example import FOLDER
from mattekit.imaging.files import encode_image, open_picture, read_alpha, read_image, read_trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import to_pixels
from mattekit.server.app import Settings, create_app
from mattekit.server.limits import Limits
from mattekit.server.routes import Running

HOST = "http://127.0.0.1"
SIDE = 160
LIMITS = Limits(pixels=50_000, workers=1, kept=200_000, keep=3600)
IMAGE = resize(read_image(FOLDER / "example.jpg"), (SIDE, SIDE))
LABELS = resize(read_trimap(FOLDER / "example-trimap.png"), (SIDE, SIDE), "labels")
HELMET, WALL = "125,134", "100,19"  # on the subject and beside it


def png(plane: Any) -> bytes:
    return encode_image(plane, format="png")


PHOTO = png(IMAGE)
TRIMAP = png(to_float(to_pixels(LABELS)))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(limits=LIMITS)), base_url=HOST) as client:
        yield client


@pytest.fixture
def photo_id(client: TestClient) -> Iterator[str]:
    made = client.post("/v1/photos", files={"photo": PHOTO})
    assert made.status_code == 201, made.text
    yield made.json()["id"]
    client.delete(f"/v1/photos/{made.json()['id']}")


def cut(client: TestClient, files: dict[str, bytes] | None = None, **fields: Any) -> Response:
    form = {name: (None, value) for name, value in fields.items() if not isinstance(value, list)}
    repeated = [(n, (None, one)) for n, v in fields.items() if isinstance(v, list) for one in v]
    return client.post("/v1/cutout", files=[*form.items(), *repeated, *((files or {}).items())])


def refused(response: Response, status: int, words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]


@pytest.mark.slow
def test_a_photo_travels_once_and_is_forgotten_when_asked(client: TestClient) -> None:
    made = client.post("/v1/photos", files={"photo": PHOTO})
    assert made.status_code == 201, made.text
    about = made.json()
    assert (about["width"], about["height"], about["expires_in"]) == (SIDE, SIDE, 3600)
    by_id = cut(client, {"trimap": TRIMAP}, photo_id=about["id"])
    assert by_id.content == cut(client, {"photo": PHOTO, "trimap": TRIMAP}).content
    refused(cut(client, {"photo": PHOTO}, photo_id=about["id"]), 422, "both say which photo")
    assert client.delete(f"/v1/photos/{about['id']}").status_code == 204
    refused(cut(client, {"trimap": TRIMAP}, photo_id=about["id"]), 404, "no photo of this name")
    refused(client.delete(f"/v1/photos/{about['id']}"), 404, "no photo of this name")


@pytest.mark.slow
def test_a_photo_that_is_kept_is_shown_as_every_browser_shows_it(client: TestClient) -> None:
    deep = encode_image(IMAGE, format="tiff", bits=16)
    name = client.post("/v1/photos", files={"photo": deep}).json()["id"]
    shown = client.get(f"/v1/photos/{name}")
    assert shown.headers["content-type"] == "image/png"
    picture = open_picture(shown.content)
    assert picture.bits == 8
    np.testing.assert_allclose(picture.image(), IMAGE, atol=0.51 / 255)
    client.delete(f"/v1/photos/{name}")
    refused(client.get(f"/v1/photos/{name}"), 404, "no photo of this name")


@pytest.mark.slow
def test_what_is_no_photo_is_not_kept_and_no_more_is_kept_than_fits(client: TestClient) -> None:
    refused(client.post("/v1/photos", files={"photo": b"no picture"}), 422, "not a picture")
    refused(client.post("/v1/photos", files={"face": PHOTO}), 422, "no file part 'face'")
    padded = PHOTO + bytes(110_000)
    first = client.post("/v1/photos", files={"photo": padded})
    full = client.post("/v1/photos", files={"photo": padded})
    refused(full, 429, "as many photos as it may")
    assert int(full.headers["retry-after"]) > 3000
    client.delete(f"/v1/photos/{first.json()['id']}")
    again = client.post("/v1/photos", files={"photo": padded})
    assert again.status_code == 201
    client.delete(f"/v1/photos/{again.json()['id']}")


@pytest.mark.slow
def test_points_find_the_subject_and_both_confidences_are_stated(
    client: TestClient, photo_id: str
) -> None:
    response = cut(
        client, photo_id=photo_id, point=[HELMET, "80,140"], not_point=[WALL], output="alpha"
    )
    assert response.status_code == 200, response.text
    expected = cutout(PHOTO, points=[(125, 134), (80, 140), (100, 19, 0)])
    np.testing.assert_allclose(read_alpha(response.content), expected.alpha, atol=0.51 / 255)
    for name in ("confidence", "subject-confidence"):
        value = getattr(expected, name.replace("-", "_"))
        assert float(response.headers[f"mattekit-{name}"]) == pytest.approx(value, abs=1e-4)
    refused(cut(client, photo_id=photo_id, point="a,b"), 422, "is not a valid point")
    refused(cut(client, photo_id=photo_id, point="999,1"), 422, "outside of the photo")
    refused(cut(client, {"trimap": TRIMAP}, photo_id=photo_id, point=HELMET), 422, "give one")
    refused(cut(client, photo_id=photo_id, segmenter="/etc/x.onnx"), 422, "there is no segmenter")


@pytest.mark.slow
def test_a_point_on_a_photo_that_is_all_subject_is_refused(client: TestClient) -> None:
    pixel = png(np.full((1, 1, 3), 0.5, np.float32))
    refused(cut(client, {"photo": pixel}, point="0,0"), 422, "leave no background in the photo")
    both = cut(client, {"photo": pixel}, point="0,0", not_point="0,0")
    refused(both, 422, "leave no subject")


@pytest.mark.slow
def test_a_repair_changes_what_the_stroke_touches_and_nothing_else(
    client: TestClient, photo_id: str
) -> None:
    alpha = read_alpha(cut(client, {"trimap": TRIMAP}, photo_id=photo_id, output="alpha").content)
    broken = alpha.copy()
    broken[110:150, 100:140] = 0
    strokes = np.full((SIDE, SIDE), UNKNOWN, np.uint8)
    strokes[115:145, 118:122] = FOREGROUND
    files = {"alpha": png(broken), "repair": png(to_float(to_pixels(strokes)))}
    response = cut(client, files, photo_id=photo_id, output="alpha")
    assert response.status_code == 200, response.text
    repaired = read_alpha(response.content)
    assert (repaired[115:145, 118:122] == 1).all()
    assert repaired[110:150, 100:140].mean() > 0.3
    far = np.ones((SIDE, SIDE), bool)
    far[95:165, 85:160] = False
    np.testing.assert_array_equal(repaired[far], read_alpha(files["alpha"])[far])
    refused(cut(client, {"repair": files["repair"]}, photo_id=photo_id), 422, "no part 'alpha'")
    given = cut(client, {"alpha": files["alpha"]}, photo_id=photo_id)  # nothing is found anew
    np.testing.assert_array_equal(
        open_picture(given.content).alpha_window(), read_alpha(files["alpha"])
    )
    refused(cut(client, files | {"trimap": TRIMAP}, photo_id=photo_id), 422, "trimap is a hint")


@pytest.mark.slow
def test_a_cut_out_is_finished_as_on_the_command_line(client: TestClient, photo_id: str) -> None:
    options = {"crop": "true", "margin": "5%", "square": "1", "size": "64"}
    response = cut(client, {"trimap": TRIMAP}, photo_id=photo_id, **options)
    assert open_picture(response.content).size == (64, 64)
    moved = [
        read_alpha(cut(client, {"trimap": TRIMAP}, photo_id=photo_id, **{way: "3"}).content).mean()
        for way in ("grow", "shrink")
    ]
    assert moved[0] > moved[1]
    canvas = cut(
        client, {"trimap": TRIMAP}, photo_id=photo_id, canvas="90x60", background="#ff00ff",
        format="jpeg",
    )  # fmt: skip
    assert canvas.headers["content-type"] == "image/jpeg"
    assert open_picture(canvas.content).size == (60, 90)
    assert open_picture(canvas.content).colours[0, 0].tolist() == pytest.approx(
        [255, 0, 255], abs=4
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"grow": "1", "shrink": "1"}, "grow and shrink"),
        ({"canvas": "wide"}, "canvas: 'wide' is not a size"),
        ({"margin": "x"}, "not a valid margin"),
        ({"feather": "nan"}, "feather: "),
        ({"shadow": "drop"}, "shadow: "),
        ({"format": "jpeg"}, "JPEG cannot hold transparency"),
        ({"format": "jpeg", "output": "matte"}, "does not keep the values"),
        ({"crop": "perhaps"}, "crop: "),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(
    client: TestClient, photo_id: str, fields: dict[str, str], words: str
) -> None:
    refused(cut(client, {"trimap": TRIMAP}, photo_id=photo_id, **fields), 422, words)


@pytest.mark.slow
def test_an_error_speaks_of_fields_and_not_of_the_command_line(client: TestClient) -> None:
    nothing = png(np.full((60, 60, 3), 0.5, np.float32))
    refused(cut(client, {"photo": nothing}), 422, "draw a box: box x,y,w,h")


@pytest.mark.slow
def test_a_result_is_no_larger_than_a_photo_may_be(client: TestClient, photo_id: str) -> None:
    for fields in (
        {"size": "20000"},
        {"crop": "1", "margin": "90000"},
        {"canvas": "40000x1", "crop": "1"},  # before it is made smaller
    ):
        refused(cut(client, {"trimap": TRIMAP}, photo_id=photo_id, **fields), 413, "megapixels")


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and data of server-sent events."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for lines in blocks
        if lines[0].startswith("event")
    ]


@pytest.mark.slow
def test_a_job_is_followed_by_its_events_to_the_same_picture(
    client: TestClient, photo_id: str
) -> None:
    parts = {"photo_id": (None, photo_id), "trimap": TRIMAP}
    started = client.post("/v1/jobs", files=parts)
    assert started.status_code == 202, started.text
    job = started.json()
    told = events_of(client.get(job["events"]).text)
    assert [name for name, _ in told[:-1]] == ["progress"] * (len(told) - 1)
    shares = [about["share"] for _, about in told[:-1]]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert told[-1][0] == "done"
    assert told[-1][1]["model"] == "compact"
    assert 0.5 < told[-1][1]["confidence"] <= 1
    result = client.get(told[-1][1]["result"])
    assert result.content == cut(client, {"trimap": TRIMAP}, photo_id=photo_id).content
    assert client.get(f"/v1/jobs/{job['id']}").json()["event"] == "done"
    assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    refused(client.get(job["result"]), 404, "no job of this name")


def test_a_job_that_fails_tells_its_problem(client: TestClient) -> None:
    refused(
        client.post("/v1/jobs", data={"photo_id": "none"}, files={"mask": TRIMAP}), 404, "photo"
    )
    wrong = client.post("/v1/jobs", files={"photo": PHOTO, "trimap": png(IMAGE[:20, :20])})
    (name, about) = events_of(client.get(wrong.json()["events"]).text)[-1]
    assert name == "failed"
    assert about["status"] == 422
    refused(client.get(wrong.json()["result"]), 422, about["detail"])


def test_the_end_of_a_job_is_told_though_it_comes_while_progress_is_sent() -> None:
    async def follow() -> list[str]:
        running = Running()
        told = []
        async for line in running.events():
            told.append(line.split("\n")[0])
            if running.response is None:
                running.end(Answer(b"{}"))
        return told

    assert asyncio.run(follow()) == ["event: progress", "event: failed"]


def test_a_cancelled_job_stops_without_costing_a_worker(client: TestClient, photo_id: str) -> None:
    before = replaced(client)
    parts = {"photo_id": (None, photo_id), "trimap": TRIMAP}
    jobs = [client.post("/v1/jobs", files=parts).json() for _ in range(4)]
    refused(client.get(jobs[-1]["result"]), 409, "not done yet")
    for job in jobs:
        assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert cut(client, {"trimap": TRIMAP}, photo_id=photo_id).status_code == 200
    assert replaced(client) == before


def replaced(client: TestClient) -> str:
    lines = client.get("/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("mattekit_workers_replaced_total"))


@pytest.mark.slow  # a server of its own
def test_photos_and_results_expire() -> None:
    limits = Limits(pixels=50_000, workers=1, keep=1.0)
    with TestClient(create_app(Settings(limits=limits)), base_url=HOST) as client:
        name = client.post("/v1/photos", files={"photo": PHOTO}).json()["id"]
        job = client.post("/v1/jobs", files={"photo_id": (None, name), "trimap": TRIMAP}).json()
        assert client.get(job["events"]).text.rstrip().splitlines()[-2] == "event: done"
        assert client.get(job["result"]).status_code == 200
        time.sleep(1.2)
        refused(client.get(job["result"]), 404, "forgotten after 1 s")
        refused(cut(client, {"trimap": TRIMAP}, photo_id=name), 404, "forgotten after 1 s")


def test_the_openapi_document_lists_every_field(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    body = paths["/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    wanted = {"photo_id", "point", "not_point", "box", "repair", "alpha", "crop", "shadow", "mask"}
    assert wanted <= body["properties"].keys()
    assert all("description" in field.get("items", field) for field in body["properties"].values())


def test_the_openapi_document_says_what_is_answered_and_that_a_token_is_needed() -> None:
    app = create_app(Settings(token="secret"))
    for path, methods in app.openapi()["paths"].items():
        for about in methods.values():
            assert "application/problem+json" in about["responses"]["default"]["content"], path
            assert "422" not in about["responses"], path
            assert ("security" in about) == (path != "/healthz"), path
    assert app.openapi()["components"]["securitySchemes"]


def test_the_page_of_the_api_shows_every_field_and_reaches_for_nothing(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in client.get("/openapi.json").json()["paths"]:
        assert f" {path}</code></h2>" in page.text
    for word in ("not_point", "drop_islands", "WIDTHxHEIGHT", "Mattekit-Subject-Confidence"):
        assert word in page.text
    links = re.findall(r"(?:src|href)=\"([^\"]*)\"", page.text)
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert "<script" not in page.text
