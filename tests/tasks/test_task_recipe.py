"""A task's text: ids, one's own code, arguments and wrappers, and every mistake in one line."""

from pathlib import Path

import gymnasium
import pytest

from engine.errors import UserError
from engine.tasks import making, registry
from engine.tasks.recipe import Part, beside, parse, short

WORLDS = str(Path(__file__).with_name("worlds.py"))


def test_what_a_text_says():
    assert parse("CartPole-v1").plain
    said = parse("LunarLander-v3(gravity=-5.0) | TimeLimit(max_episode_steps=9)")
    assert said.environment == Part("LunarLander-v3", {"gravity": -5.0})
    assert said.wrappers == (Part("TimeLimit", {"max_episode_steps": 9}),)
    assert not said.plain
    assert said.environment.code is None


def test_a_bar_that_is_not_between_spaces_is_none():
    said = parse("Some-v0(a='x|y') | m:W(b=(1, 2))")
    assert said.environment.arguments == {"a": "x|y"}
    assert said.wrappers == (Part("m:W", {"b": (1, 2)}),)
    assert said.wrappers[0].code == ("m", "W")
    assert parse("supertask.envs:Crossroads-v0").environment.code is None


def test_files_are_sought_beside_the_experiment(tmp_path):
    (tmp_path / "one.py").touch()
    assert beside("one.py:A(n=1) | sub/two.py:B | TimeLimit", tmp_path) == (
        f"{tmp_path}/one.py:A(n=1) | {tmp_path}/sub/two.py:B | TimeLimit"
    )
    assert beside("CartPole-v1(a='b.py:c')", tmp_path) == "CartPole-v1(a='b.py:c')"
    assert beside(f"{tmp_path}/one.py:A", Path("/elsewhere")) == f"{tmp_path}/one.py:A"
    assert beside("~/one.py:A", tmp_path) == f"{Path.home()}/one.py:A"


def test_environments_of_ones_own_are_made_with_arguments_and_wrapped_from_the_inside():
    around = " | TimeLimit(max_episode_steps=2) | RescaleObservation(min_obs=0, max_obs=1)"
    made = making.make(parse(f"{WORLDS}:Walk(pay=2.5){around}"))
    assert isinstance(made, gymnasium.wrappers.RescaleObservation)
    assert isinstance(made.env, gymnasium.wrappers.TimeLimit)
    made.reset(seed=0)
    assert made.step(1)[1:4] == (2.5, False, False)
    assert made.step(0)[1:4] == (2.5, False, True)
    by_function = making.make(parse(f"{WORLDS}:three_paid | ClipReward(max_reward=1)"))
    by_function.reset(seed=0)
    assert by_function.step(0)[1] == 1
    gravity = making.make(parse("CartPole-v1(sutton_barto_reward=True)"), render_mode="rgb_array")
    assert gravity.unwrapped._sutton_barto_reward
    assert gravity.render_mode == "rgb_array"
    assert making.make(parse(f"{WORLDS}:Walk"), render_mode="rgb_array").render_mode is None  # takes none


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CartPole-v1(3)", "allowed: keyword arguments"),
        ("CartPole-v1(a=open('x'))", "allowed: keyword arguments"),
        ("CartPole-v1(a=1", "allowed: keyword arguments"),
        ("CartPole-v1(mass=1)", "cannot be made: TypeError"),
        (
            "CartPole-v1 | TimeLimitt(max_episode_steps=2)",
            r"wrapper 'TimeLimitt' is unknown .did you mean TimeLimit",
        ),
        ("CartPole-v1 | TimeLimit", "TimeLimit needs max_episode_steps; allowed: max_episode_steps"),
        ("CartPole-v1 | TimeLimit(max_episode_steps=0)", "TimeLimit cannot be made: ValueError"),
        ("nowhere.py:Walk", "there is no file nowhere.py"),
        ("CartPole-v1 | nowhere.py:Walk", "there is no file nowhere.py"),
        (f"{WORLDS}:Wolk", r"class 'Wolk' is unknown .did you mean Walk\?.; allowed: Walk, Endless"),
        (f"{WORLDS}:LENGTH", "LENGTH cannot be used; allowed: a subclass of gymnasium.Env, or a function"),
        (f"{WORLDS}:Broken", ": Broken cannot be made: RuntimeError: no way"),
        (f"{WORLDS}:nothing", "makes a str; allowed: a gymnasium.Env, or a function"),
        (f"CartPole-v1 | {WORLDS}:nothing", "nothing cannot be made: TypeError"),
        ("tests.tasks.worlds:three_paid", "three_paid cannot be used; allowed: a subclass of gymnasium.Env$"),
        ("os:system(command='exit 1')", "system cannot be used; allowed: a subclass of gymnasium.Env$"),
        (
            "CartPole-v1 | subprocess:Popen(args=['true'])",
            "Popen cannot be used; allowed: a subclass of gymnasium.Wrap",
        ),
        ("no_such_module_at_all.x:Walk", "there is no module no_such_module_at_all"),
        ("NoSuchThing-v0", "cannot be made: NameNotFound"),
    ],
)
def test_mistakes_are_told_in_one_line(text, said):
    with pytest.raises(UserError, match=said) as caught:
        making.make(parse(text))
    assert "\n" not in str(caught.value)
    assert short(text) in str(caught.value)
    assert str(caught.value).count(str(WORLDS)) <= 1  # a path is said once


def test_a_file_that_is_not_there_is_told_once_with_where_it_was_sought(tmp_path):
    text = beside("sub/one.py:A(n=1) | TimeLimit", tmp_path)
    with pytest.raises(UserError) as caught:
        parse(text)
    assert str(caught.value) == f"task one.py:A(n=1) | TimeLimit: there is no file {tmp_path}/sub/one.py"


def test_a_file_that_is_no_python_is_told(tmp_path):
    (tmp_path / "bad.py").write_text("class (:\n")
    with pytest.raises(UserError, match=r"bad\.py cannot be imported: SyntaxError") as caught:
        making.make(parse(f"{tmp_path}/bad.py:A"))
    assert "\n" not in str(caught.value)


def test_what_a_file_imports_is_sought_beside_it(tmp_path):
    (tmp_path / "a_part_of_my_world.py").write_text("PAY = 7.0\n")
    (tmp_path / "my_world.py").write_text(
        "from a_part_of_my_world import PAY\nfrom tests.tasks.worlds import Walk\n"
        "def world(): return Walk(pay=PAY)\n"
    )
    made = making.make(parse(f"{tmp_path}/my_world.py:world"))
    made.reset(seed=0)
    assert made.step(0)[1] == 7


def test_a_package_that_is_missing_is_named_with_the_extra_that_brings_it(monkeypatch):
    def gone(name: str):
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr(making.importlib, "import_module", gone)
    for text, extra in (("ALE/Pong-v5", "atari"), ("MiniGrid-Empty-5x5-v0", "minigrid")):
        with pytest.raises(
            UserError, match=rf"needs a package .*; install it with: pip install 'supertask\[{extra}\]'"
        ):
            registry.check(text, "")
        with pytest.raises(UserError) as caught:  # as an oracle asks
            registry.load(text)
        assert f"pip install 'supertask[{extra}]'; of it no exact answer is known" in str(caught.value)
        assert "unknown" not in str(caught.value)

    def make(name: str, **_arguments: object):
        raise gymnasium.error.DependencyNotInstalled("it is not installed")

    monkeypatch.setattr(making.gymnasium, "make", make)
    for text, extra in (("Hopper-v5", "mujoco"), ("BipedalWalker-v3", "box2d")):
        with pytest.raises(UserError, match=rf"supertask\[{extra}\]"):
            making.make(parse(text))


def test_the_text_is_checked_before_anything_is_made():
    registry.check("CartPole-v1 | TimeLimit(max_episode_steps=5)", "")
    registry.check(f"{WORLDS}:Broken", "")  # what only running its code can tell is told later
    with pytest.raises(UserError, match=r"task 'CartPol-v1' is unknown"):
        registry.check("CartPol-v1 | TimeLimit(max_episode_steps=5)", "")
    with pytest.raises(UserError, match="there is no file"):
        registry.check("nowhere.py:Maze", "")


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("class Maze: ...", True),
        ("def Maze(): ...", True),
        ("Maze = 3", True),
        ("from elsewhere import Maze", True),
        ("from elsewhere import Pond as Maze", True),
        ("try:\n    import x\nexcept ImportError:\n    class Maze: ...", True),
        ("from elsewhere import *", True),
        ("def __getattr__(name): ...", True),
        ("globals()['Ma' + 'ze'] = 3", True),
        ("class Mase: ...\nclass Pond: ...", False),
        ("raise SystemExit", False),
    ],
)
def test_a_file_is_read_for_the_name_that_is_meant_and_not_run(tmp_path, code, known):
    file = tmp_path / "world.py"
    file.write_text(f"from pathlib import Path\nPath(__file__).with_name('ran').touch()\n{code}\n")
    for text in (f"{file}:Maze(size=3)", f"CartPole-v1 | {file}:Maze"):
        if known:
            registry.check(text, "")
        else:
            with pytest.raises(UserError) as caught:
                registry.check(text, "")
            allowed = "Mase, Pond" if "Pond" in code else "none: no class is there"
            assert str(caught.value).startswith(f"task {short(text)}: class 'Maze' is unknown")
            assert str(caught.value).endswith(f"; allowed: {allowed}")
    assert not (tmp_path / "ran").exists()
    file.write_text("class (:\n")
    with pytest.raises(UserError, match=r"world\.py cannot be imported: SyntaxError"):
        registry.check(f"{file}:Maze", "")
