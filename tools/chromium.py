"""Finds or installs a Chromium for Playwright: ``python -m tools.chromium [--ensure]`` prints its path."""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Device = Literal["auto", "webgpu", "wasm"]
Gpu = Literal["software", "hardware"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
_WEBGPU = ("--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist")
# Asked in a process of its own: Playwright's sync API does not start twice, and a test may have it running.
_ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)
_START_TIMEOUT_S = 60.0


class NoChromiumError(Exception):
    """There is no Chromium and none could be installed. The message says what to run."""


def launch_args(device: Device, gpu: Gpu = "software") -> list[str]:
    """Return Chromium's flags for a device to compute on.

    device: "wasm" turns the GPU off. gpu: "software" computes WebGPU on the CPU with SwiftShader, so that it
    is there on any machine; "hardware" takes the machine's own adapter.
    """
    flags = list(_QUIET)
    if device == "wasm":
        flags.append("--disable-gpu")
    else:
        flags.extend(_WEBGPU)
        if gpu == "software":
            flags.append("--use-webgpu-adapter=swiftshader")
    if os.geteuid() == 0:
        # Chromium refuses to start as root with its sandbox on.
        flags.append("--no-sandbox")
    return flags


def find() -> Path | None:
    """Return $ALPHACUT_CHROMIUM, Playwright's own browser, or one on PATH, whichever is there first.

    Raises NoChromiumError if $ALPHACUT_CHROMIUM names something that is not there.
    """
    if own := os.environ.get("ALPHACUT_CHROMIUM"):
        if not Path(own).is_file():
            raise NoChromiumError(f"ALPHACUT_CHROMIUM names {own}, which is not there")
        return Path(own)
    return _of_playwright() or _on_path()


def ensure() -> Path:
    """Return a Chromium as ``find`` does, installing one if there is none.

    Tried in order: Playwright's download, then the Debian package if this is root on such a system.
    Raises NoChromiumError with what to run if neither works.
    """
    if found := find():
        return found
    _install_by_playwright()
    if found := _of_playwright():
        return found
    if _can_use_apt():
        _say("installing the package chromium")
        if _call(["apt-get", "update"]):
            _call(["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    if found := _on_path():
        return found
    raise NoChromiumError(
        "there is no Chromium, and none could be installed. Do one of these:\n"
        f"  {sys.executable} -m playwright install --with-deps chromium\n"
        "  apt-get install chromium      (as root, on Debian)\n"
        "  export ALPHACUT_CHROMIUM=/path/to/chromium"
    )


def _on_path() -> Path | None:
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)


@functools.cache
def _playwright_path() -> Path | None:
    """Where Playwright keeps, or would keep, its browser."""
    try:
        command = [sys.executable, "-c", _ASK_PLAYWRIGHT]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_START_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(asked.stdout.strip())


def _of_playwright() -> Path | None:
    path = _playwright_path()
    return path if path and path.is_file() and _starts(path) else None


def _starts(path: Path) -> bool:
    """Tell whether a browser finds its system libraries; Playwright's download does not bring them."""
    try:
        asked = subprocess.run(
            [path, "--version"], capture_output=True, timeout=_START_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return asked.returncode == 0


def _install_by_playwright() -> None:
    """Download Playwright's browser; the libraries it needs are installed only after that has worked."""
    _say("downloading Playwright's Chromium")
    playwright = [sys.executable, "-m", "playwright"]
    # Without this, each of its attempts at a host that does not answer takes half a minute.
    downloaded = _call(
        [*playwright, "install", "--no-shell", "chromium"], PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="8000"
    )
    if downloaded and _of_playwright() is None and _can_use_apt():
        _call([*playwright, "install-deps", "chromium"])


def _can_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _call(command: Sequence[str], **environment: str) -> bool:
    """Run a program; its output goes to standard error, because ours carries the path."""
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environment}
    return subprocess.run(command, env=settings, stdout=sys.stderr, check=False).returncode == 0


def _say(line: str) -> None:
    print(f"{line} ...", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the path of a Chromium."""
    parser = argparse.ArgumentParser(prog="python -m tools.chromium", description="Find a Chromium.")
    parser.add_argument("--ensure", action="store_true", help="install one if there is none")
    options = parser.parse_args(arguments)
    try:
        path = ensure() if options.ensure else find()
    except NoChromiumError as error:
        print(error, file=sys.stderr)
        return 1
    if path is None:
        print("there is no Chromium; --ensure installs one", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
