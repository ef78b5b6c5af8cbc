"""WAV files whose lengths are not brought up to date, with what libsndfile reads of them: writes lengths.json beside it.

Made with Python 3.11, numpy 2.4.6, soundfile 0.14.0 (libsndfile 1.2.2):

    pip install numpy==2.4.6 soundfile==0.14.0
    python lengths.py
"""

import base64
import io
import json
import pathlib
import struct

import numpy
import soundfile

SEED = 1
N = 50
LIST = b"LIST" + struct.pack("<I", 12) + b"INFOISFT" + bytes(4)
ODD = b"LIST" + struct.pack("<I", 13) + b"INFOISFT" + b"\1\0\0\0x"


def wav(samples, riff=None, size=None, before=b"", behind=b"", pad=b""):
    """A file of these samples; riff and size are its stated lengths, where they are not the right ones."""
    bits = 8 * samples.dtype.itemsize
    body = samples.tobytes()
    rest = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000 * bits // 8, bits // 8, bits) + before
    rest += b"data" + struct.pack("<I", len(body) if size is None else size) + body + pad + behind
    riff = {None: len(rest), "file": len(rest) + 8}.get(riff, riff)
    return b"RIFF" + struct.pack("<I", riff) + rest


def main() -> None:
    rng = numpy.random.Generator(numpy.random.PCG64(SEED))
    x = rng.integers(-(2**15), 2**15, N).astype("<i2")
    odd = rng.integers(0, 256, N - 1).astype("u1")
    n = 2 * N
    files = {
        "plain": wav(x),
        "streamed by ffmpeg": wav(x, 0xFFFFFFFF, 0xFFFFFFFF, before=LIST),
        "streamed, right RIFF": wav(x, None, 0xFFFFFFFF),
        "streamed by SoX": wav(x, 0x7FFFF024, 0x7FFFF000),
        "streamed by arecord": wav(x, 0x80000024, 0x80000000),
        "streamed, less the header": wav(x, 0xFFFFFFFF, 0xFFFFFFFF - 44),
        "streamed, remarks behind": wav(x, 0xFFFFFFFF, 0xFFFFFFFF, behind=LIST),
        "never closed": wav(x, 8, 0),
        "both 0": wav(x, 0, 0),
        "data 0": wav(x, None, 0),
        "data 0, RIFF as of no samples": wav(x, 36, 0),
        "RIFF 0": wav(x, 0),
        "RIFF 0, remarks behind": wav(x, 0, behind=LIST),
        "RIFF the file's": wav(x, "file"),
        "RIFF 1 more": wav(x, 37 + n),
        "RIFF 20 less": wav(x, 16 + n),
        "RIFF 3": wav(x, 3),
        "data 1 more": wav(x, None, n + 1),
        "data 1 more, padded": wav(x, None, n + 1, pad=b"\0"),
        "data 1 less": wav(x, None, n - 1),
        "data 1 less, remarks behind": wav(x, None, n - 1, pad=b"", behind=LIST),
        "data the file's": wav(x, None, n + 44),
        "data RIFF's": wav(x, None, n + 36),
        "remarks before": wav(x, before=ODD + b"\0"),
        "remarks before without padding": wav(x, before=ODD),
        "remarks behind": wav(x, behind=LIST),
        "data short, remarks behind": wav(x, None, n // 2, behind=LIST),
        "odd": wav(odd, pad=b"\0"),
        "odd without padding": wav(odd),
        "odd, padding counted": wav(odd, None, N),
        "odd, remarks behind without padding": wav(odd, behind=LIST),
        "cut": wav(x, 36 + 2 * n, 2 * n),
        "cut, right RIFF": wav(x, None, 2 * n),
        "cut by a sample": wav(x, 38 + n, n + 2),
        "cut in a sample": wav(x)[:-1],
    }
    out = []
    for name, b in files.items():
        try:
            samples = soundfile.read(io.BytesIO(b), dtype="float32")[0].tolist()
        except soundfile.LibsndfileError:
            samples = None
        out.append({"name": name, "file": base64.b64encode(b).decode(), "libsndfile": samples})
    lines = ",\n".join(json.dumps(case) for case in out)
    pathlib.Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
