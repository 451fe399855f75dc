"""Stars, tags and names: in one small file in each library folder, by path below it, so that they move with
it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.exports.whole import whole

FILE = "library.json"  # not TOML, which in a folder of experiments would be taken for one
ABOUT = "Stars, tags and names of the recordings below this folder. Written by Supertask; you may edit it."


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a recording. Tags are single words, in their order; its name is the file's where
    none is given. The file keeps its own: checkpoints and forks go by it."""

    star: bool = False
    tags: tuple[str, ...] = ()
    name: str = ""


PLAIN = Label()


@dataclass(frozen=True, slots=True)
class Labels:
    """What a folder's file says.

    Attributes:
        problem: in one line, why some or all of it cannot be read; empty where all can.
    """

    by_key: Mapping[str, Label] = field(default_factory=dict)
    problem: str = ""


def tags_in(text: str) -> tuple[str, ...]:
    """The tags that a person typed: words, between spaces or commas, each once."""
    return tuple(dict.fromkeys(word.lstrip("#") for word in text.replace(",", " ").split() if word != "#"))


def read(folder: Path) -> Labels:
    """What the file in `folder` says; what it says wrongly is told and left out."""
    try:
        recordings = _content(folder).get("recordings", {})
    except ValueError as error:
        return Labels(problem=f"{folder / FILE} cannot be read: {error}. The file is kept.")
    if not isinstance(recordings, dict):
        return Labels(problem=f'{folder / FILE}: "recordings" is not a table of paths. The file is kept.')
    read_ = {key: _label(data) for key, data in recordings.items()}
    wrong = [key for key, label in read_.items() if label is None]
    problem = (
        f'{folder / FILE}: not a star, tags and a name: "{wrong[0]}". It is left as it is.' if wrong else ""
    )
    return Labels({key: label for key, label in read_.items() if label is not None}, problem)


def write(folder: Path, changes: Mapping[str, Label]) -> None:
    """Change some labels in the file as it is now, whoever wrote it. What cannot be read is put aside under
    another name first.

    Raises:
        UserError: when it cannot be written.
    """
    path = folder / FILE
    try:
        content = _content(folder)
        if not isinstance(content.setdefault("recordings", {}), dict):
            raise ValueError
    except ValueError:
        path.rename(_free(folder))
        content = {"recordings": {}}
    recordings = content["recordings"]
    for key, label in changes.items():
        known = recordings.get(key)
        said = dict(known) if isinstance(known, dict) else {}
        said.pop("star", None)
        said.pop("tags", None)
        said.pop("name", None)
        if label.star:
            said["star"] = True
        if label.tags:
            said["tags"] = list(label.tags)
        if label.name:
            said["name"] = label.name
        if said:
            recordings[key] = said
        else:
            recordings.pop(key, None)
    content = {"about": ABOUT} | content | {"recordings": dict(sorted(recordings.items()))}
    with whole(path) as partial:
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _content(folder: Path) -> dict[str, Any]:
    """The file's own table; empty where there is no file. ValueError says in one line why not."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(error.strerror) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    return content


def _label(data: object) -> Label | None:
    if not isinstance(data, dict):
        return None
    star, tags, name = data.get("star", False), data.get("tags", []), data.get("name", "")
    if not isinstance(star, bool) or not isinstance(tags, list) or not isinstance(name, str):
        return None
    return Label(star, tuple(tags), name) if all(isinstance(tag, str) for tag in tags) else None


def _free(folder: Path) -> Path:
    count = 1
    while (folder / f"{FILE}.broken-{count}").exists():
        count += 1
    return folder / f"{FILE}.broken-{count}"
