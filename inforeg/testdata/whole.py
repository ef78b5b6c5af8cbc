"""Reference values for the trace of a whole model: python inforeg/testdata/whole.py > inforeg/testdata/whole.json

Squared gradient norms of every sample's own cross entropy of the fused logits, in float64, by fusion head: "encoders" those
of all encoders together, "head" that of the head, each of "all" parameters and of "weights": those of convolution and
linear layers. Batch norm has its running statistics. No random numbers, so no seed: inputs and weights come from net.made.

Every number is computed twice and must agree to 1e-9 of the largest: torch.func.vmap of grad, and a backward pass for each
sample.
"""

import json
import pathlib
import sys

import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models" / "testdata"))
import net  # noqa: E402

B, CLASSES = 6, 3
SHAPES = {"a": (B, 9, 2), "v": (B, 2, 6, 5, 1)}
AXES = {"a": 1, "v": 2}
DA, DV = 4, 5  # features


class Concat(nn.Linear):
    def __init__(self):
        super().__init__(DA + DV, CLASSES)

    def forward(self, a, v):
        return super().forward(torch.cat([a, v], 1))


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.v = nn.Linear(DA, CLASSES), nn.Linear(DV, CLASSES)

    def forward(self, a, v):
        return self.a(a) + self.v(v)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.out = nn.Linear(DA, DA), nn.Linear(DV, DA), nn.Linear(DA, CLASSES)

    def forward(self, a, v):
        return self.out(torch.sigmoid(self.a(a)) * self.b(v))


class FiLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.film, self.out = nn.Linear(DA, 2 * DV), nn.Linear(DV, CLASSES)

    def forward(self, a, v):
        gamma, beta = self.film(a).chunk(2, 1)
        return self.out(gamma * v + beta)


class Model(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.enc = nn.ModuleDict({"a": net.CNN(1, [4], 2), "v": net.CNN(2, [4, 5], 1)})
        self.head = head

    def forward(self, x):
        return self.head(self.enc["a"](x["a"]), self.enc["v"](x["v"]))


def squares(model, x, y):
    params = {n: p.detach() for n, p in model.named_parameters()}

    def loss(p, x, y):
        rows = {m: v[None] for m, v in x.items()}
        return F.cross_entropy(functional_call(model, p, (rows,)), y[None])

    grads = vmap(grad(loss), (None, 0, 0))(params, x, y)
    for i in range(B):
        model.zero_grad()
        F.cross_entropy(model({m: v[i : i + 1] for m, v in x.items()}), y[i : i + 1]).backward()
        for n, p in model.named_parameters():
            worst = (p.grad - grads[n][i]).abs().max().item()
            assert worst <= 1e-9 * max(1, grads[n].abs().max().item()), f"{n} of sample {i} differs by {worst}"
    sums = {part: {"all": torch.zeros(B), "weights": torch.zeros(B)} for part in ("encoders", "head")}
    for n, g in grads.items():
        part = sums["head" if n.startswith("head.") else "encoders"]
        square = g.reshape(B, -1).square().sum(1)
        part["all"] += square
        if n.endswith(".weight") and g.dim() > 2:  # [B, out, in, ...]: no bias and no norm layer
            part["weights"] += square
    return {part: {k: v.tolist() for k, v in both.items()} for part, both in sums.items()}


def main():
    torch.set_default_dtype(torch.float64)
    x = {m: net.channels_last(net.made(f"x.{m}.0", s, 1.7), AXES[m]) for m, s in SHAPES.items()}
    y = torch.tensor([7 * i % CLASSES for i in range(B)])
    norms = {}
    for name, head in (("concat", Concat()), ("sum", Sum()), ("gated", Gated()), ("film", FiLM())):
        model = Model(head).eval()
        with torch.no_grad():
            net.fill(model)
        norms[name] = squares(model, x, y)
    about = {"command": "python inforeg/testdata/whole.py", "versions": {"torch": torch.__version__}, "seed": "none: no random numbers"}
    print(json.dumps(about | {"norms": norms}, indent=1))


main()
