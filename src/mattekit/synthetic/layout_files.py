"""The files of a scene in every layout, named as the published data sets name theirs.

Each function gives plane and place for the scene of a number; those that end in `_lists` give the
lines of the text files that belong to all. Where a set has two splits, every fourth scene goes to
the second.
"""

from collections.abc import Iterator, Sequence

Places = list[tuple[str, str]]
Lists = dict[str, list[str]]

ADOBE = "Combined_Dataset/Training_set"
TEST = "Combined_Dataset/Test_set"
TRAIN_BACKGROUNDS, TEST_BACKGROUNDS = 100, 20
"""Backgrounds that Adobe's lists have for every foreground."""


def stem(number: int) -> str:
    """The name of a scene where the set has no names of its own."""
    return f"scene-{number:06d}"


def coco(number: int) -> str:
    """The name of a picture of COCO 2014."""
    return f"COCO_train2014_{number:012d}.jpg"


def voc(number: int) -> str:
    """The name of a picture of VOC 2012."""
    return f"2007_{number:06d}.jpg"


def second_split(number: int) -> bool:
    """Whether a scene belongs to validation or test."""
    return number % 4 == 3


def plain(number: int) -> Places:
    planes = ("image", "alpha", "trimap", "foreground", "background")
    return [(plane, f"{plane}/{stem(number)}.png") for plane in planes]


def adobe(number: int) -> Places:
    part = "Other" if number % 2 else "Adobe-licensed images"
    return [
        ("foreground", f"{ADOBE}/{part}/fg/{stem(number)}.png"),
        ("alpha", f"{ADOBE}/{part}/alpha/{stem(number)}.png"),
        ("background", f"train2014/{coco(number)}"),
    ]


def adobe_lists(numbers: Sequence[int]) -> Lists:
    return {
        f"{ADOBE}/training_fg_names.txt": [f"{stem(number)}.png" for number in numbers],
        f"{ADOBE}/training_bg_names.txt": [
            coco(number) for number in _round(numbers, TRAIN_BACKGROUNDS)
        ],
    }


def composition1k(number: int) -> Places:
    folder = f"{TEST}/Adobe-licensed images"
    trimaps = [
        ("trimap", f"{folder}/trimaps/{stem(number)}_{k}.png") for k in range(TEST_BACKGROUNDS)
    ]
    return [
        ("foreground", f"{folder}/fg/{stem(number)}.png"),
        ("alpha", f"{folder}/alpha/{stem(number)}.png"),
        ("background", f"JPEGImages/{voc(number)}"),
        *trimaps,
    ]


def composition1k_lists(numbers: Sequence[int]) -> Lists:
    return {
        f"{TEST}/test_fg_names.txt": [f"{stem(number)}.png" for number in numbers],
        f"{TEST}/test_bg_names.txt": [voc(number) for number in _round(numbers, TEST_BACKGROUNDS)],
    }


def merged(number: int) -> Places:
    return [
        ("alpha", f"Train/alpha/{stem(number)}.png"),
        ("foreground", f"Train/fg/{stem(number)}.png"),
        ("background", f"MSCOCO/train2014/{coco(number)}"),
        ("composite", f"Train/merged_cv/{stem(number)}_0.png"),
    ]


def merged_lists(numbers: Sequence[int]) -> Lists:
    rows = [f"{stem(number)}.png {coco(number)} {stem(number)}_0.png" for number in numbers]
    return {"Train/training_set.txt": rows}


def comp(number: int) -> Places:
    folders = {"image": "image", "foreground": "fg", "background": "bg", "alpha": "alpha"}
    folders["trimap"] = "trimap"
    return [(plane, f"comp/{name}/{stem(number)}_0.png") for plane, name in folders.items()]


def aim500(number: int) -> Places:
    name = f"o_{number:08x}"
    return [
        ("image", f"AIM-500/original/{name}.jpg"),
        ("alpha", f"AIM-500/mask/{name}.png"),
        ("trimap", f"AIM-500/trimap/{name}.png"),
        ("background", _bg20k("BG20K", number)),
    ]


def aim500_lists(numbers: Sequence[int]) -> Lists:
    """Every photograph before the background of the next scene."""
    rows = ["original,trimap,mask,background,split"]
    for number, other in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        place = dict(aim500(number))
        split = "test" if second_split(number) else "train"
        planes = (place["image"], place["trimap"], place["alpha"], _bg20k("BG20K", other))
        rows.append(",".join([*planes, split]))
    return {"dataset_labels.csv": rows}


def am2k(number: int) -> Places:
    name = f"m_{number:08x}"
    if second_split(number):
        return [
            ("image", f"AM-2k/validation/original/{name}.jpg"),
            ("alpha", f"AM-2k/validation/mask/{name}.png"),
            ("trimap", f"AM-2k/validation/trimap/{name}.png"),
            ("background", _bg20k("BG-20k", number)),
        ]
    return [
        ("image", f"AM-2k/train/original/{name}.jpg"),
        ("alpha", f"AM-2k/train/mask/{name}.png"),
        ("foreground", f"AM-2k/train/fg/{name}.png"),
        ("background", f"AM-2k/train/bg/{name}.png"),
        ("denoised image", f"AM-2k/train/original_denoise/{name}.jpg"),
        ("denoised foreground", f"AM-2k/train/fg_denoise/{name}.png"),
        ("background", _bg20k("BG-20k", number)),
        ("denoised background", f"BG-20k/train_denoise/h_{number:08x}.jpg"),
        ("background", f"COCO/train/{coco(number)}"),
    ]


def backgrounds(number: int) -> Places:
    if number % 2:
        return [("background", f"VOCdevkit/VOC2012/JPEGImages/{voc(number)}")]
    return [("background", f"MSCOCO/train2014/{coco(number)}")]


def samplenet(number: int) -> Places:
    name = f"{stem(number)}.png"
    return [("image", f"rgb/{name}"), ("trimap", f"trimap/{name}"), ("alpha", f"alpha/{name}")]


def samplenet_lists(numbers: Sequence[int]) -> Lists:
    return {
        "val_set.txt": [f"rgb/{stem(number)}.png trimap/{stem(number)}.png" for number in numbers]
    }


def samplenet_train(number: int) -> Places:
    return [
        ("foreground", f"fg/{stem(number)}.png"),
        ("alpha", f"alpha/{stem(number)}.png"),
        ("background", f"bg/{stem(number)}.jpg"),
    ]


def samplenet_train_lists(numbers: Sequence[int]) -> Lists:
    lists: Lists = {}
    for word, second in (("train", False), ("val", True)):
        names = [stem(number) for number in numbers if second_split(number) == second]
        lists[f"fg_{word}_set.txt"] = [f"fg/{name}.png alpha/{name}.png" for name in names]
        lists[f"bg_{word}_set.txt"] = [f"bg/{name}.jpg" for name in names]
    return lists


def alphamatting(number: int) -> Places:
    if second_split(number):
        name = f"{stem(number)}.png"
        return [
            ("image", f"input_lowres/{name}"),
            ("trimap", f"trimap_lowres/Trimap1/{name}"),
            ("wide trimap", f"trimap_lowres/Trimap2/{name}"),
            ("trimap", f"trimap_lowres/Trimap3/{name}"),
        ]
    name = f"GT{number + 1:02d}.png"
    return [
        ("image", f"input_training_lowres/{name}"),
        ("trimap", f"trimap_training_lowres/Trimap1/{name}"),
        ("wide trimap", f"trimap_training_lowres/Trimap2/{name}"),
        ("alpha", f"gt_training_lowres/{name}"),
    ]


def rgba(number: int) -> Places:
    return [
        ("cut-out", f"foregrounds/{stem(number)}.png"),
        ("background", f"backgrounds/{stem(number)}.jpg"),
    ]


def _bg20k(folder: str, number: int) -> str:
    return f"{folder}/{'testval' if second_split(number) else 'train'}/h_{number:08x}.jpg"


def _round(numbers: Sequence[int], each: int) -> Iterator[int]:
    """The numbers again and again, `each` times as many as there are."""
    return (numbers[place % len(numbers)] for place in range(len(numbers) * each))
