"""Arrays as NumPy itself writes them: makes forms.npz and streamed.npz beside it.

Made with Python 3.11, numpy 2.4.6:

    pip install numpy==2.4.6
    python reference.py
"""

import io
import pathlib
import zipfile

import numpy

HERE = pathlib.Path(__file__).parent
KINDS = ["?", "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


class Pipe(io.RawIOBase):
    """A pipe's end: what was written cannot be gone back to, so that sizes stand behind the data."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, b):
        self.bytes += b
        return len(b)


def main() -> None:
    rng = numpy.random.Generator(numpy.random.PCG64(1))
    values = rng.integers(0, 100, (3, 4, 2))
    arrays = {"values": values.astype("f4")}
    for kind in KINDS:
        for order in "<>":
            x = (values % 2 if kind == "?" else values).astype(numpy.dtype(kind).newbyteorder(order))
            arrays[f"{order}{kind}/rows"] = x
            arrays[f"{order}{kind}/columns"] = numpy.asfortranarray(x)
            arrays[f"{order}{kind}/turned"] = x.T
            arrays[f"{order}{kind}/single"] = x[2, 3, 1]
            arrays[f"{order}{kind}/none"] = x[:, :0]
    numpy.savez_compressed(HERE / "forms.npz", **arrays)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as z:
        for version in (1, 2, 3):
            with z.open(f"deep/down/version{version}.npy", "w", force_zip64=True) as f:
                numpy.lib.format.write_array(f, values.astype("f4"), version=(version, 0))
    (HERE / "streamed.npz").write_bytes(pipe.bytes)


if __name__ == "__main__":
    main()
