"""Joint training on digits in PyTorch, the peer of `primewindow run -data digits -method joint`.

usage: torch_digits.py FOLDER [--epochs 12] [--seed 0] [--threads N]

FOLDER is what PRIMEWINDOW_DATA names. The work is the same as ours: the same files, splits by the same rule (the
draws are numpy's), spectrograms, noise, encoders, optimizer, schedule, an evaluation of the validation split at the
end of each epoch and of the test split at the end of the run. The last line is one JSON object.
"""

import argparse
import gzip
import json
import pathlib
import time
import wave

import numpy as np
import torch
from torch import nn

HELD_OUT = ("lucas", "theo")
WINDOW, HOP, SIDE = 256, 32, 64
BATCH = 64
EPSILON = 1e-7


def read_idx(path):
    """The numbers of an IDX file of bytes, plain or as .gz."""
    raw = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
    dims = np.frombuffer(raw, ">u4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, -1, 4 + 4 * raw[3]).reshape(dims)


def pooling(size, out):
    """The adaptive mean from size to out places as a matrix, [size, out]."""
    m = np.zeros((size, out), np.float32)
    for j in range(out):
        begin, end = j * size // out, ((j + 1) * size + out - 1) // out
        m[begin:end, j] = 1 / (end - begin)
    return m


def spectrogram(path, hann, rows):
    """log(|STFT| + 1e-7) of a recording, pooled to [64, 64]."""
    with wave.open(str(path)) as w:
        if (w.getframerate(), w.getnchannels(), w.getsampwidth()) != (8000, 1, 2):
            raise ValueError(f"{path}: got {w.getparams()}, want 8 kHz, mono, 16 bits")
        x = np.frombuffer(w.readframes(w.getnframes()), "<i2").astype(np.float32) / 32768
    if len(x) < WINDOW:
        x = np.pad(x, (0, WINDOW - len(x)))
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * hann))
    return rows.T @ np.log(magnitude + EPSILON).T.astype(np.float32) @ pooling(len(frames), SIDE)


def load(folder, seed):
    """Tensors by split: audio [N, 1, 64, 64], visual [N, 1, 28, 28], labels [N]."""
    rng = np.random.default_rng(seed)
    files = sorted((folder / "fsdd" / "recordings").glob("*.wav"))
    names = [f.stem.split("_") for f in files]
    digits = np.array([int(n[0]) for n in names])
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    rows = pooling(WINDOW // 2 + 1, SIDE)
    spectra = np.stack([spectrogram(f, hann, rows) for f in files])
    splits = {"train": [], "val": [], "test": []}
    for digit in range(10):
        for speaker in sorted({n[1] for n in names}):
            group = [i for i, n in enumerate(names) if digits[i] == digit and n[1] == speaker]
            if speaker in HELD_OUT:
                splits["test"] += group
                continue
            group = rng.permutation(group)
            cut = round(0.1 * len(group))
            splits["val"] += list(group[:cut])
            splits["train"] += list(group[cut:])
    scale = spectra[splits["train"]]
    spectra = (spectra - scale.mean()) / scale.std()
    sets, left = {}, {}
    for split, recordings in splits.items():
        part = "t10k" if split == "test" else "train"
        if part not in left:
            images = read_idx(folder / "mnist" / f"{part}-images-idx3-ubyte")
            labels = read_idx(folder / "mnist" / f"{part}-labels-idx1-ubyte")
            left[part] = images, [list(rng.permutation(np.flatnonzero(labels == d))) for d in range(10)]
        images, places = left[part]
        heard = np.repeat(recordings, 2)
        seen = np.array([places[digits[i]].pop() for i in heard])
        x = images[seen].astype(np.float32) / 255
        x += 0.5 * rng.standard_normal(x.shape, np.float32)
        sets[split] = tuple(map(torch.from_numpy, (spectra[heard][:, None], x[:, None], digits[heard])))
    return sets


def encoder(channels):
    layers, inputs = [], 1
    for out in channels:
        layers += [nn.Conv2d(inputs, out, 3, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        inputs = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Joint(nn.Module):
    def __init__(self):
        super().__init__()
        self.audio, self.visual, self.head = encoder([16, 32, 64, 64]), encoder([16, 32, 64]), nn.Linear(128, 10)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        nn.init.xavier_normal_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, audio, visual):
        return self.head(torch.cat([self.audio(audio), self.visual(visual)], 1))


@torch.no_grad()
def accuracy(model, audio, visual, labels):
    model.eval()
    hits = 0
    for i in range(0, len(labels), BATCH):
        hits += (model(audio[i : i + BATCH], visual[i : i + BATCH]).argmax(1) == labels[i : i + BATCH]).sum().item()
    return hits / len(labels)


def main():
    began = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    sets = load(arguments.folder, arguments.seed)
    loaded = time.perf_counter() - began
    model = Joint()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.1)
    audio, visual, labels = sets["train"]
    steps, evaluating = [], 0.0
    for _ in range(arguments.epochs):
        model.train()
        order = torch.randperm(len(labels))
        for k in range(len(labels) // BATCH):
            start = time.perf_counter()
            at = order[k * BATCH : (k + 1) * BATCH]
            loss = nn.functional.cross_entropy(model(audio[at], visual[at]), labels[at])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            last = loss.item()
            steps.append(time.perf_counter() - start)
        schedule.step()
        start = time.perf_counter()
        validation = accuracy(model, *sets["val"])
        evaluating += time.perf_counter() - start
    start = time.perf_counter()
    test = accuracy(model, *sets["test"])
    evaluating += time.perf_counter() - start
    result = {
        "steps": len(steps), "loss": last, "val": validation, "test": test,
        "load_s": loaded, "train_s": sum(steps), "evaluate_s": evaluating, "step_ms": 1000 * float(np.median(steps)), "threads": torch.get_num_threads(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
