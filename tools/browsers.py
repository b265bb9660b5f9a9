"""Finds or installs the tests' other browsers: ``python -m tools.browsers [--ensure]`` prints their paths.

Firefox speaks WebDriver BiDi itself. WebKitGTK comes with a small browser and a driver of its own, and needs
a screen, which Xvfb is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "firefox": "firefox-esr",
    "driver": "webkit2gtk-driver",
    "webkit": "webkit2gtk-driver",
    "screen": "xvfb",
}
"""Debian's packages by what they are needed for."""

_PLACES = {
    "firefox": ("firefox-esr", "firefox"),
    "driver": ("WebKitWebDriver",),
    "webkit": ("MiniBrowser",),
    "screen": ("Xvfb",),
}
# Debian keeps WebKitGTK's browser beside its library.
_BESIDE_LIBRARIES = ("lib/*/webkit2gtk-4.1", "lib*/webkit2gtk-4.1", "libexec/webkit2gtk-4.1")


class NoBrowserError(Exception):
    """A browser of the tests is not there, and could not be installed. The message says what to run."""


def find(part: str) -> Path:
    """Return the path of a part: "firefox", "webkit", its "driver", or the "screen" that it draws on.

    Raises NoBrowserError if it is not there.
    """
    if found := _found(part):
        return found
    raise NoBrowserError(
        f"{' or '.join(_PLACES[part])} is not on this machine. Do one of these:\n"
        f"  {sys.executable} -m tools.browsers --ensure    (as root, on Debian)\n"
        f"  apt-get install --no-install-recommends {' '.join(sorted(set(PACKAGES.values())))}"
    )


def ensure() -> dict[str, Path]:
    """Return the path of each part, installing Debian's packages for what is not there.

    Raises NoBrowserError if that does not work.
    """
    missing = sorted({package for part, package in PACKAGES.items() if not _found(part)})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(missing)} ...", file=sys.stderr, flush=True)
        if _call(["apt-get", "update"]):
            _call(["apt-get", "install", "-y", "--no-install-recommends", *missing])
    return {part: find(part) for part in PACKAGES}


def _found(part: str) -> Path | None:
    for name in _PLACES[part]:
        if path := shutil.which(name):
            return Path(path)
        for folder in _BESIDE_LIBRARIES:
            for beside in Path("/usr").glob(f"{folder}/{name}"):
                return beside
    return None


def _call(command: Sequence[str]) -> bool:
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=settings, stdout=sys.stderr, check=False).returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the path of each part."""
    parser = argparse.ArgumentParser(prog="python -m tools.browsers", description="Find the other browsers.")
    parser.add_argument("--ensure", action="store_true", help="install what is missing")
    options = parser.parse_args(arguments)
    try:
        paths = ensure() if options.ensure else {part: find(part) for part in PACKAGES}
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    for part, path in paths.items():
        print(f"{part}: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
