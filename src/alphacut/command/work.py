"""Does what was asked for, photo by photo."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alphacut.backend import Opened
from alphacut.clock import Stage
from alphacut.command.arguments import Settings
from alphacut.command.files import FileExistsAlreadyError, check_target, read, write
from alphacut.command.licences import NoModelError, check_licence
from alphacut.command.photos import Photo, Plan
from alphacut.command.report import Report
from alphacut.errors import AlphacutError
from alphacut.pipeline import Cutout, remove_background
from alphacut.store.opening import NativeModels


class Work:
    """All photos of a run: one network, opened when the first photo needs it."""

    def __init__(self, settings: Settings, plan: Plan, report: Report) -> None:
        self._settings = settings
        self._plan = plan
        self._report = report
        self._models = NativeModels(threads=settings.threads)
        self._opened: Opened | None = None
        self._picture: bytes | None = None
        # One event loop for all photos: of one that is half made when somebody interrupts Python complains.
        self._runner = asyncio.Runner()
        self.at = ""
        """The file that is worked on: a photo, or the background picture."""

    def run(self) -> None:
        """Cut out every photo; what can't be is told.

        Raises
        ------
        NoModelError
            The network can't be had.
        AlphacutError
            The background picture can't be read, or what becomes of photos can't be told.
        """
        for path in self._plan.left_out:
            self._report.left_out(path)
        sources = self._plan.sources
        if picture := self._settings.picture:
            self.at = str(picture)
            self._picture = read(picture)
            sources.add(picture.resolve())
        with self._runner:
            self._all(sources)
        self._report.clear()

    def _all(self, sources: set[Path]) -> None:
        for photo in self._plan.photos:
            self.at = photo.name
            self._report.begin(photo)
            try:
                self._one(photo, sources)
            except NoModelError:
                raise
            except AlphacutError as error:
                self._report.failed(photo, error)

    def _one(self, photo: Photo, sources: set[Path]) -> None:
        try:
            check_target(photo, sources, existing=self._settings.existing)
        except FileExistsAlreadyError:
            if self._settings.existing != "skip":
                raise
            return self._report.skipped(photo)
        cutout = self._cut_out(photo, read(photo.path))
        write(cutout.data, photo.target)
        return self._report.done(photo, cutout)

    def _cut_out(self, photo: Photo, data: bytes) -> Cutout:
        opened = self._open()

        async def checkpoint(stage: Stage) -> None:
            self._report.checkpoint(photo, stage)

        settings = self._settings
        work = remove_background(
            data, opened.session, opened.spec, output=settings.output, finish=settings.finish,
            picture=self._picture, checkpoint=checkpoint,
        )  # fmt: skip
        return self._runner.run(work)

    def _open(self) -> Opened:
        if self._opened is None:
            self._report.clear()
            try:
                check_licence(self._settings.model, accepted=self._settings.accepts_licence)
                self._opened = self._models.open_now(self._settings.model)
            except AlphacutError as error:
                raise NoModelError(error) from error
            if self._opened.notice and not self._settings.accepts_licence:
                self._report.say(f"{self._opened.title}: {self._opened.notice}")
        return self._opened
