"""How far float32 takes a pair of ResNet-18 from float64 in a few steps, and why.

    resnet.py PRIMEWINDOW [--first 0] [--seeds 6] [--size 48] [--batch 8] [--steps 3]

PRIMEWINDOW is the built program. Given weights and batches are replayed by `primewindow replay`, and in PyTorch by
workbench/host/replay/testdata/reference.py in float32 and float64. The networks are as initialised, the batches noisy
class patterns. Needs what bench/probes/requirements-torch.txt lists.

A ReLU whose input is nearly 0, or a max-pool window whose two largest values are nearly equal, may go either way in
float32, and a gradient then takes another path. Each row is one step of one seed:

    nearest        the choice of the float64 pass that is nearest to going the other way: |input| of a ReLU, or the gap
                   between a window's two largest values, as a share of the layer's root mean square
    flips          choices of PyTorch's float32 that are not float64's
    primewindow    the gradient tensor that is furthest from float64's, by its largest difference as a share of the
                   tensor's largest value, and which it is
    PyTorch        the same of PyTorch's float32
    at its choices primewindow's and PyTorch's float32 against float64 in which every choice goes as it did in PyTorch's
                   float32. What PyTorch is off from that is sums alone; so is primewindow where it made the same choices.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../workbench/host/replay/testdata"))
import reference  # noqa: E402


class Choices:
    """torch.nn.functional whose ReLUs and maxima are noted with how near they were, or go as they are given."""

    def __init__(self, given=None):
        self.given, self.noted, self.near = None if given is None else iter(given), [], []

    def __getattr__(self, name):
        return getattr(F, name)

    def note(self, choice, gaps, x):
        self.noted.append(choice)
        self.near.append((gaps.min() / x.detach().square().mean().sqrt()).item())

    def relu(self, x):
        mask = x.detach() > 0 if self.given is None else next(self.given)
        self.note(mask, x.detach().abs(), x)
        return x * mask

    def max_pool2d(self, x, size, stride, pad):
        y, at = F.max_pool2d(x, size, stride, pad, return_indices=True)
        if self.given is not None:
            at = next(self.given)
            y = x.flatten(2).gather(2, at.flatten(2)).reshape(at.shape)
        windows = F.unfold(F.pad(x.detach(), [pad] * 4).flatten(0, 1)[:, None], size, stride=stride)
        top = windows.topk(2, dim=1).values
        gaps = (top[:, 0] - top[:, 1])[top[:, 0] > 0]  # a window of zeros passes no gradient on
        self.note(at, gaps, x)
        return y


def replay(spec, weights, batches, dtype, given=None):
    reference.F = choices = Choices(given)
    return reference.replay(spec, weights, batches, dtype)["gradients"], choices


def make(args, seed):
    spec = {
        "model": {"modalities": ["a", "v"], "classes": 6, "fusion": "concat",
                  "encoders": {m: {"type": "resnet18", "in": n} for m, n in (("a", 1), ("v", 3))}},
        "method": "joint", "hp": {}, "optimizer": {"lr": 0.002, "momentum": 0.9, "weight_decay": 1e-4},
        "outputs": "every", "gradients": True,
    }
    rng, w = np.random.default_rng(seed), reference.make_weights(spec, "resnet")
    for k, v in w.items():
        if v.ndim == 4:  # Kaiming's, of the fan out
            w[k] = rng.normal(0, np.sqrt(2 / (v.shape[0] * v.shape[2] * v.shape[3])), v.shape)
        elif v.ndim == 2:
            w[k] = rng.normal(0, np.sqrt(2 / sum(v.shape)), v.shape)
        else:
            w[k] = np.full(v.shape, 0.0 if k.endswith(("bias", "mean")) else 1.0)
        w[k] = w[k].astype("f4")
    y = rng.integers(0, 6, (args.steps, args.batch)).astype("i4")
    batches = {"y": y}
    for m, shape in (("a", (1, args.size + 33, args.size * 3 // 4)), ("v", (3, args.size, args.size))):
        means = rng.normal(0, 1, (6, *shape))
        batches["x." + m] = (means[y] + rng.normal(0, 1, (*y.shape, *shape))).astype("f4")
    return spec, w, batches


def ours(program, spec, w, batches):
    with tempfile.TemporaryDirectory() as at:
        with open(os.path.join(at, "spec.json"), "w") as f:
            json.dump(spec, f)
        reference.write_safetensors(os.path.join(at, "weights.safetensors"), w)
        np.savez(os.path.join(at, "batches.npz"), **batches)
        done = subprocess.run([program, "replay", at, os.path.join(at, "out")], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return reference.read_safetensors(os.path.join(at, "out", "gradients.safetensors"))


def worst(want, got, step):
    off = {k: float(np.abs(got[k] - v).max() / np.abs(v).max()) for k, v in want.items() if k.startswith(f"{step}/")}
    name = max(off, key=off.get)
    return f"{off[name]:.1e} {name.split('/')[1]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    for name, usual in (("first", 0), ("seeds", 6), ("size", 48), ("batch", 8), ("steps", 3)):
        parser.add_argument("--" + name, type=int, default=usual)
    args = parser.parse_args()
    print("| seed | step | nearest | flips | primewindow | PyTorch | at its choices |\n|---|---|---|---|---|---|---|", flush=True)
    for seed in range(args.first, args.first + args.seeds):
        spec, w, batches = make(args, seed)
        exact, right = replay(spec, w, batches, torch.float64)
        low, taken = replay(spec, w, batches, torch.float32)
        sums, _ = replay(spec, w, batches, torch.float64, taken.noted)
        here = ours(args.program, spec, w, batches)
        each = len(right.noted) // args.steps
        for step in range(args.steps):
            part = slice(step * each, (step + 1) * each)
            flips = sum(int((a != b).sum()) for a, b in zip(right.noted[part], taken.noted[part]))
            print(f"| {seed} | {step} | {min(right.near[part]):.1e} | {flips} | {worst(exact, here, step)} "
                  f"| {worst(exact, low, step)} | {worst(sums, here, step).split()[0]}, {worst(sums, low, step).split()[0]} |",
                  flush=True)


if __name__ == "__main__":
    main()
