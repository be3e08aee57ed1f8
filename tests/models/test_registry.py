"""The list of public models, and descriptions of users' own files."""

from pathlib import Path

import pytest

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.registry import ModelFile, describe_file, registered, registry


def test_every_entry_says_what_it_is_whence_and_on_which_terms() -> None:
    assert len(registry()) >= 20
    for entry in registry().values():
        assert entry.about
        assert entry.source.startswith("https://")
        assert entry.files
        assert entry.licence.commercial in ("yes", "no", "unclear")
        assert entry.kind in ("segmenter", "prompted", "trimap")
        assert (len(entry.files) == 2) == (entry.kind == "prompted")
        for file in entry.files:
            if file.url:
                assert file.url.startswith("https://")
                assert file.downloadable, f"{file.name} could not be checked"
            for number, digits in ((file.sha256, 64), (file.md5, 32)):
                assert number is None or (len(number) == digits and int(number, 16) >= 0)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadArgument, match="there are u2netp, u2net, "):
        registered("rembg")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("size: 320", "size is 320; write 2 numbers"),
        ("mean: [0.5]", "mean is .*; write 3 numbers"),
        ("fit: crop", "fit is 'crop'; choose from squash, letterbox"),
        ("sise: [1, 1]", "there is no key 'sise'; choose from size, fit"),
        ("scale: 1/255", "scale is '1/255'; write a number"),
        ("stretch: 7", "stretch is 7; write true or false"),
        ("output: [1]", "output is .*; write a name or a number"),
        ("multiple: 0", "multiple is 0; write a whole number from 1"),
        ("size: [0, 8]", "size is .*; write 2 numbers, whole and from 1"),
        ("std: [1, 0, 1]", "std is .*; write 3 numbers that are not 0"),
        ("licence: {code: MIT}", "licence lacks weights, data, commercial"),
        ("- 1", "holds no `key: value` lines"),
        ("a: [", "is not readable as YAML"),
    ],
)
def test_a_bad_description_is_refused_with_its_first_mistake(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "net.yaml").write_text(text)
    with pytest.raises(BadWeights, match=sentence):
        describe_file(tmp_path / "net.onnx")


def test_a_description_sets_input_output_and_terms(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "size: [320, 480]\nmean: [0.5, 0.5, 0.5]\nactivation: sigmoid\noutput: 2\nlicence: MIT\n"
    )
    arrangement, output, terms = describe_file(tmp_path / "net.onnx")
    assert (arrangement.size, arrangement.mean) == ((320, 480), (0.5, 0.5, 0.5))
    assert (output.activation, output.output) == ("sigmoid", 2)
    assert terms is not None
    assert terms.weights == "MIT"
    assert terms.commercial == "unclear"


def test_a_file_without_a_description_is_refused_unless_its_checksum_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"weights")
    with pytest.raises(BadWeights, match=r"there is no net.yaml next to it"):
        describe_file(file)
    monkeypatch.setattr(ModelFile, "fits", lambda self, path: self.name == "u2net.onnx")
    arrangement, _, terms = describe_file(file)
    assert arrangement.size == (320, 320)
    assert terms is not None
    assert terms.commercial == "yes"
