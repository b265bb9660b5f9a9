"""Stands in for the package ml_dtypes where onnx runs in Pyodide.

onnx imports ml_dtypes to have a NumPy dtype for each of its element types. No index that this project builds
from has a wheel of it for Pyodide, and the networks of this site use none of these types. So each is a dtype
of one named field here: distinct, hashable, of the right size, and NumPy refuses to calculate with it.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np


def _named(name: str, storage: str = "u1") -> np.dtype[np.void]:
    return np.dtype([(name, storage)])


bfloat16 = _named("bfloat16", "u2")
float8_e4m3fn = _named("float8_e4m3fn")
float8_e4m3fnuz = _named("float8_e4m3fnuz")
float8_e5m2 = _named("float8_e5m2")
float8_e5m2fnuz = _named("float8_e5m2fnuz")
float8_e8m0fnu = _named("float8_e8m0fnu")
float6_e2m3fn = _named("float6_e2m3fn")
float6_e3m2fn = _named("float6_e3m2fn")
float4_e2m1fn = _named("float4_e2m1fn")
int2 = _named("int2")
uint2 = _named("uint2")
int4 = _named("int4")
uint4 = _named("uint4")


def finfo(dtype: object) -> NoReturn:
    """Refuse: nothing is known of these types here."""
    raise TypeError(f"{dtype} is only a name here: this is not the real ml_dtypes")


iinfo = finfo
