"""Unpacks what the kernels are built from out of their wheels: unpack_kernels.py WHEELS TO

TO/include has the headers of oneDNN and of XLA's FFI, TO/lib oneDNN's library, TO/doc its licences.
"""

import glob
import os
import sys
import zipfile

# Where a wheel has what is wanted, and where it goes.
PLACES = {
    "jaxlib/include/xla/ffi/api/": "include/xla/ffi/api/",
    ".data/data/include/": "include/",
    ".data/data/lib/": "lib/",
    ".data/data/share/doc/onednn/": "doc/",
}
WANTED = "include/xla/ffi/api/c_api.h", "include/oneapi/dnnl/dnnl.hpp", "lib/libdnnl.so.3", "doc/LICENSE"


def main(wheels, to):
    for wheel in glob.glob(os.path.join(wheels, "*.whl")):
        with zipfile.ZipFile(wheel) as z:
            for name in z.namelist():
                for part, folder in PLACES.items():
                    _, found, rest = name.partition(part)
                    if not found or not rest or rest.endswith("/"):
                        continue
                    if folder == "lib/" and rest != "libdnnl.so.3":  # the same file under three names
                        continue
                    path = os.path.join(to, folder + rest)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "wb") as f:
                        f.write(z.read(name))
    for path in WANTED:
        if not os.path.isfile(os.path.join(to, path)):
            raise SystemExit(f"unpack_kernels: the wheels have no {path}")


main(*sys.argv[1:])
