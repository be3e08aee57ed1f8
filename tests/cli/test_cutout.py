"""`mattekit cutout`: what is written, and what is refused."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import OpenEXR as PyOpenEXR
import PIL.ExifTags
import PIL.Image
import pytest
from cli.conftest import SIZE, Command
from subject.drawn_networks import grey

import mattekit.cli.cutout as command
from mattekit.batch.ledger import read_ledger
from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.cutouts.cutout import cut_picture
from mattekit.cutouts.save import PARTS
from mattekit.imaging.files import (
    open_picture,
    read_alpha,
    read_image,
    read_trimap,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.inference.matting import build_matting
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import RegisteredModel
from mattekit.subject.hints import hint_of


def error_of_alpha(path: Path, files: Path) -> float:
    return float(np.abs(read_alpha(path) - read_alpha(files / "alpha.png")).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    "hint",
    [["--trimap", "trimap.png"], ["--mask", "mask.png"], ["--scribbles", "scribbles.png"],
     ["--box", "12,4,33,33"]],
)  # fmt: skip
def test_every_kind_of_hint_gives_the_alpha(
    mattekit: Command, files: Path, hint: list[str]
) -> None:
    value = hint[1] if hint[0] == "--box" else files / hint[1]
    result = mattekit("cutout", files / "photo.png", hint[0], value, "-o", files / "out")
    assert result.exit_code == 0, result.stderr
    assert error_of_alpha(files / "out" / "photo.png", files) < 0.01


@pytest.mark.slow
def test_everything_that_can_be_saved_is_saved_under_its_name(
    mattekit: Command, files: Path
) -> None:
    out = files / "out"
    result = mattekit(
        "cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", out,
        "--save", ",".join(PARTS), "--background", "#ff00ff",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "photo-alpha.png",
        "photo-foreground.png",
        "photo-layers.psd",
        "photo-on-ff00ff.png",
        "photo-preview.jpg",
        "photo-trimap.png",
        "photo.png",
    ]
    assert (read_alpha(out / "photo-alpha.png") == read_alpha(out / "photo.png")).all()
    assert (read_trimap(out / "photo-trimap.png") == read_trimap(files / "trimap.png")).all()
    assert read_image(out / "photo-on-ff00ff.png")[0, 0].tolist() == [1, 0, 1]
    height, width = SIZE
    assert read_image(out / "photo-preview.jpg").shape == (height, 5 * width + 4 * 8, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-o", "cat.webp"], ["cat.webp"]),
        (["-o", "cat.avif"], ["cat.avif"]),
        (["-o", "cat.bmp", "--background", "teal"], ["cat.bmp"]),
        (["-o", "cat.png", "--save", "rgba,alpha"], ["cat-alpha.png", "cat.png"]),
        (["-o", "cat.jpg", "--background", "teal"], ["cat.jpg"]),
        (["-o", "."], ["photo.png"]),
        (["-o", ".", "--save", "alpha"], ["photo.png"]),
        (["-o", ".", "--save", "preview"], ["photo.jpg"]),
        (["-o", ".", "--save", "alpha,trimap"], ["photo-alpha.png", "photo-trimap.png"]),
        (["-o", ".", "--format", "tiff", "--save", "rgba,alpha"],
         ["photo-alpha.tif", "photo.tif"]),
        (["-o", ".", "--format", "jpeg", "--background", "teal"], ["photo.jpg"]),
        (["-o", ".", "--format", "exr", "--save", "rgba,trimap"],
         ["photo-trimap.png", "photo.exr"]),
    ],
)  # fmt: skip
def test_results_have_the_file_name_and_the_format_that_were_asked_for(
    mattekit: Command, files: Path, words: list[str], names: list[str]
) -> None:
    out = files / "out"
    out.mkdir()
    words = [str(out / word) if words[index - 1] == "-o" else word
             for index, word in enumerate(words)]  # fmt: skip
    result = mattekit("cutout", files / "photo.png", "--trimap", files / "trimap.png", *words)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in out.iterdir()) == names
    assert {open_picture(path).size for path in out.iterdir() if "preview" not in words} <= {SIZE}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "jpeg"], "JPEG cannot hold transparency"),
        (["--format", "webp", "--bits", "16"], "WebP holds 8 bits"),
        (["--format", "png", "--straight"], "--straight is for EXR"),
        (["-o", "cat.gif"], "cat.gif"),
        (["-o", "cat.gif"], "layers as .psd"),
        (["-o", "cat.png", "--format", "tiff"], "is not a file of --format tiff"),
        (["--model", "missing.onnx"], "missing.onnx"),
    ],
)
def test_what_cannot_be_written_or_loaded_is_refused_before_any_work(
    mattekit: Command, files: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(files)

    def never(*given: object, **options: object) -> None:
        raise AssertionError("work was done before the line was checked")

    monkeypatch.setattr("mattekit.cli.cutout.cut_picture", never)
    result = mattekit("cutout", "photo.png", "--trimap", "trimap.png", *words)
    assert result.exit_code in (1, 2)
    assert result.stderr.startswith("mattekit: ")
    assert message in result.stderr


def test_a_file_as_output_of_several_photos_is_refused(mattekit: Command, files: Path) -> None:
    result = mattekit("cutout", files / "photo.png", files / "hills.png", "-o", files / "x.png")
    assert result.exit_code == 2
    assert "one file for several inputs; give a folder" in result.stderr


@pytest.mark.slow
def test_exr_is_premultiplied_unless_straight(mattekit: Command, files: Path) -> None:
    words = ["cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o"]
    mattekit(*words, files / "a.exr")
    mattekit(*words, files / "b.exr", "--straight")
    straight, premultiplied = (
        PyOpenEXR.File(str(files / name), separate_channels=True).channels()["R"].pixels
        for name in ("b.exr", "a.exr")
    )
    alpha = PyOpenEXR.File(str(files / "a.exr"), separate_channels=True).channels()["A"].pixels
    np.testing.assert_allclose(premultiplied, straight * alpha, atol=2e-3)
    assert np.abs(premultiplied - straight).max() > 0.05


@pytest.mark.parametrize("hint", ["--trimap", "--mask"])
def test_a_hint_is_never_overwritten(mattekit: Command, files: Path, hint: str) -> None:
    place = files / "hints" / "photo.png"
    place.parent.mkdir()
    place.write_bytes((files / "trimap.png").read_bytes())
    before = place.read_bytes()
    result = mattekit(
        "cutout", files / "photo.png", hint, place.parent, "-o", place.parent, "--overwrite"
    )
    assert result.exit_code == 2
    assert "is an input and would be overwritten" in result.stderr
    assert place.read_bytes() == before


@pytest.mark.slow
def test_photos_of_one_name_fail_and_the_others_are_cut(mattekit: Command, files: Path) -> None:
    folder = files / "phone"
    folder.mkdir()
    image = read_image(files / "photo.png")
    for name in ("a.png", "a.jpg", "b.png"):
        write_image(folder / name, image)
    trimaps = files / "trimaps"
    trimaps.mkdir()
    for name in ("a.png", "b.png"):
        (trimaps / name).write_bytes((files / "trimap.png").read_bytes())
    result = mattekit("cutout", folder, "--trimap", trimaps, "-o", files / "out", "--json")
    assert result.exit_code == 1
    statuses = [entry["status"] for entry in json.loads(result.stdout)["results"]]
    assert statuses == ["failed", "failed", "done"]
    assert [path.name for path in (files / "out").iterdir()] == ["b.png"]


def test_the_path_of_a_file_that_cannot_be_read_is_said_once(
    mattekit: Command, files: Path
) -> None:
    (files / "bad.gif").write_bytes(b"GIF89a no picture")
    for name in ("bad.gif", "missing.jpg"):
        result = mattekit("cutout", files / name, "-o", files / "out")
        assert result.stderr.count(name) == 1


def test_the_stages_of_a_photo_are_reported(mattekit: Command, files: Path) -> None:
    stages: list[str] = []
    picture = open_picture(files / "photo.png")
    hint = hint_of(trimap=files / "trimap.png")
    cut_picture(picture, hint, build_matting(), progress=lambda stage, share: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["subject", "alpha", "colours"]


@pytest.fixture
def album(files: Path) -> Path:
    """Six photos in a folder and their trimaps in another."""
    image = read_image(files / "photo.png")
    for number in range(6):
        write_image(files / "album" / f"{number}.png", np.roll(image, number, axis=1))
        trimap = read_trimap(files / "trimap.png")
        write_trimap(files / "hints" / f"{number}.png", np.roll(trimap, number, axis=1))
    return files


@pytest.mark.slow
def test_four_shards_give_the_bytes_of_one_run_and_their_ledgers_its_lines(
    mattekit: Command, album: Path
) -> None:
    words = ["cutout", album / "album", "--trimap", album / "hints"]
    one = [*words, "-o", album / "one", "--ledger", album / "one.jsonl", "--processes", 2]
    assert mattekit(*one).exit_code == 0
    for index in range(4):
        ledger = album / f"{index}.jsonl"
        shard = ["--shard", f"{index}/4", "--ledger", ledger]
        assert mattekit(*words, "-o", album / "four", *shard).exit_code == 0
    contents = [
        {path.name: path.read_bytes() for path in (album / folder).iterdir()}
        for folder in ("one", "four")
    ]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 6
    parts = [album / f"{index}.jsonl" for index in range(4)]
    joined = album / "joined.jsonl"
    assert mattekit("ledger", "merge", *parts, "-o", joined).exit_code == 0
    lines, others = ([*read_ledger(path)] for path in (album / "one.jsonl", joined))
    assert [[*line["sha256"].values()] for line in others] == [
        [*line["sha256"].values()] for line in sorted(lines, key=lambda line: line["input"])
    ]
    assert "6 inputs: 6 done" in mattekit("ledger", "summary", joined).stdout


@pytest.mark.slow
def test_what_failed_is_run_again_from_the_ledger(mattekit: Command, album: Path) -> None:
    bad = album / "album" / "3.png"
    whole = bad.read_bytes()
    bad.write_bytes(whole[:99])
    words = ["--trimap", album / "hints", "-o", album / "out", "--ledger", album / "l.jsonl"]
    assert mattekit("cutout", album / "album", *words).exit_code == 1
    listed = mattekit("ledger", "failed", album / "l.jsonl").stdout
    (album / "again.jsonl").write_text(listed)
    bad.write_bytes(whole)
    result = mattekit("cutout", "--manifest", album / "again.jsonl", *words)
    assert result.exit_code == 0, result.stderr
    summary = json.loads(mattekit("ledger", "summary", album / "l.jsonl", "--json").stdout)
    assert summary["statuses"] == {"done": 6}
    assert mattekit("ledger", "failed", album / "l.jsonl").stdout == ""


@pytest.mark.slow
def test_a_manifest_says_the_hint_and_the_output_of_each_photo(
    mattekit: Command, album: Path
) -> None:
    (album / "list.csv").write_text(
        'photo,trimap,box,output\nalbum/0.png,hints/0.png,,zero.webp\nalbum/1.png,,"13 4 33 33",\n'
    )
    result = mattekit("cutout", "--manifest", album / "list.csv", "-o", album / "out")
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in (album / "out").iterdir()) == ["1.png", "zero.webp"]


@pytest.mark.slow
def test_a_ledger_of_another_command_is_refused_before_any_work(
    mattekit: Command, files: Path
) -> None:
    words = ["cutout", files / "photo.png", "--trimap", files / "trimap.png"]
    words += ["--ledger", files / "l.jsonl"]
    assert mattekit(*words, "-o", files / "one").exit_code == 0
    result = mattekit(*words, "-o", files / "two", "--bits", 16)
    assert result.exit_code == 2
    assert "ledger of a command with other options" in result.stderr
    assert not (files / "two").exists()


@pytest.mark.slow
def test_the_colours_are_clean_at_the_edge(mattekit: Command, files: Path) -> None:
    mattekit("cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "out")
    alpha = read_alpha(files / "alpha.png")
    soft = (alpha > 0.1) & (alpha < 0.9)
    colours = read_image(files / "out" / "photo.png")[soft]
    assert np.abs(colours - [0.9, 0.5, 0.1]).mean() < 0.05
    assert np.abs(read_image(files / "photo.png")[soft] - [0.9, 0.5, 0.1]).mean() > 0.2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trimap", "trimap.png", "--mask", "mask.png"], "trimap and mask both say"),
        (["--trimap", "hills.png"], "the trimap"),
        (["--trimap", "none.png"], "does not exist"),
        (["--mask", "hills.png"], "the mask is 80x30 and the photo 56x40"),
        (["--box", "200,200,5,5"], "lies outside of the photo of 56x40"),
        (["--trimap", "trimap.png", "--model", "closedform"], "did you mean closed-form"),
        (
            ["--trimap", "trimap.png", "--model", "knn", "--strategy", "tile"],
            "knn is not a network",
        ),
        (["--trimap", "trimap.png", "--strategy", "whale"], "there is no strategy 'whale'"),
        (["--trimap", "trimap.png", "--model", "knn", "--max-memory", "100MB"], "KNN needs about"),
        (["--trimap", "trimap.png", "--background", "bluish"], "is not a valid colour"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_a_sentence_and_nothing_is_written(
    mattekit: Command, files: Path, words: list[str], message: str
) -> None:
    words = [str(files / word) if (files / word).exists() or "none" in word else word
             for word in words]  # fmt: skip
    result = mattekit("cutout", files / "photo.png", "-o", files / "out", *words)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert not list(files.glob("out/*"))


def test_a_mask_of_labels_is_not_called_empty(mattekit: Command, files: Path) -> None:
    labels = np.rint(2 * read_alpha(files / "mask.png")).astype(np.uint8)
    PIL.Image.fromarray(labels).save(files / "labels.png")
    result = mattekit("cutout", files / "photo.png", "--mask", files / "labels.png")
    assert "nothing in the mask is white" in result.stderr
    assert "--subjects each" in result.stderr


def test_a_misspelt_photo_is_named_also_where_a_result_of_its_name_exists(
    mattekit: Command, files: Path
) -> None:
    (files / "out").mkdir()
    (files / "out" / "photo.png").touch()
    result = mattekit("cutout", files / "photo.pgn", "-o", files / "out")
    assert f"{files / 'photo.pgn'} does not exist" in result.stderr
    fresh = mattekit("cutout", files / "phoot.png", "-o", files / "other")
    assert f"expected a picture; did you mean {files / 'photo.png'}?" in fresh.stderr


def test_a_dash_is_no_place_for_results(mattekit: Command, files: Path) -> None:
    trimap = files / "trimap.png"
    result = mattekit("cutout", files / "photo.png", "--trimap", trimap, "-o", "-")
    assert (result.exit_code, "mattekit cutout - <" in result.stderr) == (2, True)
    assert not Path("-").exists()


@pytest.mark.parametrize(
    "words",
    [["--box", "1,2,3"], ["--save", "rgba,sound"], ["--bits", "12"], ["--existing-alpha", "keep"],
     ["--fit", "crop"], ["--max-memory", "much"]],
)  # fmt: skip
def test_an_option_that_cannot_be_read_is_a_usage_error(
    mattekit: Command, files: Path, words: list[str]
) -> None:
    assert mattekit("cutout", files / "photo.png", *words).exit_code == 2


@pytest.mark.slow
def test_a_box_without_a_subject_shows_where_it_was(mattekit: Command, files: Path) -> None:
    write_image(files / "flat.png", np.full((*SIZE, 3), 0.5, np.float32))
    result = mattekit("cutout", files / "flat.png", "--box", "10,10,20,20", "-o", files / "out")
    assert result.exit_code == 1
    assert "flat-preview.jpg" in result.stderr
    assert read_image(files / "out" / "flat-preview.jpg")[20, 10].mean() > 0.6


@pytest.mark.slow
def test_without_a_hint_a_flat_photo_is_refused_with_what_to_do(
    mattekit: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEKIT_MODELS", str(files / "no-models"))
    write_image(files / "flat.png", np.full((*SIZE, 3), 0.5, np.float32))
    result = mattekit("cutout", files / "flat.png", "-o", files / "out")
    assert result.exit_code == 1
    for text in ("cannot tell the subject", "--box x,y,w,h", "mattekit models get u2netp"):
        assert text in result.stderr
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--margin", "5px"], "'5px' is not a valid margin"),
        (["--canvas", "20x20", "--square"], "--canvas sets both sides; leave out --square"),
        (["--mask", "m.png", "--trimap", "t.png"], "trimap and mask both say what"),
        (["--mask", "m.png", "--band", "wide"], "'wide' is not a valid width"),
        (["--mask", "m.png", "--segmenter", "u2net"], "which --mask already says"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_before_any_photo_is_opened(
    mattekit: Command, files: Path, words: list[str], says: str
) -> None:
    result = mattekit("cutout", files / "no-such.png", "-o", files / "out", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("mattekit: ")
    assert says in result.stderr


@pytest.mark.parametrize(
    "words", [["-o", "x.png"], ["--background", "white"], ["--save", "alpha"], ["--json"]]
)
def test_what_stdout_cannot_hold_is_refused_and_not_left_out(
    mattekit: Command, files: Path, words: list[str]
) -> None:
    photo = (files / "photo.png").read_bytes()
    result = mattekit("cutout", "-", "--trimap", files / "trimap.png", *words, given=photo)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{words[0]} is for one photo in a file" in result.stderr


def test_an_exr_without_its_package_is_refused_before_any_work(
    mattekit: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    words = ["cutout", files / "no-such.png", "-o", files / "out.exr"]
    result = mattekit(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("mattekit: reading and writing OpenEXR files needs the extra")


@pytest.mark.slow
def test_metadata_is_kept_in_the_cut_out_and_on_a_background(
    mattekit: Command, files: Path
) -> None:
    tags = PIL.Image.Exif()
    tags[PIL.ExifTags.Base.Artist] = "A. Photographer"
    with PIL.Image.open(files / "photo.png") as photo:
        photo.save(files / "signed.png", exif=tags)
    result = mattekit(
        "cutout", files / "signed.png", "--trimap", files / "trimap.png", "--keep-metadata",
        "--background", "white", "-o", files / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    for name in ("signed.png", "signed-on-white.png"):
        with PIL.Image.open(files / "out" / name) as written:
            assert written.getexif()[PIL.ExifTags.Base.Artist] == "A. Photographer"


@pytest.mark.slow
def test_a_photo_comes_from_stdin_and_goes_to_stdout(mattekit: Command, files: Path) -> None:
    photo = (files / "photo.png").read_bytes()
    result = mattekit("cutout", "-", "--trimap", files / "trimap.png", given=photo)
    assert result.exit_code == 0, result.stderr
    alpha = read_alpha(result.stdout_bytes)
    assert np.abs(alpha - read_alpha(files / "alpha.png")).mean() < 0.01


@pytest.mark.slow
def test_a_folder_of_photos_goes_with_a_folder_of_trimaps_and_a_bad_one_fails_alone(
    mattekit: Command, files: Path
) -> None:
    for folder, source in (("photos", "photo.png"), ("trimaps", "trimap.png")):
        (files / folder).mkdir()
        for name in ("one", "two"):
            (files / folder / f"{name}.png").write_bytes((files / source).read_bytes())
    (files / "photos" / "three.png").write_bytes(b"no picture")
    result = mattekit(
        "cutout", files / "photos", "--trimap", files / "trimaps", "-o", files / "out", "--json"
    )
    assert result.exit_code == 1
    found = {Path(entry["input"]).stem: entry for entry in json.loads(result.stdout)["results"]}
    assert {stem: entry["status"] for stem, entry in found.items()} == {
        "one": "done",
        "three": "failed",
        "two": "done",
    }
    assert found["one"]["model"] == DEFAULT_MODEL
    assert sorted(path.name for path in (files / "out").iterdir()) == ["one.png", "two.png"]


@pytest.mark.slow
def test_pictures_of_a_folder_that_are_not_read_are_named(mattekit: Command, files: Path) -> None:
    (files / "photos").mkdir()
    shutil.copy(files / "photo.png", files / "photos" / "one.png")
    for name in ("a.gif", "b.NEF", "c.txt", ".d.gif"):
        (files / "photos" / name).touch()
    words = ("cutout", files / "photos", "--box", "20,10,60,60", "-o", files / "out")
    result = mattekit(*words)
    assert result.exit_code == 0
    assert "left out, of kinds that are not read: a.gif, b.NEF; save them" in result.stderr
    assert "left out" not in mattekit(*words, "--overwrite", "--quiet").stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "expected"), [("ignore", 1.0), ("multiply", 0.5), ("composite:black", 1.0)]
)
def test_an_alpha_that_the_photo_has_is_treated_as_asked(
    mattekit: Command, files: Path, how: str, expected: float
) -> None:
    image = read_image(files / "photo.png")
    write_image(files / "own.png", image, alpha=np.full(SIZE, 0.5, np.float32))
    result = mattekit(
        "cutout", files / "own.png", "--trimap", files / "trimap.png", "-o", files / "out",
        "--existing-alpha", how,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert read_alpha(files / "out" / "own.png")[20, 28] == pytest.approx(expected, abs=0.01)
    assert ("transparent parts of its own" in result.stderr) == (how == "ignore")


@pytest.mark.slow
def test_a_picture_below_the_least_confidence_is_written_and_reported_as_unsure(
    mattekit: Command, files: Path
) -> None:
    words = ["cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "out"]
    result = mattekit(*words, "--json", "--min-confidence", "1")
    assert result.exit_code == 1
    (entry,) = json.loads(result.stdout)["results"]
    assert entry["status"] == "unsure"
    assert entry["error"] is None
    assert 0.5 < entry["extra"]["confidence"] < 1
    assert f"confidence {entry['extra']['confidence']} is below 1" in entry["warnings"][0]
    assert error_of_alpha(files / "out" / "photo.png", files) < 0.01
    quiet = mattekit(*words, "--overwrite", "--quiet", "--min-confidence", "1")
    assert quiet.stderr.count("unsure") == 1
    result = mattekit(*words, "--overwrite", "--min-confidence", "0.5")
    assert result.exit_code == 0, result.stderr


@pytest.mark.slow
def test_a_photo_from_stdin_can_be_unsure_too(mattekit: Command, files: Path) -> None:
    photo = (files / "photo.png").read_bytes()
    words = ["cutout", "-", "--trimap", files / "trimap.png", "--min-confidence", "1"]
    result = mattekit(*words, given=photo)
    assert result.exit_code == 1
    assert "unsure: confidence" in result.stderr
    assert read_alpha(result.stdout_bytes).shape == SIZE


@pytest.mark.parametrize(
    ("words", "name"), [(["--model", "knn"], "knn"), (["--quality", "fast"], "closed-form")]
)
def test_a_model_that_does_not_say_how_sure_it_is_is_a_usage_error(
    mattekit: Command, files: Path, words: list[str], name: str
) -> None:
    result = mattekit(
        "cutout", files / "photo.png", "-o", files / "out", "--min-confidence", "0.9", *words
    )
    assert result.exit_code == 2
    assert f"{name} does not say how sure it is" in result.stderr
    assert "take compact at full quality" in result.stderr


@pytest.mark.slow
def test_sixteen_bits_are_written_when_asked(mattekit: Command, files: Path) -> None:
    mattekit(
        "cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "out",
        "--bits", "16",
    )  # fmt: skip
    assert open_picture(files / "out" / "photo.png").bits == 16


@pytest.mark.slow
def test_light_above_white_survives_in_exr(mattekit: Command, files: Path) -> None:
    linear = np.full((*SIZE, 3), 0.1, np.float32)
    linear[read_alpha(files / "alpha.png") > 0.5] = [4.0, 2.0, 0.5]
    write_image(files / "light.exr", linear, linear=True, bits=32)
    result = mattekit(
        "cutout", files / "light.exr", "--trimap", files / "trimap.png", "-o", files / "out"
    )
    assert result.exit_code == 0, result.stderr
    found = open_picture(files / "out" / "light.exr")
    assert found.linear is not None
    assert found.linear[20, 28].tolist() == pytest.approx([4.0, 2.0, 0.5], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["cover", "contain", "stretch"])
def test_a_background_of_another_size_is_fitted(mattekit: Command, files: Path, fit: str) -> None:
    result = mattekit(
        "cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "out",
        "--background", files / "hills.png", "--fit", fit,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    corner = read_image(files / "out" / "photo-on-hills.png")[0, 0]
    assert corner.tolist() == pytest.approx([0 if fit == "contain" else 0.25] * 3, abs=0.01)


def test_an_all_known_trimap_is_the_alpha_with_a_remark(mattekit: Command, files: Path) -> None:
    result = mattekit("cutout", files / "photo.png", "--trimap", files / "mask.png", "-o", files)
    assert result.exit_code == 2  # photo.png itself would be overwritten
    result = mattekit(
        "cutout", files / "photo.png", "--trimap", files / "mask.png", "-o", files / "out"
    )
    assert result.exit_code == 0, result.stderr
    assert "no unknown" in result.stderr
    assert (read_alpha(files / "out" / "photo.png") == read_alpha(files / "mask.png")).all()


def test_a_folder_that_cannot_be_made_is_a_sentence(mattekit: Command, files: Path) -> None:
    result = mattekit(
        "cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o",
        files / "photo.png" / "out",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "cannot create the folder" in result.stderr


@pytest.mark.slow
def test_a_photo_of_20_by_20_pixels_is_cut(mattekit: Command, files: Path) -> None:
    image = np.full((20, 20, 3), 0.1, np.float32)
    image[6:14, 6:14] = 0.9
    mask = np.zeros((20, 20), np.float32)
    mask[6:14, 6:14] = 1
    write_image(files / "tiny.png", image)
    write_image(files / "tiny-mask.png", np.repeat(mask[..., None], 3, 2))
    result = mattekit(
        "cutout", files / "tiny.png", "--mask", files / "tiny-mask.png", "-o", files / "out"
    )
    assert result.exit_code == 0, result.stderr
    assert np.abs(read_alpha(files / "out" / "tiny.png") - mask).mean() < 0.02


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A bright disc on dark ground, large enough for a segmenter."""
    rows, columns = np.indices((180, 240))
    inside = np.hypot(rows - 90, columns - 120) < 55
    grain = np.random.default_rng(2).normal(0, 0.03, (180, 240, 3))
    image = np.where(inside[..., None], [0.95, 0.85, 0.7], [0.1, 0.12, 0.15]) + grain
    write_image(tmp_path / "disc.png", image.clip(0, 1).astype(np.float32))
    return tmp_path / "disc.png"


@pytest.mark.slow
def test_without_a_hint_the_subject_is_found_and_both_confidences_are_told(
    mattekit: Command, disc: Path
) -> None:
    words = ["cutout", disc, "-o", disc.parent / "out", "--json"]
    result = mattekit(*words, "--min-confidence", "0.05")
    assert result.exit_code == 0, result.output
    extra = json.loads(result.stdout)["results"][0]["extra"]
    assert extra["segmenter"] == "small"
    assert 0.3 < extra["subject_confidence"] <= 1
    assert 0.5 < extra["confidence"] <= 1
    found = read_alpha(disc.parent / "out" / "disc.png")
    rows, columns = np.indices((180, 240))
    inside = np.hypot(rows - 90, columns - 120) < 55
    assert ((found > 0.5) == inside).mean() > 0.97


@pytest.mark.slow
def test_the_least_confidence_is_the_lower_of_edge_and_subject(
    mattekit: Command, files: Path
) -> None:
    doubtful = read_alpha(files / "mask.png").copy()
    doubtful[2:12, 2:12] = 1
    write_alpha(files / "doubtful.png", doubtful)
    words = ["cutout", files / "photo.png", "--mask", files / "doubtful.png", "-o", files / "out"]
    result = mattekit(*words, "--json", "--min-confidence", "0.9")
    assert result.exit_code == 1
    entry = json.loads(result.stdout)["results"][0]
    assert entry["extra"]["subject_confidence"] < 0.9
    assert "subject confidence" in entry["warnings"][0]


@pytest.mark.slow
def test_a_users_segmenter_is_used_and_its_terms_are_told(mattekit: Command, disc: Path) -> None:
    path = grey(disc.with_name("net.onnx"))
    path.with_suffix(".yaml").write_text("size: [90, 120]\nstretch: true\nlicence: MIT\n")
    words = ["cutout", disc, "-o", disc.parent / "out", "--segmenter", path]
    result = mattekit(*words, "--json")
    extra = json.loads(result.stdout)["results"][0]["extra"]
    assert extra["segmenter"] == "net"
    assert extra["terms"]["weights"] == "MIT"
    with PIL.Image.open(disc.parent / "out" / "disc.png") as written:
        described = written.getexif()[PIL.ExifTags.Base.ImageDescription]
    assert described.startswith("subject found by net: code MIT; weights MIT")
    refused = mattekit(*words, "--overwrite", "--commercial-only")
    assert refused.exit_code == 1
    assert "net.onnx is refused by --commercial-only" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("answer", [True, False])
def test_at_a_terminal_a_stronger_segmenter_is_offered_once_where_the_own_one_is_unsure(
    mattekit: Command,
    files: Path,
    disc: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,
) -> None:
    monkeypatch.setenv("MATTEKIT_MODELS", str(files / "models"))
    write_image(files / "flat.png", np.full((*SIZE, 3), 0.5, np.float32))
    offered: list[str] = []

    def obtain(entry: RegisteredModel, *, accepted: bool) -> bool:
        offered.append(entry.id)
        assert not accepted
        if answer:
            entry.folder.mkdir(parents=True)
            grey(entry.paths[0])
        return answer

    command._accepted.cache_clear()
    monkeypatch.setattr(command, "obtain", obtain)
    monkeypatch.setattr(command, "_at_terminal", lambda: True)
    flat = mattekit("cutout", files / "flat.png", "-o", files / "out")
    assert flat.exit_code == 1  # the stronger one finds nothing in it either
    assert ("u2netp is" in flat.stderr) == answer
    mattekit("cutout", files / "flat.png", "-o", files / "out")
    assert offered == ["u2netp"]
    command._accepted.cache_clear()


@pytest.mark.slow
def test_points_on_and_beside_the_subject(mattekit: Command, files: Path) -> None:
    points = ["--point", "28,20", "--not-point", "3,3", "--not-point", "50,36"]
    result = mattekit("cutout", files / "photo.png", "-o", files / "out", *points)
    assert result.exit_code == 0, result.output
    alpha = read_alpha(files / "out" / "photo.png")
    assert alpha[20, 28] > 0.9
    assert alpha[3, 3] < 0.1


def test_a_result_that_would_be_too_large_is_refused_before_the_matting(
    mattekit: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*words: object, **options: object) -> None:
        raise AssertionError("the photo was cut out")

    monkeypatch.setattr(command, "cut_picture", never)
    words = ("cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "out")
    for wish in (["--longest", "99999"], ["--canvas", "99999x99999"], ["--crop", "--margin", 1e5]):
        result = mattekit(*words, *wish)
        assert result.exit_code == 1
        assert "more than the limit of 150.0" in result.stderr


@pytest.mark.slow
def test_strokes_repair_an_alpha_and_leave_the_rest(mattekit: Command, files: Path) -> None:
    broken = read_alpha(files / "alpha.png").copy()
    broken[18:23, 26:31] = 0
    write_alpha(files / "broken.png", broken)
    strokes = np.full((40, 56), UNKNOWN, np.uint8)
    strokes[19:22, 27:30] = FOREGROUND
    write_trimap(files / "strokes.png", strokes)
    words = ["cutout", files / "photo.png", "-o", files / "out", "--save", "alpha"]
    result = mattekit(*words, "--alpha", files / "broken.png", "--repair", files / "strokes.png")
    assert result.exit_code == 0, result.output
    alpha = read_alpha(files / "out" / "photo.png")
    assert (alpha[18:23, 26:31] > 0.9).all()
    away = np.ones_like(alpha, np.bool_)
    away[14:27, 22:35] = False
    assert np.array_equal(alpha[away], broken[away])
    alone = mattekit(*words, "--overwrite", "--repair", files / "strokes.png")
    assert alone.exit_code == 2
    assert "go together" in alone.stderr
    words += ["--overwrite", "--alpha", files / "broken.png", "--repair", files / "strokes.png"]
    hinted = mattekit(*words, "--mask", files / "mask.png")
    assert hinted.exit_code == 2
    assert "leave hints such as --mask and --box out" in hinted.stderr


@pytest.mark.slow
def test_a_product_picture_is_cropped_square_with_a_margin(mattekit: Command, files: Path) -> None:
    words = ["cutout", files / "photo.png", "--mask", files / "mask.png", "-o", files / "out"]
    result = mattekit(*words, "--crop", "--margin", "3%", "--square", "--longest", "120")
    assert result.exit_code == 0, result.output
    alpha = read_alpha(files / "out" / "photo.png")
    assert alpha.shape == (120, 120)
    assert 90 < np.ptp(np.flatnonzero((alpha > 0.5).any(axis=1))) < 119
    both = mattekit(*words, "--overwrite", "--grow", "1", "--shrink", "1")
    assert both.exit_code == 2
