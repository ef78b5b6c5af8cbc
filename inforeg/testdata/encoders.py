"""Reference values for encoders' options: python inforeg/testdata/encoders.py > inforeg/testdata/encoders.json

Squared gradient norms of every sample's own fused cross entropy, by modality, "all" parameters of the encoder or its
"weights", those of convolution and linear layers, in float64. No random numbers, so no seed: inputs and weights come
from net.made. No layer mixes samples. Every number is computed twice, by torch.func.vmap of grad and by a backward pass
for each sample, which must agree to 1e-9 of the largest.
"""

import json
import pathlib
import sys

import numpy
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models" / "testdata"))
import net  # noqa: E402

B, CLASSES = 4, 3
SMALL = {"dim": 4, "heads": 2, "layers": 1, "mlp": 1}
START = "transformer,dim=4,heads=2,layers=1,mlp=1"
ENCODERS = {  # by modality: specification, shape of a sample, and the same in PyTorch with its number of features
    "c": (START + ",pool=class", (4, 3), lambda: net.Transformer(3, 4, **SMALL, pool="class"), 4),
    "s": (START + ",pos=sinusoidal,pad=1", (5, 2), lambda: net.Transformer(2, 5, **SMALL, pos="sinusoidal", pad=True), 4),
    "n": (START + ",pool=class,pos=none,pad=1", (5, 2), lambda: net.Transformer(2, 5, **SMALL, pos="none", pool="class", pad=True), 4),
    "t": (START + ",pool=class,vocab=7,pad=1", (5,), lambda: net.Transformer(None, 5, **SMALL, vocab=7, pool="class", pad=True), 4),
    "b": ("bag:5-4,vocab=7,pad=1", (5,), lambda: net.Bag(7, 5, [4], True), 4),
    "i": ("cnn1d:4-8-8,norm=group", (3, 2), lambda: net.CNN(1, [4, 8, 8], 2, norm="group"), 8),
    "m": ("mlp:4,flatten=1", (3, 2), lambda: Flat(6, [4]), 4),
}


class Flat(net.MLP):
    def forward(self, x):
        return super().forward(x.flatten(1))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.ModuleDict({m: make() for m, (_, _, make, _) in ENCODERS.items()})
        self.head = nn.Linear(sum(width for *_, width in ENCODERS.values()), CLASSES)

    def forward(self, x):
        features = []
        for m, encoder in self.enc.items():
            features.append(encoder(x[m].transpose(1, 2) if m == "i" else x[m]))
        return self.head(torch.cat(features, 1))


def inputs():
    x = {m: net.made(f"x.{m}", (B, *shape), 1.7) for m, (_, shape, _, _) in ENCODERS.items()}
    x["s"] = net.padded(x["s"], [0, 2, 0, 0], [5, 5, 2, 0])  # whole, at the start, at the end, nothing but padding
    x["n"] = net.padded(x["n"], [0, 0, 1, 0], [3, 0, 4, 1])
    x["t"] = net.tokens("x.t", (B, 5), 7, [5, 3, 1, 0])
    x["b"] = net.tokens("x.b", (B, 5), 7, [1, 0, 4, 5])
    x["b"][2, 1] = x["b"][2, 0]  # a word twice
    return x, torch.tensor([7 * i % CLASSES for i in range(B)])


def gradients(model, x, y):
    params = {n: p.detach() for n, p in model.named_parameters() if n.startswith("enc.")}

    def one(p, x, y):
        return F.cross_entropy(functional_call(model, p, (x,)), y)

    fast = vmap(grad(one), (None, 0, 0))(params, {m: v[:, None] for m, v in x.items()}, y[:, None])
    of = [dict(model.named_parameters())[n] for n in params]
    rows = []
    for i in range(B):
        loss = F.cross_entropy(model({m: v[i : i + 1] for m, v in x.items()}), y[i : i + 1])
        rows.append(torch.autograd.grad(loss, of, materialize_grads=True))
    slow = {n: torch.stack([r[k] for r in rows]) for k, n in enumerate(params)}
    scale = max(v.abs().max() for v in slow.values())
    for n, v in slow.items():
        assert (fast[n] - v).abs().max() <= 1e-9 * scale, n
    return slow


def main():
    torch.set_default_dtype(torch.float64)
    model = Model()
    with torch.no_grad():
        net.fill(model)
    x, y = inputs()
    norms = {m: {"all": torch.zeros(B), "weights": torch.zeros(B)} for m in ENCODERS}
    for n, g in gradients(model, x, y).items():
        square = g.reshape(B, -1).square().sum(1)
        m, layer = n.split(".")[1], n.rpartition(".")[0]
        norms[m]["all"] += square
        if n.endswith(".weight") and isinstance(model.get_submodule(layer), (nn.Conv1d, nn.Linear)):
            norms[m]["weights"] += square
    modalities = [
        {"name": m, "spec": spec, "shape": shape, "x": x[m].flatten().tolist(), **{k: v.tolist() for k, v in norms[m].items()}}
        for m, (spec, shape, _, _) in ENCODERS.items()
    ]
    versions = {"torch": torch.__version__, "numpy": numpy.__version__}
    head = {"command": "python inforeg/testdata/encoders.py", "versions": versions, "seed": "none: no random numbers", "labels": y.tolist()}
    print(json.dumps(head)[:-1] + ', "modalities": [\n' + ",\n".join(json.dumps(m) for m in modalities) + "\n]}")


main()
