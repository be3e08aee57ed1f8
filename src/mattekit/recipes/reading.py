"""From text to configs: every value is read as the type of its field asks for.

YAML gives words only; whether `1e-5` is a number or `yes` a boolean, the field decides. A plain
value where a config is expected stands for its first field: `schedule: cosine` is
`schedule: {name: cosine}`, and `log.losses=10` is `log.losses.steps=10`. Where nothing is allowed,
`null` and `none` say so.
"""

import copy
import difflib
import functools
import math
import operator
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from mattekit.core.config import name_of
from mattekit.core.errors import BadRecipe
from mattekit.core.plugins import Kind, by_name
from mattekit.data import SourceConfig
from mattekit.data.augmentation import StepConfig
from mattekit.losses import LossConfig
from mattekit.networks import NetworkConfig

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Words only; parsed in C where PyYAML can."""
OTHER_UNIT = {"steps": "epochs", "epochs": "steps"}
"""A length has one unit: setting one takes the other away."""
EXTENDED: dict[Kind, Any] = {
    "networks": NetworkConfig,
    "losses": LossConfig,
    "sources": SourceConfig,
    "steps": StepConfig,
}
"""Lists of choices to which plug-ins add."""
FIRST = ""  # in a tree: the key of whatever field comes first


def read_tree(text: str, source: str) -> dict[str, Any]:
    """The words of a YAML text, as nested dictionaries and lists."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=LOADER)):
            raise BadRecipe(f"{source} repeats a part by *NAME; write out what it stands for")
        _check_keys(yaml.compose(text, Loader=LOADER), source)
        tree = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise BadRecipe(f"{source} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise BadRecipe(f"{source} holds no keys; a recipe is a list of `key: value` lines")
    return tree


def _check_keys(node: Any, source: str) -> None:
    """Refuse a key that stands twice, of which YAML would take the last."""
    if isinstance(node, yaml.MappingNode):
        known = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in known:
                raise BadRecipe(f"{source} has '{name}' again in line {line}; keep one")
            known.add(name)
            _check_keys(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _check_keys(each, source)


def read_file(path: Path) -> dict[str, Any]:
    """The words of a YAML file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadRecipe(f"{path} is not text in UTF-8; save it so") from error
    return read_tree(text, str(path))


def override(tree: dict[str, Any], word: str) -> None:
    """Set one `dotted.key=value` in the tree."""
    path, equals, text = word.partition("=")
    if not (equals and path):
        raise BadRecipe(f"'{word}' is no setting; write key=value, such as optimiser.lr=1e-5")
    try:
        value = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise BadRecipe(f"'{word}': the value is not YAML; put it in quotes") from error
    set_value(tree, path, value)


def set_value(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at one dotted key of the tree."""
    *parents, last = path.split(".")
    for parent in parents:
        tree = _child(tree, parent)
    tree[last] = value
    if last in OTHER_UNIT:
        tree.pop(OTHER_UNIT[last], None)
        tree.pop(FIRST, None)


def apply_words(tree: dict[str, Any], words: Sequence[str]) -> None:
    """Set `key=value` words; `preset=NAME` sets what the tree keeps by that name, and comes first.

    Presets stand in the tree itself, under `presets`: name -> dotted key -> value.
    """
    presets = tree.pop("presets", {})
    chosen = [word for word in words if word.startswith("preset=")]
    for name in (word.partition("=")[2] for word in chosen):
        if not presets:
            raise BadRecipe(f"preset={name}: this recipe has no presets; leave the word out")
        if name not in presets:
            raise BadRecipe(f"preset: there is no '{name}'{did_you_mean(name, list(presets))}")
        for path, value in presets[name].items():
            set_value(tree, path, copy.deepcopy(value))
    for word in words:
        if word not in chosen:
            override(tree, word)


def fill_environment(tree: Any, path: str = "", *, keep_unset: bool = False) -> Any:
    """The tree with every `${NAME}` replaced by the environment variable of that name.

    Args:
        keep_unset: leave the name of a variable that is not set as it stands.
    """
    filled = functools.partial(fill_environment, keep_unset=keep_unset)
    if isinstance(tree, dict):
        return {key: filled(value, _join(path, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [filled(value, _join(path, str(n))) for n, value in enumerate(tree)]
    if not isinstance(tree, str):
        return tree

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in os.environ and keep_unset:
            return match[0]
        if match[1] not in os.environ:
            raise BadRecipe(
                f"{path} needs the environment variable {match[1]}, which is not set; "
                f"run: export {match[1]}=..., or give {path}=..."
            )
        return os.environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", value_of, tree)


def read(kind: Any, value: Any, path: str = "") -> Any:
    """The value as `kind`: a config, a tuple, a plain type, or a union of them."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if NoneType in members and _is_null(value):
        return None
    configs = [member for member in members if is_dataclass(member)]
    plain = [member for member in members if member not in configs and member is not NoneType]
    if configs and (isinstance(value, Mapping) or not plain):
        return _read_config(_choose(configs, value, path), value, path)
    if len(plain) == 1 and get_origin(plain[0]) is tuple and get_args(plain[0])[-1] is Ellipsis:
        return _read_tuple(get_args(plain[0])[0], value, path)
    return _read_plain(functools.reduce(operator.or_, plain), value, path)


def _choose(configs: list[Any], value: Any, path: str) -> Any:
    """The only config, or the one that the value names."""
    if len(configs) == 1:
        return configs[0]
    choices = _by_name(configs)
    known = choices | {  # former names too
        name: member for member in configs for name in get_args(get_type_hints(member).get("name"))
    }
    given = value.get("name", value.get(FIRST)) if isinstance(value, Mapping) else value
    if given is None:
        raise BadRecipe(f"{path} needs a name; choose from {', '.join(choices)}")
    if not isinstance(given, str):
        raise BadRecipe(f"{path}: a name or {{name: ...}} is expected, found {_shown(given)}")
    if given not in known:
        hint = did_you_mean(str(given), list(choices))
        raise BadRecipe(f"{_join(path, 'name')}: there is no '{given}'{hint}")
    return known[given]


def _by_name(configs: list[Any]) -> dict[str, Any]:
    """The configs by name, with those that plug-ins add to such a list."""
    for kind, union in EXTENDED.items():
        if set(get_args(union)) == set(configs):
            return by_name(kind, configs)
    return {name_of(config): config for config in configs}


def _read_config(kind: Any, value: Any, path: str) -> Any:
    names = [field.name for field in fields(kind)]
    tree = dict(value) if isinstance(value, Mapping) else {FIRST: value}
    if FIRST in tree:
        tree.setdefault(names[0], tree.pop(FIRST))
    for key in tree:
        if key not in names:
            raise BadRecipe(f"{_join(path, key)}: unknown key{did_you_mean(key, names)}")
    for field in fields(kind):
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name not in tree:
            raise BadRecipe(f"{_join(path, field.name)} is missing; a recipe has to state it")
    hints = get_type_hints(kind)
    values = {key: read(hints[key], item, _join(path, key)) for key, item in tree.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise BadRecipe(f"{path}: {error}") from error


def _read_tuple(kind: Any, value: Any, path: str) -> tuple[Any, ...]:
    if isinstance(value, Mapping) and set(value) == {str(number) for number in range(len(value))}:
        value = [value[str(number)] for number in range(len(value))]  # an entry was overridden
    if not isinstance(value, (list, tuple)):
        raise BadRecipe(f"{path}: a list in square brackets is expected, found {_shown(value)}")
    return tuple(read(kind, item, _join(path, str(number))) for number, item in enumerate(value))


def _read_plain(kind: Any, value: Any, path: str) -> Any:
    if get_origin(kind) is Literal:
        by_text = {str(option): option for option in get_args(kind)}
        if not isinstance(value, (Mapping, list)) and str(value) in by_text:
            return by_text[str(value)]
        options = ", ".join(by_text)
        hint = did_you_mean(str(value), list(by_text))
        raise BadRecipe(f"{path}: one of {options} is expected, found {_shown(value)}{hint}")
    if isinstance(value, bool) and kind in (int, float):
        raise BadRecipe(f"{path}: a number is expected, found {_shown(value)}")
    try:
        result = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        wanted = first["msg"][0].lower() + first["msg"][1:].partition(",")[0]
        if get_origin(kind) is tuple and first["type"] in ("missing", "too_long", "tuple_type"):
            wanted = f"a list of {len(get_args(kind))} values is expected"
        raise BadRecipe(f"{path}: {wanted}, found {_shown(value)}") from error
    if isinstance(result, float) and not math.isfinite(result):
        raise BadRecipe(f"{path}: a finite number is expected, found {_shown(value)}")
    return result


def _child(tree: dict[str, Any], key: str) -> dict[str, Any]:
    """The dictionary at a key, made if need be; a plain value there becomes its first field."""
    child = tree.get(key, {})
    if isinstance(child, list):
        child = {str(number): item for number, item in enumerate(child)}
    elif not isinstance(child, dict):
        child = {} if _is_null(child) else {FIRST: child}
    tree[key] = child
    return child


def did_you_mean(word: str, known: list[str]) -> str:
    """The end of a sentence about a word that is not among the known ones."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(known)}"


def _is_null(value: Any) -> bool:
    return value is None or value in ("", "null", "none", "~")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, (str, Path)) else str(value)
    return text if len(text) < 60 else f"{text[:57]}..."
