"""What alphacut knows about a network: `ModelSpec`, read from models/<id>.toml or site.json."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from alphacut.errors import BadModelError

Precision = Literal["float16", "float32"]
"""Of a network's arithmetic."""

Output = Literal["alpha", "logits", "minmax"]
"""What the map holds. `alpha`: alpha in [0, 1]; `logits`: what a sigmoid makes alpha of; `minmax`: any
range, of which the least value is background and the greatest subject."""


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """How to feed a salient-object network and how to read it.

    As published, the network takes NCHW of shape (1, 3, height, width) holding ``(rgb / 255 - mean) / std``
    and gives one map. As shipped, it takes and gives uint8: see `alphacut.onnx_graph.ship`.

    Attributes
    ----------
    id : str
        Name of the TOML file.
    width, height : int
        Input size in pixels.
    mean, std : tuple of 3 floats
        Of R, G, B, on the scale where white is 1.
    output : {"alpha", "logits", "minmax"}
        What the map holds.
    """

    id: str
    width: int
    height: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    output: Output = "alpha"

    def __post_init__(self) -> None:
        """Raise BadModelError for values that can't be meant."""
        if self.width < 1 or self.height < 1:
            raise BadModelError(f"{self.id}: the input size {self.width} x {self.height} is not positive.")
        if len(self.mean) != 3 or len(self.std) != 3 or not all(s > 0 for s in self.std):
            raise BadModelError(f"{self.id}: mean and std need three numbers each, std above 0.")
        if self.output not in get_args(Output):
            raise BadModelError(f"{self.id}: output must be one of {', '.join(get_args(Output))}.")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the published network's input, NCHW."""
        return 1, 3, self.height, self.width

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> ModelSpec:
        """Make a spec from the plain data of TOML or JSON; raises BadModelError."""
        known = {field.name for field in fields(cls)}
        if unknown := set(table) - known:
            raise BadModelError(f"The model's description has unknown keys: {', '.join(sorted(unknown))}.")
        try:
            return cls(**{**table, "mean": tuple(table["mean"]), "std": tuple(table["std"])})
        except (KeyError, TypeError) as error:
            raise BadModelError(f"The model's description is incomplete: {error}.") from error

    def to_table(self) -> dict[str, Any]:
        """Plain data that `from_table` reads back."""
        table = {field.name: getattr(self, field.name) for field in fields(self)}
        return table | {"mean": list(self.mean), "std": list(self.std)}


def read_spec(path: Path) -> ModelSpec:
    """Read the `[spec]` table of a models/<id>.toml; the id is the file's name. Raises BadModelError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        return ModelSpec.from_table({"id": path.stem, **table["spec"]})
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise BadModelError(f"{path.name} can't be read: {error}.") from error
