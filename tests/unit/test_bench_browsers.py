"""What a browser's processes hold: found by its profile, added up by Linux."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.browsers import processes_of, proportional

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
CHILD = "import sys; print(0, flush=True); sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@contextmanager
def family(profile: str) -> Iterator[int]:
    """A process with a profile's flag and one below it, which has no such flag."""
    command = [sys.executable, "-c", PARENT, f"--user-data-dir={profile}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        parent.stdout.readline()
        yield parent.pid
        parent.communicate()


def test_the_browser_of_a_profile_and_all_below_it_are_found(tmp_path: Path) -> None:
    with family(f"{tmp_path}/a") as first, family(f"{tmp_path}/ab") as second:
        assert len(processes_of(f"{tmp_path}/a")) == 2
        assert first in processes_of(f"{tmp_path}/a")
        assert second in processes_of(f"{tmp_path}/ab")
    assert processes_of(f"{tmp_path}/a") == []


def test_a_process_holds_megabytes_and_an_ended_one_nothing(tmp_path: Path) -> None:
    with family(str(tmp_path)) as parent:
        assert proportional(parent) > 1e6
    assert proportional(parent) == 0
