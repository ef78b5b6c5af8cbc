"""Writes the reference files beside it: python make.py

Python 3.11.7, numpy 2.1.3, scipy 1.14.1; the values are drawn with seed 1. scipy writes each class in its own type and in
the machine's byte order, which is little-endian; compact storage and the other order are the Go tests' own.
"""

import json
import pathlib

import numpy as np
import scipy.io
import scipy.sparse

here = pathlib.Path(__file__).parent
draw = np.random.default_rng(1)
arrays = {
    "double": draw.standard_normal((4, 3)),
    "single": draw.standard_normal((2, 2, 3)).astype(np.float32),
    "logical": np.array([[True, False, True]]),
    "empty": np.zeros((0, 3)),
    "scalar": np.array([[2.5]]),
}
for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32"):
    of = np.iinfo(name)
    arrays[name] = np.concatenate([[of.min, of.max], draw.integers(of.min, of.max, 5)]).astype(name).reshape(1, 7)
for name in ("int64", "uint64"):
    arrays[name] = np.array([[0, 1, 2**53]], name)
want = {n: {"shape": list(a.shape), "values": a.astype(float).ravel("F").tolist()} for n, a in arrays.items()}
(here / "scipy.json").write_text(json.dumps(want, indent=1) + "\n")

# Before the arrays stand variables that are no plain numbers: they must be passed over.
others = {"text": "words", "cell": np.array([1, "a"], object), "struct": {"a": 1.0}, "complex": np.array([[1 + 2j]])}
others["sparse"] = scipy.sparse.csc_matrix(np.eye(2))
scipy.io.savemat(here / "compressed.mat", others | arrays, do_compression=True)
scipy.io.savemat(here / "plain.mat", others | arrays, do_compression=False)
scipy.io.savemat(here / "level4.mat", {"double": arrays["double"]}, format="4")
