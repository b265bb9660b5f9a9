"""Which Chromium is taken, with which flags, and what is said when there is none; nothing is installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tools import chromium
from tools.chromium import Device, Gpu, NoChromiumError, ensure, find, launch_args, main

SHELL = shutil.which("sh") or "sh"  # looked up before a test empties PATH
WEBGPU = {"--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist"}
SOFTWARE = {"--use-webgpu-adapter=swiftshader"}
NO_GPU = {"--disable-gpu"}
NO_SANDBOX = {"--no-sandbox"}


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing is set, nothing on PATH, no browser of Playwright's, not root; a test adds what it needs."""
    monkeypatch.delenv("ALPHACUT_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    chromium._playwright_path.cache_clear()
    yield
    chromium._playwright_path.cache_clear()


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!{SHELL}\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that $ALPHACUT_CHROMIUM names."""
    path = program(tmp_path / "own")
    monkeypatch.setenv("ALPHACUT_CHROMIUM", str(path))
    return path


@pytest.fixture
def playwrights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Playwright says its browser is; there is none yet."""
    path = tmp_path / "playwright" / "chrome"
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "python", f"echo '{path}'")))
    return path


@pytest.fixture
def on_path(tmp_path: Path) -> Path:
    return program(tmp_path / "bin" / "chromium")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be root on a Debian."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(tmp_path / "bin" / "apt-get")


class Installers:
    """In the place of the programs that install: keeps what was called, and does what a test says."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.settings: list[dict[str, str]] = []
        self.does: dict[str, Callable[[], object]] = {}

    def __call__(self, command: Sequence[str], **environment: str) -> bool:
        """Succeed if the test has given the command, named by its first words after Python, an effect."""
        words = command[2:] if command[0] == sys.executable else command
        name = " ".join(word for word in words if not word.startswith("-"))
        self.called.append(name)
        self.settings.append(environment)
        if name in self.does:
            self.does[name]()
        return name in self.does


@pytest.fixture
def installers(monkeypatch: pytest.MonkeyPatch) -> Installers:
    fake = Installers()
    monkeypatch.setattr(chromium, "_call", fake)
    return fake


# Flags


@pytest.mark.parametrize(
    ("device", "gpu", "expected"),
    [
        ("wasm", "software", NO_GPU),
        ("wasm", "hardware", NO_GPU),
        ("webgpu", "software", WEBGPU | SOFTWARE),
        ("webgpu", "hardware", WEBGPU),
        ("auto", "software", WEBGPU | SOFTWARE),
        ("auto", "hardware", WEBGPU),
    ],
)
def test_the_flags_of_a_device(device: Device, gpu: Gpu, expected: set[str]) -> None:
    flags = set(launch_args(device, gpu))
    assert flags & (WEBGPU | SOFTWARE | NO_GPU | NO_SANDBOX) == expected


def test_the_software_adapter_is_what_is_used_unless_told() -> None:
    assert launch_args("webgpu") == launch_args("webgpu", "software")


@pytest.mark.parametrize("device", ["auto", "webgpu", "wasm"])
def test_no_device_lets_the_browser_talk_to_its_maker(device: Device) -> None:
    quiet = {
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    }
    assert quiet <= set(launch_args(device))


@pytest.mark.parametrize("device", ["auto", "webgpu", "wasm"])
def test_the_sandbox_is_off_for_root_and_for_nobody_else(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user = launch_args(device)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert set(launch_args(device)) - set(as_user) == NO_SANDBOX


# Finding


def test_the_one_that_is_named_comes_first(own: Path, playwrights: Path, on_path: Path) -> None:
    program(playwrights)
    assert find() == own


def test_then_playwrights_own(playwrights: Path, on_path: Path) -> None:
    program(playwrights)
    assert find() == playwrights


def test_then_one_on_path(playwrights: Path, on_path: Path) -> None:
    assert find() == on_path


def test_then_none(playwrights: Path) -> None:
    assert find() is None


def test_an_empty_variable_names_nothing(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHACUT_CHROMIUM", "")
    assert find() == on_path


def test_a_variable_that_names_nothing_there_is_an_error(
    own: Path, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.unlink()
    with pytest.raises(NoChromiumError) as caught:
        find()
    assert str(caught.value) == f"ALPHACUT_CHROMIUM names {own}, which is not there"


def test_playwrights_browser_without_its_libraries_is_passed_over(playwrights: Path, on_path: Path) -> None:
    program(playwrights, "exit 127")
    assert find() == on_path


def test_playwrights_browser_for_another_processor_is_passed_over(playwrights: Path, on_path: Path) -> None:
    program(playwrights).write_bytes(b"\x7fELF")
    assert find() == on_path


def test_without_python_to_ask_playwright_path_is_looked_at(on_path: Path) -> None:
    assert not Path(sys.executable).exists()
    assert find() == on_path


def test_where_playwright_is_not_installed_path_is_looked_at(
    tmp_path: Path, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = program(tmp_path / "browser")
    failing = program(tmp_path / "python", f"echo '{browser}'; exit 1")
    monkeypatch.setattr(sys, "executable", str(failing))
    assert find() == on_path


def test_playwright_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked"
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "python", f"echo x >> '{asked}'")))
    assert find() is None
    assert find() is None
    assert asked.read_text() == "x\n"


def test_on_path_chromium_is_preferred_to_chrome(tmp_path: Path) -> None:
    for name in ("google-chrome", "chromium-browser", "chromium"):
        newest = program(tmp_path / "bin" / name)
        assert find() == newest


# Installing


def test_what_is_there_is_not_installed_again(on_path: Path, installers: Installers) -> None:
    assert ensure() == on_path
    assert installers.called == []


def test_a_named_browser_that_is_missing_is_not_replaced(own: Path, installers: Installers) -> None:
    own.unlink()
    with pytest.raises(NoChromiumError, match="ALPHACUT_CHROMIUM"):
        ensure()
    assert installers.called == []


@pytest.mark.usefixtures("root")
def test_playwrights_download_is_tried_first(playwrights: Path, installers: Installers) -> None:
    installers.does["playwright install chromium"] = lambda: program(playwrights)
    assert ensure() == playwrights
    assert installers.called == ["playwright install chromium"]
    assert installers.settings == [{"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "8000"}]


@pytest.mark.usefixtures("root")
def test_a_download_that_does_not_start_gets_its_libraries(playwrights: Path, installers: Installers) -> None:
    installers.does["playwright install chromium"] = lambda: program(playwrights, "exit 127")
    installers.does["playwright install-deps chromium"] = lambda: program(playwrights)
    assert ensure() == playwrights
    assert installers.called == ["playwright install chromium", "playwright install-deps chromium"]


def test_only_root_installs_libraries(playwrights: Path, installers: Installers, tmp_path: Path) -> None:
    program(tmp_path / "bin" / "apt-get")
    installers.does["playwright install chromium"] = lambda: program(playwrights, "exit 127")
    with pytest.raises(NoChromiumError):
        ensure()
    assert installers.called == ["playwright install chromium"]


@pytest.mark.usefixtures("root")
def test_without_the_download_the_package_is_installed(
    tmp_path: Path, playwrights: Path, installers: Installers
) -> None:
    installers.does["apt-get update"] = lambda: None
    installers.does["apt-get install chromium"] = lambda: program(tmp_path / "bin" / "chromium")
    assert ensure() == tmp_path / "bin" / "chromium"
    assert installers.called == ["playwright install chromium", "apt-get update", "apt-get install chromium"]


@pytest.mark.usefixtures("root")
def test_nothing_is_installed_from_lists_that_could_not_be_had(installers: Installers) -> None:
    with pytest.raises(NoChromiumError):
        ensure()
    assert installers.called == ["playwright install chromium", "apt-get update"]


def test_root_on_another_system_has_no_packages(
    installers: Installers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NoChromiumError):
        ensure()
    assert installers.called == ["playwright install chromium"]


def test_when_nothing_works_the_error_says_what_to_run(installers: Installers) -> None:
    with pytest.raises(NoChromiumError) as caught:
        ensure()
    first, *ways = str(caught.value).splitlines()
    assert first.startswith("there is no Chromium, and none could be installed.")
    assert [way.split()[0] for way in ways] == [sys.executable, "apt-get", "export"]
    assert ways[0].endswith(" -m playwright install --with-deps chromium")
    assert "ALPHACUT_CHROMIUM=" in ways[2]


def test_installers_ask_nothing_and_speak_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DEBIAN_FRONTEND", raising=False)
    assert chromium._call([SHELL, "-c", "echo $DEBIAN_FRONTEND $EXTRA"], EXTRA="more")
    assert capfd.readouterr() == ("", "noninteractive more\n")
    assert not chromium._call([SHELL, "-c", "exit 3"])


# The command


@pytest.mark.parametrize("arguments", [[], ["--ensure"]])
def test_the_command_prints_the_path_and_nothing_else(
    arguments: list[str], on_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{on_path}\n"


def test_the_command_installs_nothing_unless_told(
    installers: Installers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 1
    assert installers.called == []
    assert capsys.readouterr() == ("", "there is no Chromium; --ensure installs one\n")


def test_the_command_keeps_the_path_apart_from_what_it_does(
    playwrights: Path, installers: Installers, capsys: pytest.CaptureFixture[str]
) -> None:
    installers.does["playwright install chromium"] = lambda: program(playwrights)
    assert main(["--ensure"]) == 0
    output, errors = capsys.readouterr()
    assert output == f"{playwrights}\n"
    assert "downloading Playwright's Chromium ..." in errors


@pytest.mark.parametrize("arguments", [[], ["--ensure"]])
def test_the_command_tells_errors_without_a_traceback(
    arguments: list[str], own: Path, installers: Installers, capsys: pytest.CaptureFixture[str]
) -> None:
    own.unlink()
    assert main(arguments) == 1
    assert capsys.readouterr() == ("", f"ALPHACUT_CHROMIUM names {own}, which is not there\n")
