"""From a recipe to a Gymnasium environment. Whatever goes wrong in anyone's code is told in one line."""

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import gymnasium
from gymnasium import wrappers

from engine.errors import UserError, one_of
from engine.tasks.recipe import Part, Recipe

Env = gymnasium.Env[Any, Any]

# Packages with environments of their own, by how the ids begin, and the extra of the install for each.
PACKAGES = {
    "ALE/": ("ale_py", "atari"),
    "MiniGrid-": ("minigrid", "minigrid"),
    "BabyAI-": ("minigrid", "minigrid"),
}
AT_RUN_TIME = {"*", "__getattr__", "exec", "globals", "setattr", "vars"}  # by these a file may have any name
EXTRAS = {"gymnasium.envs.box2d": "box2d", "gymnasium.envs.mujoco": "mujoco"}  # where Gymnasium keeps its own


class MissingPackageError(UserError):
    """What is meant is known, and not installed."""


def make(recipe: Recipe, **more: Any) -> Env:
    """The environment, wrapped. `more` arguments go to the environment; one's own gets those that it takes.

    Raises:
        UserError: why it cannot be made.
    """
    made = _own(recipe, more) if recipe.environment.code else _known(recipe, more)
    for part in recipe.wrappers:
        made = _called(recipe, _wrapper(recipe, part), part, "gymnasium.Wrapper", made)
    return made


def register(recipe: Recipe) -> None:
    """Let a package with environments of its own tell Gymnasium of them, where the id is one of them.

    Raises:
        MissingPackageError: when that package is not installed.
    """
    for beginning, (module, extra) in PACKAGES.items():
        if recipe.environment.name.startswith(beginning):
            try:
                gymnasium.register_envs(importlib.import_module(module))
            except ImportError as error:
                raise _missing(recipe, error, extra) from None


def _known(recipe: Recipe, more: dict[str, Any]) -> Env:
    register(recipe)
    part = recipe.environment
    try:
        return gymnasium.make(part.name, disable_env_checker=True, **{**part.arguments, **more})
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        spec = gymnasium.registry.get(part.name)
        entry = str(spec.entry_point) if spec else ""
        extra = next((extra for place, extra in EXTRAS.items() if entry.startswith(place)), "")
        raise _missing(recipe, error, extra) from None
    except Exception as error:
        raise UserError(f"{recipe.title}: cannot be made: {_line(error)}") from None


def _own(recipe: Recipe, more: dict[str, Any]) -> Env:
    part = recipe.environment
    kind = _code(recipe, part, gymnasium.Env)
    taken = {key: value for key, value in more.items() if _takes(kind, key)}
    return _called(recipe, kind, Part(part.name, {**part.arguments, **taken}), "gymnasium.Env")


def check_wrapper(recipe: Recipe, part: Part) -> None:
    """See that Gymnasium has such a wrapper, and that it can be made with arguments of these names; code
    of one's own is not looked at.

    Raises:
        UserError: where it has none of that name, for an argument that it has not, or one that it needs.
    """
    if part.code:
        return
    kinds = _wrappers()
    if part.name not in kinds:
        allowed = ("one of gymnasium.wrappers such as TimeLimit", "module:Class", "file.py:Class")
        raise one_of(f"{recipe.title}: wrapper", part.name, allowed, tuple(kinds))
    _around, *parameters = inspect.signature(kinds[part.name]).parameters.values()
    names = [parameter.name for parameter in parameters]
    for given in part.arguments:
        if given not in names:
            raise one_of(f"{recipe.title}: argument of {part.name}", given, names or ("none",))
    for parameter in parameters:
        if parameter.default is parameter.empty and parameter.name not in part.arguments:
            needed = f"{part.name} needs {parameter.name}"
            raise UserError(f"{recipe.title}: {needed}; allowed: {', '.join(names)}")


def check_code(recipe: Recipe, part: Part) -> None:
    """See that a file of one's own names the class or function that is meant. It is read, and not run.

    Raises:
        UserError: where nothing in it has that name, or it is no Python.
    """
    if part.code is None or part.file is None:
        return
    try:
        tree = ast.parse(part.file.read_bytes())
    except (SyntaxError, ValueError, OSError) as error:
        raise UserError(f"{recipe.title}: {part.file.name} cannot be imported: {_line(error)}") from None
    if part.code[1] not in (names := _named(tree)) and not names & AT_RUN_TIME:
        classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        raise one_of(f"{recipe.title}: class", part.code[1], classes or ("none: no class is there",))


def _named(tree: ast.Module) -> set[str]:
    """Every name that is given, or used as it stands, anywhere in a file."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return names


def _wrappers() -> dict[str, Callable[..., Any]]:
    return {name: kind for name, kind in vars(wrappers).items() if inspect.isclass(kind)}


def _wrapper(recipe: Recipe, part: Part) -> Callable[..., Any]:
    if part.code:
        return _code(recipe, part, gymnasium.Wrapper)
    check_wrapper(recipe, part)
    return _wrappers()[part.name]


def _called(recipe: Recipe, kind: Callable[..., Any], part: Part, wanted: str, *around: Env) -> Env:
    try:
        made = kind(*around, **part.arguments)
    except Exception as error:
        raise UserError(f"{recipe.title}: {_name(part)} cannot be made: {_line(error)}") from None
    if not isinstance(made, gymnasium.Env):
        raise UserError(
            f"{recipe.title}: {_name(part)} makes a {type(made).__name__}; "
            f"allowed: a {wanted}, or a function that returns one"
        )
    return made


def _name(part: Part) -> str:
    return part.code[1] if part.code else part.name


def _code(recipe: Recipe, part: Part, wanted: type[Any]) -> Callable[..., Any]:
    """The class, or in a file the function, that a part names.

    A recipe may have come with somebody's recording. So nothing that any installed module has is called
    because it is named there, only what says of itself that it is an environment.
    """
    assert part.code is not None
    place, name = part.code
    try:
        module = importlib.import_module(place) if part.file is None else _loaded(part.file)
    except ModuleNotFoundError as error:
        raise UserError(
            f"{recipe.title}: there is no module {error.name}; allowed: one that Python can import here, "
            "or path/to/file.py:Class"
        ) from None
    except Exception as error:
        raise UserError(f"{recipe.title}: {place} cannot be imported: {_line(error)}") from None
    found = getattr(module, name, None)
    if found is None:
        envs = [key for key, value in vars(module).items() if _is_env(value, module)]
        raise one_of(f"{recipe.title}: class", name, envs or ("none: no gymnasium.Env is there",))
    if inspect.isclass(found) and issubclass(found, wanted):
        return found
    if part.file is not None and inspect.isfunction(found):
        return found
    also = "" if part.file is None else ", or a function that returns one"
    raise UserError(
        f"{recipe.title}: {name} cannot be used; allowed: a subclass of gymnasium.{wanted.__name__}{also}"
    )


def _loaded(file: Path) -> ModuleType:
    """A file as a module, loaded once. What it imports is sought beside it too."""
    path = file.resolve()
    name = f"{path.stem}_{hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(path.parent))
    return module


def _is_env(value: Any, module: ModuleType) -> bool:
    return inspect.isclass(value) and issubclass(value, gymnasium.Env) and value.__module__ == module.__name__


def _takes(kind: Callable[..., Any], argument: str) -> bool:
    parameters = inspect.signature(kind).parameters
    return argument in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _missing(recipe: Recipe, error: Exception, extra: str) -> MissingPackageError:
    install = f"; install it with: pip install 'supertask[{extra}]'" if extra else ""
    return MissingPackageError(f"{recipe.title}: needs a package ({_line(error)}){install}")


def _line(error: BaseException) -> str:
    """What went wrong, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
