"""Every published data set, in a tree written by hand after the listing of its own README."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.trees import SIZE, colours, draw, grow, soft_square

from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data import public_test_set
from mattekit.data.sources.adobe import AdobeConfig, Composition1kConfig
from mattekit.data.sources.folders import (
    Aim500Config,
    AlphamattingConfig,
    Am2kConfig,
    CompositesConfig,
)
from mattekit.data.sources.lists import (
    ListedCompositesConfig,
    PictureListConfig,
    SampleNetTrainConfig,
)
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_image, write_image

JPEG = 0.03
"""What JPEG changes of the smooth pictures here."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def read(config: Any, index: int = 0) -> Sample:
    sample: Sample = config.open().sample(index, rng())
    assert sample.alpha.shape == sample.image.shape[:2]
    return sample


def shows(plane: Any, stem: str) -> bool:
    """Whether colours are those of the picture of that name."""
    height, width = plane.shape[:2]
    return bool(np.abs(plane - colours(stem, (height, width))).max() < JPEG)


ADOBE = """
    Combined_Dataset/Training_set/Adobe-licensed images/fg/1-1252426161dfXY.jpg
    Combined_Dataset/Training_set/Adobe-licensed images/alpha/1-1252426161dfXY.jpg
    Combined_Dataset/Training_set/Adobe-licensed images/fg/Thumbs.db: not a picture
    Combined_Dataset/Training_set/Other/fg/a woman's veil.PNG
    Combined_Dataset/Training_set/Other/alpha/a woman's veil.PNG
    Combined_Dataset/Training_set/training_fg_names.txt: 1-1252426161dfXY.jpg; a woman's veil.PNG
    Combined_Dataset/Training_set/training_bg_names.txt: COCO_train2014_000000000092.jpg;\
        COCO_train2014_000000000113.jpg; COCO_train2014_000000000127.jpg;\
        COCO_train2014_000000000092.jpg; COCO_train2014_000000000144.jpg
    Combined_Dataset/Test_set/Adobe-licensed images/fg/boy-1518482_1920.png
    Combined_Dataset/Test_set/Adobe-licensed images/alpha/boy-1518482_1920.png
    Combined_Dataset/Test_set/Adobe-licensed images/trimaps/boy-1518482_1920_0.png
    Combined_Dataset/Test_set/Adobe-licensed images/trimaps/boy-1518482_1920_1.png
    Combined_Dataset/Test_set/test_fg_names.txt: boy-1518482_1920.png
    Combined_Dataset/Test_set/test_bg_names.txt: 2007_000032.jpg; 2007_000033.jpg
    train2014/COCO_train2014_000000000092.jpg
    train2014/COCO_train2014_000000000113.jpg
    train2014/COCO_train2014_000000000127.jpg
    JPEGImages/2007_000032.jpg
    JPEGImages/2007_000033.jpg
"""


class TestAdobe:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return grow(tmp_path, ADOBE)

    def config(self, root: Path, **options: Any) -> AdobeConfig:
        chosen = {"backgrounds": str(root / "train2014"), "backgrounds_per_foreground": 2}
        return AdobeConfig(root=str(root / "Combined_Dataset"), **chosen | options)

    def test_foreground_i_meets_its_lines_of_a_list_that_may_be_longer(self, root: Path) -> None:
        source = self.config(root).open()
        assert source.names == ("1-1252426161dfXY",) * 2 + ("a woman's veil",) * 2
        assert [source.sample(index, rng()).name[-3:] for index in range(4)] == [
            "092",
            "113",
            "127",
            "092",
        ]
        sample = source.sample(2, rng())
        assert shows(sample.foreground, "a woman's veil")
        assert shows(sample.background, "COCO_train2014_000000000127")
        assert public_test_set(source) is None
        assert "not for commercial use" in source.licence

    def test_drawn_backgrounds_come_from_the_whole_list(self, root: Path) -> None:
        draw(root / "train2014" / "COCO_train2014_000000000144.jpg")
        source = self.config(root, pairing="drawn", backgrounds_per_foreground=1).open()
        found = {source.sample(0, rng(seed)).name[-3:] for seed in range(40)}
        assert (len(source), found) == (2, {"092", "113", "127", "144"})

    def test_folders_may_be_spelt_with_underscores_and_the_root_lie_one_higher(
        self, root: Path
    ) -> None:
        training = root / "Combined_Dataset" / "Training_set"
        (training / "Adobe-licensed images").rename(training / "Adobe-licensed_images")
        assert len(AdobeConfig(root=str(root), backgrounds=str(root / "train2014"),
                               backgrounds_per_foreground=1).open()) == 2  # fmt: skip

    def test_pictures_of_coco_2017_go_by_their_shorter_names(self, root: Path) -> None:
        for path in (root / "train2014").iterdir():
            path.rename(path.with_name(path.name.removeprefix("COCO_train2014_")))
        assert read(self.config(root)).name.endswith("over 000000000092")

    def test_what_is_missing_is_named(self, root: Path) -> None:
        with pytest.raises(BadData, match="lists 5 backgrounds, but 2 foregrounds with 3"):
            self.config(root, backgrounds_per_foreground=3).open()
        (root / "train2014" / "COCO_train2014_000000000113.jpg").unlink()
        with pytest.raises(BadData, match=r"1 of 7 files .*000000000113\.jpg"):
            self.config(root).open()
        (root / "Combined_Dataset/Training_set/Other/alpha/a woman's veil.PNG").unlink()
        (root / "Combined_Dataset/Training_set/Other/alpha/b.PNG").write_bytes(b"stray")
        with pytest.raises(BadData, match=r"2 of 7 files .*alpha/a woman's veil\.PNG"):
            self.config(root).open()
        with pytest.raises(
            BadData, match=r"no folder 'Training_set' in .*folders there: alpha, fg"
        ):
            AdobeConfig(
                root=str(root / "Combined_Dataset" / "Training_set" / "Other"),
                backgrounds=str(root / "train2014"),
            ).open()

    def test_foregrounds_of_the_test_list_make_it_a_test_set(self, root: Path) -> None:
        test = root / "Combined_Dataset" / "Test_set" / "test_fg_names.txt"
        test.write_text("a woman's veil.png\n")
        assert public_test_set(self.config(root).open()) == "Composition-1k"


class TestComposition1k:
    def config(self, root: Path, **options: Any) -> Composition1kConfig:
        return Composition1kConfig(
            root=str(root / "Combined_Dataset"),
            backgrounds=str(root / "JPEGImages"),
            backgrounds_per_foreground=2,
            **options,
        )

    def test_composites_are_numbered_as_their_trimaps_are(self, tmp_path: Path) -> None:
        source = self.config(grow(tmp_path, ADOBE)).open()
        samples = [source.sample(index, rng()) for index in range(len(source))]
        assert [sample.name for sample in samples] == ["boy-1518482_1920_0", "boy-1518482_1920_1"]
        assert source.names == ("boy-1518482_1920",) * 2
        assert public_test_set(source) == "Composition-1k"
        assert shows(samples[1].background, "2007_000033")

    def test_pictures_have_8_bits_truncated_as_published(self, tmp_path: Path) -> None:
        sample = read(self.config(grow(tmp_path, ADOBE)))
        exact = over(sample.foreground, sample.alpha[..., None], sample.background)
        np.testing.assert_array_equal(np.rint(sample.image * 255), np.floor(exact * 255 + 1e-4))

    def test_without_its_lists_or_trimaps_it_is_refused(self, tmp_path: Path) -> None:
        root = grow(tmp_path, ADOBE)
        test = root / "Combined_Dataset" / "Test_set"
        (test / "Adobe-licensed images" / "trimaps" / "boy-1518482_1920_1.png").unlink()
        with pytest.raises(BadData, match=r"1 of 2 composites have no trimap, .*1920_1"):
            self.config(root).open()
        (test / "test_bg_names.txt").unlink()
        with pytest.raises(BadData, match=r"test_bg_names\.txt"):
            self.config(root).open()


MERGED = """
    Train/alpha/1-1252426161dfXY.jpg
    Train/fg/1-1252426161dfXY.jpg
    Train/merged_cv/1-1252426161dfXY_0.png
    Train/merged_cv/1-1252426161dfXY_1.png
    Train/merged_cv/.DS_Store: stray
    Train/training_set.txt:\
        1-1252426161dfXY.jpg COCO_train2014_000000000092.jpg 1-1252426161dfXY_0.png;\
        1-1252426161dfXY.jpg COCO_train2014_000000000113.jpg 1-1252426161dfXY_1.png
    MSCOCO/train2014/COCO_train2014_000000000092.jpg
    MSCOCO/train2014/COCO_train2014_000000000113.jpg
"""


class TestMerged:
    def test_a_row_is_read_as_foreground_background_and_composite(self, tmp_path: Path) -> None:
        root = grow(tmp_path, MERGED)
        behind = str(root / "MSCOCO" / "train2014")
        config = ListedCompositesConfig(root=str(root / "Train"), backgrounds=behind)
        sample = read(config, 1)
        assert config.open().names == ("1-1252426161dfXY",) * 2
        assert shows(sample.image, "1-1252426161dfXY_1")
        assert shows(sample.foreground, "1-1252426161dfXY")
        assert shows(sample.background, "COCO_train2014_000000000113")
        assert read(ListedCompositesConfig(root=str(root / "Train"))).background is None

    def test_the_background_is_the_top_left_part_of_its_file(self, tmp_path: Path) -> None:
        root = grow(tmp_path, MERGED)
        wide = colours("wide", (60, 80))
        write_image(root / "MSCOCO/train2014/COCO_train2014_000000000092.jpg", wide)
        behind = str(root / "MSCOCO" / "train2014")
        sample = read(ListedCompositesConfig(root=str(root / "Train"), backgrounds=behind))
        np.testing.assert_allclose(sample.background, wide[: SIZE[0], : SIZE[1]], atol=JPEG)

    def test_names_with_spaces_are_parted_by_tabs(self, tmp_path: Path) -> None:
        root = grow(tmp_path, "alpha/my veil.png\nfg/my veil.png\nmerged_cv/my veil_0.png")
        (root / "training_set.txt").write_text("my veil.png\tb.jpg\tmy veil_0.png\n")
        assert read(ListedCompositesConfig(root=str(root))).name == "my veil_0"
        (root / "training_set.txt").write_text("my veil.png b.jpg my veil_0.png\n")
        with pytest.raises(BadData, match=r"has 5 columns and 3 are expected.*by tabs"):
            ListedCompositesConfig(root=str(root)).open()


COMP = """
    Test_set/comp/image/a wine glass_0.png
    Test_set/comp/image/a wine glass_17.png
    Test_set/comp/fg/a wine glass_0.png
    Test_set/comp/fg/a wine glass_17.png
    Test_set/comp/bg/a wine glass_0.png
    Test_set/comp/bg/a wine glass_17.png
    Test_set/comp/alpha/a wine glass_0.png
    Test_set/comp/alpha/a wine glass_17.png
    Test_set/comp/trimap/a wine glass_0.png
    Test_set/comp/trimap/a wine glass_17.png
"""


class TestComp:
    def test_planes_of_the_same_names_belong_together(self, tmp_path: Path) -> None:
        root = grow(tmp_path, COMP)
        source = CompositesConfig(root=str(root / "Test_set" / "comp")).open()
        assert source.names == ("a wine glass", "a wine glass")
        sample = source.sample(1, rng())
        assert sample.name == "a wine glass_17"
        assert shows(sample.background, "a wine glass_17")
        assert set(np.unique(sample.trimap)) == {0, 1, 2}

    def test_the_test_list_beside_it_tells_that_it_is_composition_1k(self, tmp_path: Path) -> None:
        root = grow(tmp_path, COMP)
        config = CompositesConfig(root=str(root / "Test_set" / "comp"))
        assert public_test_set(config.open()) is None
        (root / "Test_set" / "test_fg_names.txt").write_text("a wine glass.png\n")
        assert public_test_set(config.open()) == "Composition-1k"

    def test_a_training_set_has_no_trimaps_and_gets_bands(self, tmp_path: Path) -> None:
        root = grow(tmp_path, "image/a_0.png\nfg/a_0.png\nbg/a_0.png\nalpha/a_0.png")
        sample = read(CompositesConfig(root=str(root), band=(1, 1)))
        assert sample.trimap is not None
        assert sample.trimap[4].max() == 1

    def test_a_plane_that_is_missing_or_of_another_size_is_named(self, tmp_path: Path) -> None:
        root = grow(tmp_path, COMP) / "Test_set" / "comp"
        draw(root / "bg" / "a wine glass_0.png", (30, 32))
        with pytest.raises(BadData, match=r"bg/a wine glass_0\.png is 32x30"):
            read(CompositesConfig(root=str(root)))
        (root / "bg" / "a wine glass_17.png").unlink()
        with pytest.raises(BadData, match=r"1 of 2 pictures are not in .*bg: a wine glass_17\.png"):
            CompositesConfig(root=str(root)).open()


AIM500 = """
    AIM-500/original/o_0b7228ec.jpg
    AIM-500/original/o_0c8f03f0.jpg
    AIM-500/original/.DS_Store: stray
    AIM-500/mask/o_0b7228ec.png
    AIM-500/mask/o_0c8f03f0.png
    AIM-500/trimap/o_0b7228ec.png
    AIM-500/trimap/o_0c8f03f0.png
    BG20K/train/h_0a0b8b6c.jpg
    BG20K/testval/h_0a4a8c7f.JPG
    dataset_labels.csv: original,trimap,mask,background,split;\
        AIM-500/original/o_0c8f03f0.jpg,AIM-500/trimap/o_0c8f03f0.png,\
AIM-500/mask/o_0c8f03f0.png,BG20K/testval/h_0a4a8c7f.JPG,train;\
        AIM-500/original/o_0b7228ec.jpg,AIM-500/trimap/o_0b7228ec.png,\
AIM-500/mask/o_0b7228ec.png,BG20K/train/h_0a0b8b6c.jpg,test
"""


class TestAim500:
    def test_photographs_come_as_they_are(self, tmp_path: Path) -> None:
        source = Aim500Config(root=str(grow(tmp_path, AIM500))).open()
        sample = source.sample(1, rng())
        assert source.names == ("o_0b7228ec", "o_0c8f03f0")
        assert shows(sample.image, "o_0c8f03f0")
        assert (sample.foreground, sample.background) == (None, None)
        assert public_test_set(source) == "AIM-500"

    def test_a_row_of_the_table_is_a_composite_with_the_trimap_of_its_photograph(
        self, tmp_path: Path
    ) -> None:
        root = grow(tmp_path, AIM500)
        labels = str(root / "dataset_labels.csv")
        source = Aim500Config(root=str(root), labels=labels, split="train").open()
        assert source.names == ("o_0c8f03f0",)
        sample = source.sample(0, rng())
        assert sample.name == "o_0c8f03f0 over h_0a4a8c7f"
        assert shows(sample.foreground, "o_0c8f03f0")
        assert sample.trimap is not None
        assert (sample.trimap == 2).sum() == (soft_square() == 1)[1:-1, 1:-1].sum() - 2 * 8 - 2 * 14

    def test_a_background_is_scaled_before_its_part_is_taken(self, tmp_path: Path) -> None:
        root = grow(tmp_path, AIM500)
        labels = str(root / "dataset_labels.csv")
        sample = read(Aim500Config(root=str(root), labels=labels))
        assert sample.background is not None
        assert np.ptp(sample.background, axis=1).max() < 0.03  # 24x32 enlarged to 2000 or more

    def test_clean_colours_are_read_where_they_were_made(self, tmp_path: Path) -> None:
        root = grow(tmp_path, AIM500)
        config = Aim500Config(
            root=str(root), labels=str(root / "dataset_labels.csv"), foreground="estimated"
        )
        with pytest.raises(BadData, match="there is no folder 'fg'"):
            config.open()
        path = root / "AIM-500" / "fg" / "o_0c8f03f0.png"
        write_image(path, colours("clean"))
        assert shows(read(config).foreground, "clean")

    def test_a_table_that_does_not_fit_is_refused(self, tmp_path: Path) -> None:
        root = grow(tmp_path, AIM500)
        labels = root / "dataset_labels.csv"
        (root / "AIM-500" / "mask" / "o_0c8f03f0.png").unlink()
        with pytest.raises(BadData, match=r"1 of 4 files .*labels\.csv names .*mask/o_0c8f03f0"):
            Aim500Config(root=str(root), labels=str(labels)).open()
        labels.write_text("original,trimap,mask,split\n")
        with pytest.raises(BadData, match="no column 'background'"):
            Aim500Config(root=str(root), labels=str(labels)).open()
        labels.write_text("original,trimap,mask,background,split\na,b,c,d,test\n")
        with pytest.raises(BadData, match=r"no row .* split 'train'"):
            Aim500Config(root=str(root), labels=str(labels)).open()


AM2K = """
    AM-2k/train/original/m_0a6c2018.jpg
    AM-2k/train/mask/m_0a6c2018.png
    AM-2k/train/fg/m_0a6c2018.png
    AM-2k/train/bg/m_0a6c2018.jpg
    AM-2k/train/original_denoise/m_0a6c2018.jpg
    AM-2k/train/fg_denoise/m_0a6c2018.png
    AM-2k/validation/original/m_0aa9dd6a.jpg
    AM-2k/validation/mask/m_0aa9dd6a.png
    AM-2k/validation/trimap/m_0aa9dd6a.png
    BG-20k/train/h_0a0b8b6c.jpg
    BG-20k/train_denoise/h_0a0b8b6c.jpg
    BG-20k/testval/h_0a4a8c7f.jpg
    COCO/train/COCO_train2014_000000000092.jpg
"""


class TestAm2k:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = grow(tmp_path, AM2K)
        for cleaned in (
            "AM-2k/train/fg_denoise/m_0a6c2018.png",
            "BG-20k/train_denoise/h_0a0b8b6c.jpg",
        ):
            write_image(root / cleaned, colours("cleaned"))
        return root

    def test_the_natural_picture_has_the_estimated_colours_beside_it(self, root: Path) -> None:
        write_image(root / "AM-2k/train/fg/m_0a6c2018.png", colours("clean subject"))
        write_image(root / "AM-2k/train/bg/m_0a6c2018.jpg", colours("what is behind"))
        source = Am2kConfig(root=str(root / "AM-2k")).open()
        sample = source.sample(0, rng())
        assert source.names == ("m_0a6c2018",)
        assert shows(sample.image, "m_0a6c2018")
        assert shows(sample.foreground, "clean subject")
        assert shows(sample.background, "what is behind")
        assert public_test_set(source) is None
        easier = read(Am2kConfig(root=str(root / "AM-2k"), foreground="photo"))
        assert (easier.foreground, easier.background) == (None, None)

    def test_validation_has_its_own_trimaps_and_is_a_test_set(self, root: Path) -> None:
        source = Am2kConfig(root=str(root), split="validation").open()
        sample = source.sample(0, rng())
        assert sample.name == "m_0aa9dd6a"
        np.testing.assert_array_equal(sample.trimap == 2, sample.trimap == sample.trimap.max())
        assert public_test_set(source) == "AM-2k/validation"

    @pytest.mark.parametrize(
        ("folder", "stem"),
        [("BG-20k/train", "h_0a0b8b6c"), ("COCO/train", "COCO_train2014_000000000092")],
    )
    def test_animals_are_seen_before_five_other_backgrounds_an_epoch(
        self, root: Path, folder: str, stem: str
    ) -> None:
        config = Am2kConfig(root=str(root / "AM-2k"), backgrounds=str(root / folder))
        assert config.open().names == ("m_0a6c2018",) * 5
        assert shows(read(config).background, stem)

    def test_foreground_and_background_are_denoised_together(self, root: Path) -> None:
        source = Am2kConfig(
            root=str(root / "AM-2k"),
            backgrounds=str(root / "BG-20k" / "train"),
            denoised=0.5,
            denoised_backgrounds=str(root / "BG-20k" / "train_denoise"),
        ).open()
        samples = [source.sample(0, rng(seed)) for seed in range(30)]
        clean = [shows(sample.foreground, "cleaned") for sample in samples]
        assert clean == [shows(sample.background, "cleaned") for sample in samples]
        assert 5 < sum(clean) < 25

    def test_folders_that_are_still_to_be_made_are_named(self, root: Path) -> None:
        with pytest.raises(BadData, match="denoised_backgrounds names no folder"):
            Am2kConfig(
                root=str(root), backgrounds=str(root / "COCO" / "train"), denoised=0.5
            ).open()
        for path in (root / "AM-2k" / "train" / "fg").iterdir():
            path.unlink()
        (root / "AM-2k" / "train" / "fg").rmdir()
        with pytest.raises(BadData, match="there is no folder 'fg'"):
            Am2kConfig(root=str(root)).open()


class TestSampleNet:
    def test_rows_name_picture_and_trimap(self, tmp_path: Path) -> None:
        root = grow(
            tmp_path,
            """
            rgb/GT04.png
            trimap/GT04.png
            alpha/GT04.PNG
            val_set.txt: rgb/GT04.png trimap/GT04.png
            """,
        )
        sample = read(PictureListConfig(root=str(root)))
        assert sample.name == "GT04"
        assert shows(sample.image, "GT04")
        np.testing.assert_allclose(sample.alpha, soft_square(), atol=0.01)

    def test_rows_of_five_columns_name_every_plane(self, tmp_path: Path) -> None:
        root = grow(
            tmp_path,
            """
            rgb/a.png
            alpha/a matte.png
            trimap/t.png
            fg/f.png
            bg/b.png
            """,
        )
        (root / "val_set.txt").write_text(
            "rgb/a.png\talpha/a matte.png\ttrimap/t.png\tfg/f.png\tbg/b.png\n"
        )
        sample = read(PictureListConfig(root=str(root)))
        assert shows(sample.foreground, "f")
        assert shows(sample.background, "b")

    def test_pictures_that_the_list_names_must_be_there(self, tmp_path: Path) -> None:
        listing = "trimap/a.png\nalpha/a.png\nval_set.txt: rgb/a.png trimap/a.png"
        with pytest.raises(BadData, match=r"1 of 2 files .*val_set\.txt names .*rgb/a\.png"):
            PictureListConfig(root=str(grow(tmp_path, listing))).open()

    def test_without_true_alphas_it_says_what_can_be_done(self, tmp_path: Path) -> None:
        listing = "rgb/a.png\ntrimap/a.png\nval_set.txt: rgb/a.png trimap/a.png"
        with pytest.raises(BadData, match=r"no true alphas; put them into .* predict --list"):
            PictureListConfig(root=str(grow(tmp_path, listing))).open()


class TestSampleNetTrain:
    LISTING = """
        fg/one.png
        alpha/one.png
        fg/two.png
        alpha/two.png
        bg/b 0.jpg
        bg/b 1.jpg
        bg/b 2.jpg
        fg_train_set.txt: fg/one.png alpha/one.png; fg/two.png alpha/two.png
        bg_train_set.txt: bg/b 0.jpg; bg/b 1.jpg; bg/b 2.jpg
        fg_val_set.txt: fg/two.png alpha/two.png; fg/one.png alpha/one.png
        bg_val_set.txt: bg/b 2.jpg; bg/b 0.jpg
    """

    def test_an_epoch_is_as_long_as_the_list_of_backgrounds(self, tmp_path: Path) -> None:
        source = SampleNetTrainConfig(root=str(grow(tmp_path, self.LISTING))).open()
        assert source.names == ("one", "two", "one")
        behind = {source.sample(1, rng(seed)).name for seed in range(20)}
        assert behind == {"two over b 0", "two over b 1", "two over b 2"}

    def test_half_of_the_pictures_have_two_foregrounds(self, tmp_path: Path) -> None:
        root = grow(tmp_path, self.LISTING, (40, 48))
        source = SampleNetTrainConfig(root=str(root)).open()
        single = soft_square((40, 48))
        two = [
            not np.allclose(source.sample(0, rng(seed)).alpha, single, atol=0.01)
            for seed in range(60)
        ]
        assert 18 < sum(two) < 42

    def test_validation_meets_line_by_line(self, tmp_path: Path) -> None:
        root = grow(tmp_path, self.LISTING)
        config = SampleNetTrainConfig(root=str(root), split="validation")
        assert [read(config, index).name for index in range(2)] == [
            "two over b 2",
            "one over b 0",
        ]
        (root / "bg_val_set.txt").write_text("bg/b 2.jpg\n")
        with pytest.raises(BadData, match="2 foregrounds and 1 backgrounds"):
            config.open()

    def test_files_that_a_list_names_must_be_there(self, tmp_path: Path) -> None:
        root = grow(tmp_path, self.LISTING)
        (root / "alpha" / "two.png").unlink()
        with pytest.raises(BadData, match=r"1 of 7 files .*alpha/two\.png"):
            SampleNetTrainConfig(root=str(root)).open()


class TestAlphamatting:
    LISTING = """
        input_training_lowres/GT01.png
        gt_training_lowres/GT01.png
        trimap_training_lowres/Trimap1/GT01.png
        trimap_training_lowres/Trimap2/GT01.png
        input_lowres/doll.png
        trimap_lowres/Trimap1/doll.png
        trimap_lowres/Trimap2/doll.png
        trimap_lowres/Trimap3/doll.png
    """

    def test_the_pictures_with_public_alphas_are_read(self, tmp_path: Path) -> None:
        root = grow(tmp_path, self.LISTING)
        (root / "trimap_training_lowres/Trimap2/GT01.png").write_bytes(
            (root / "input_lowres/doll.png").read_bytes()[:20]
        )
        sample = read(AlphamattingConfig(root=str(root)))
        assert sample.name == "GT01"
        np.testing.assert_allclose(sample.alpha, soft_square(), atol=0.01)
        with pytest.raises(Exception, match=r"Trimap2/GT01\.png"):
            read(AlphamattingConfig(root=str(root), trimap=2))

    def test_the_test_pictures_alone_can_only_be_predicted(self, tmp_path: Path) -> None:
        lines = [line for line in self.LISTING.splitlines() if "training" not in line]
        root = grow(tmp_path, "\n".join(lines))
        with pytest.raises(BadData, match="predict --alphamatting"):
            AlphamattingConfig(root=str(root)).open()


def test_files_are_read_whatever_the_case_of_their_suffix(tmp_path: Path) -> None:
    """Masks in another case than their pictures, and with accents stored in two ways."""
    root = grow(tmp_path, "original/Ca\u0301t.JPG\nmask/C\u00e1t.png\ntrimap/C\u00e1t.Png")
    sample = read(Aim500Config(root=str(root)))
    assert np.array_equal(sample.image, read_image(root / "original" / "Ca\u0301t.JPG"))
