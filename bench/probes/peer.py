"""What all peers do alike: read the file of weights and inputs, and answer the lines of probes.py."""

import json
import pathlib
import resource
import struct
import sys
import time

import numpy as np

# The optimizer's settings, those of step.go.
LR, MOMENTUM, DECAY = 1e-4, 0.9, 1e-4
EPSILON, AVERAGE = 1e-5, 0.1  # of batch norm: added to the variance; weight of the present batch
MODALITIES = "audio", "visual"
EXACT = "exact", "ghost"  # whats that give the trace


def load(path):
    """The arrays of a safetensors file of float32, by name."""
    raw = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + size + begin)
        arrays[name] = values.reshape(entry["shape"]).copy()
    return arrays


def channels(arrays, modality):
    """The channels of a small encoder's blocks; nothing for a ResNet."""
    found = []
    while (name := f"enc.{modality}.conv{len(found)}.weight") in arrays:
        found.append(arrays[name].shape[0])
    return found


def processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak():
    """The largest resident size of this process so far, in MiB."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def tell(**message):
    print(json.dumps(message), flush=True)


def serve(began, step):
    """Takes the first step, then one for each line of the standard input. step gives loss and traces by name."""
    values = step()
    tell(ready=True, first_s=time.perf_counter() - began, values=values)
    for _ in sys.stdin:
        start, used = time.perf_counter(), processor()
        values = step()
        tell(s=time.perf_counter() - start, cpu=processor() - used, loss=values["loss"])
    tell(peak_mib=peak())
