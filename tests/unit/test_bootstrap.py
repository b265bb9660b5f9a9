"""The environment is made once, repaired when half made, and left alone otherwise."""

from __future__ import annotations

import ast
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import bootstrap
from tools.bootstrap import LOCKS, STAMP, UNFINISHED, VENV, BootstrapError, check_python, fingerprint

SOURCE = Path(bootstrap.__file__)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project without dependencies, whose installation needs no network."""
    (tmp_path / LOCKS).mkdir(parents=True)
    for extra in ("dev", "docs"):
        (tmp_path / LOCKS / f"{extra}.txt").write_text("")
    (tmp_path / "tools" / "bootstrap.py").write_text(SOURCE.read_text())
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'tiny'\nversion = '1'\n")
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run; venv and pip are only recorded."""
    run: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda title, command, root: run.append(command[1:]))
    return run


def kinds(commands: list[list[str]]) -> list[str]:
    """Name each command: "venv", "clear" for one that clears, what pip installs from locks, "." for ours."""
    names = []
    for command in commands:
        if command[1] == "venv":
            names.append("clear" if "--clear" in command else "venv")
        elif "--require-hashes" in command:
            names.append(",".join(Path(word).stem for word in command if word.startswith("--requirement=")))
        else:
            names.append(command[-1])
    return names


def test_the_first_run_makes_and_installs_the_second_does_nothing(
    root: Path, commands: list[list[str]]
) -> None:
    bootstrap.bootstrap(root)
    assert kinds(commands) == ["venv", "dev", "."]
    bootstrap.bootstrap(root)
    assert len(commands) == 3


def test_a_changed_pyproject_is_installed_again_into_the_same_venv(
    root: Path, commands: list[list[str]]
) -> None:
    bootstrap.bootstrap(root)
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    bootstrap.bootstrap(root)
    assert kinds(commands) == ["venv", "dev", ".", "dev", "."]


def test_a_changed_lock_makes_it_anew_with_all_that_was_there(root: Path, commands: list[list[str]]) -> None:
    """Or what is locked no more would stay, and what is there would not be compared with the new hashes."""
    bootstrap.bootstrap(root, "dev,docs")
    (root / LOCKS / "docs.txt").write_text("# another\n")
    bootstrap.bootstrap(root)
    assert kinds(commands) == ["venv", "dev,docs", ".", "clear", "dev,docs", "."]
    bootstrap.bootstrap(root)
    assert len(commands) == 6


def test_the_python_that_makes_it_anew_is_not_the_one_inside(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda title, command, root: commands.append(command))
    bootstrap.bootstrap(root)
    (root / LOCKS / "dev.txt").write_text("# another\n")
    bootstrap.bootstrap(root)
    (cleared,) = [command for command in commands if "--clear" in command]
    assert not Path(cleared[0]).is_relative_to(sys.prefix) or sys.prefix == sys.base_prefix


def test_that_the_long_step_is_long_is_said_before_it(
    root: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.bootstrap(root)
    assert "a few minutes the first time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("ERROR: No matching distribution found for onnxruntime==1.32.0", True),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", False),
    ],
)
def test_a_machine_that_a_package_has_no_wheel_for_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, said: str, explained: bool
) -> None:
    def fail(title: str, command: list[str], root: Path) -> None:
        if "--require-hashes" in command:
            raise BootstrapError(said)

    monkeypatch.setattr(bootstrap, "_run", fail)
    with pytest.raises(BootstrapError) as caught:
        bootstrap.bootstrap(root)
    assert said in str(caught.value)
    assert (platform.platform() in str(caught.value)) == explained
    assert ("use another machine" in str(caught.value)) == explained


def test_nothing_is_installed_by_name_alone(root: Path, commands: list[list[str]]) -> None:
    bootstrap.bootstrap(root)
    _, locked, ours = commands
    assert {"--require-hashes", "--only-binary=:all:"} < set(locked)
    assert {"--no-deps", "--no-build-isolation"} < set(ours)
    with pytest.raises(BootstrapError, match=r"there is no tools/lock/other\.txt"):
        bootstrap.bootstrap(root, "other")


def test_more_extras_are_added_to_those_there(root: Path, commands: list[list[str]]) -> None:
    bootstrap.bootstrap(root)
    bootstrap.bootstrap(root, "docs")
    bootstrap.bootstrap(root, "dev")
    bootstrap.bootstrap(root, "dev,docs")
    assert kinds(commands) == ["venv", "dev", ".", "dev,docs", "."]


def test_another_python_makes_it_anew(root: Path, commands: list[list[str]]) -> None:
    bootstrap.bootstrap(root)
    stamp = {**fingerprint(root), "python": "3.11.0 elsewhere", "extras": "dev"}
    (root / VENV / STAMP).write_text(json.dumps(stamp))
    bootstrap.bootstrap(root)
    assert kinds(commands) == ["venv", "dev", ".", "clear", "dev", "."]


@pytest.mark.parametrize("fails_at", ["venv", "pip"])
def test_an_interrupted_venv_is_made_anew(root: Path, monkeypatch: pytest.MonkeyPatch, fails_at: str) -> None:
    commands: list[list[str]] = []

    def interrupt(title: str, command: list[str], root: Path) -> None:
        commands.append(command[1:])
        if command[2] == fails_at and len(commands) < 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "_run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.bootstrap(root)
    assert (root / VENV / STAMP).read_text() == UNFINISHED
    monkeypatch.setattr(bootstrap, "_run", lambda title, command, root: commands.append(command[1:]))
    bootstrap.bootstrap(root)
    assert kinds(commands)[-3:] == ["clear", "dev", "."]


def test_a_damaged_stamp_does_not_count(root: Path, commands: list[list[str]]) -> None:
    bootstrap.bootstrap(root)
    (root / VENV / STAMP).write_text("{")
    bootstrap.bootstrap(root)
    assert kinds(commands)[3:] == ["venv", "dev", "."]


@pytest.mark.parametrize(("version", "made"), [("3.2.1", "clear"), (sys.version.split()[0], "venv")])
def test_a_venv_of_the_users_own_is_kept_if_its_python_is_ours(
    root: Path, commands: list[list[str]], version: str, made: str
) -> None:
    (root / VENV).mkdir()
    (root / VENV / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    bootstrap.bootstrap(root)
    assert kinds(commands) == [made, "dev", "."]


def test_an_old_python_is_told_what_to_install() -> None:
    with pytest.raises(BootstrapError, match=r"3\.11 or newer[^$]*apt-get install python3") as caught:
        check_python((3, 9), has_ensurepip=True)
    assert "is 3.9" in str(caught.value)
    check_python((3, 11), has_ensurepip=True)
    check_python((3, 14), has_ensurepip=True)


def test_a_python_without_ensurepip_is_told_what_to_install(
    root: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BootstrapError, match="apt-get install python3-venv"):
        bootstrap.bootstrap(root)
    assert commands == []


def test_a_failing_program_shows_all_it_said(root: Path) -> None:
    program = "import sys; print('first'); print('last', file=sys.stderr); sys.exit(3)"
    with pytest.raises(BootstrapError, match=r"first\nlast\n\nmaking failed"):
        bootstrap._run("making", [sys.executable, "-c", program], root)


def test_it_needs_nothing_that_is_not_in_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text(), feature_version=(3, 8))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names


def test_with_nothing_to_do_the_program_is_quick_and_quiet(root: Path) -> None:
    (root / VENV).mkdir()
    (root / VENV / STAMP).write_text(json.dumps({**fingerprint(root), "extras": "dev"}))
    command = [sys.executable, str(root / "tools" / "bootstrap.py")]
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.monotonic() - started)
        assert done.stdout + done.stderr == b""
    print(f"bootstrap with nothing to do: {min(seconds) * 1000:.0f} ms")
    assert list((root / VENV).iterdir()) == [root / VENV / STAMP]
