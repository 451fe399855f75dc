"""Files that an experiment names, as a person types them into its form."""

from pathlib import Path

from engine.tasks import recipe, task_file

ENDINGS = (*task_file.ENDINGS, ".h5")


def from_here(word: str, beside: Path, here: Path) -> str:
    """A task or data as it was typed, but a file that is not in the folder `beside`, where the experiment is,
    and is in the folder `here` is named with its whole path."""

    def whole(path: str) -> str:
        only_here = (here / path).exists() and not (beside / path).exists()
        return str((here / path).resolve()) if only_here else path

    if word.endswith(ENDINGS):
        return whole(word)
    return recipe.with_files(word, whole)
