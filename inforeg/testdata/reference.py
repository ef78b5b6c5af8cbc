"""Reference values for package inforeg: python inforeg/testdata/reference.py > inforeg/testdata/reference.json

A model of four modalities in float64. "norms" are squared gradient norms of every sample's fused loss, in eval
mode, sample by sample; "steps" are SGD steps in training mode with InfoReg's penalty where the gate holds. No
random numbers: inputs and weights come from net.made.
"""

import json
import math
import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models" / "testdata"))
import net  # noqa: E402

B, CLASSES, STEPS = 6, 3, 4
LR, MOMENTUM, DECAY, BETA = 0.05, 0.9, 1e-3, 0.9
SHAPES = {"a": (B, 9, 2), "v": (B, 2, 8, 7, 1), "r": (B, 9, 8, 1), "t": (B, 5)}
AXES = {"a": 1, "v": 2, "r": 2, "t": 0}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.ModuleDict({"a": net.CNN(1, [4, 6], 2), "v": net.CNN(2, [4, 8], 1), "r": net.ResNet(1, 1 / 16, "small"), "t": net.MLP(5, [6, 4])})
        self.head = nn.Linear(6 + 8 + 32 + 4, CLASSES)

    def forward(self, x):
        z = {m: self.enc[m](x[m]) for m in SHAPES}
        o, split, start = 0, {}, 0
        for m in SHAPES:
            w = self.head.weight[:, start : start + z[m].shape[1]]
            start += z[m].shape[1]
            split[m] = z[m] @ w.T + self.head.bias / len(SHAPES)
            o = o + split[m]
        return o, split


def batch(step):
    x = {m: net.channels_last(net.made(f"x.{m}.{step}", s, 1.7), AXES[m]) for m, s in SHAPES.items()}
    y = torch.tensor([(7 * i + 3 * step) % CLASSES for i in range(B)])
    return x, y


def make():
    model = Model()
    with torch.no_grad():
        net.fill(model)
    return model


def norms():
    model = make().eval()
    x, y = batch(0)
    out = {m: {"all": [], "weights": []} for m in SHAPES}
    for i in range(B):
        model.zero_grad()
        o, _ = model({m: v[i : i + 1] for m, v in x.items()})
        nn.functional.cross_entropy(o, y[i : i + 1]).backward()
        for m in SHAPES:
            out[m]["all"].append(sum((p.grad**2).sum().item() for p in model.enc[m].parameters()))
            out[m]["weights"].append(sum((p.grad**2).sum().item() for p in model.enc[m].parameters() if p.dim() >= 2))
    return out


def steps():
    model = make().train()
    opt = torch.optim.SGD(model.parameters(), LR, momentum=MOMENTUM, weight_decay=DECAY)
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    lines = []
    for step in range(STEPS):
        x, y = batch(step)
        opt.zero_grad()
        o, split = model(x)
        loss = nn.functional.cross_entropy(o, y)
        loss.backward()
        rows = torch.arange(B)
        score = {m: torch.softmax(split[m], 1)[rows, y].mean().item() for m in SHAPES}
        line = {"loss": loss.item(), "acc": (o.argmax(1) == y).double().mean().item()}
        total = loss.item()
        for m in SHAPES:
            lower = [score[k] for k in SHAPES if score[k] < score[m]]
            gap = sum(score[m] - s for s in lower) / len(lower) if lower else 0.0
            # no modality below: nothing is regulated, and nothing is what is recorded
            alpha, penalty = math.exp(BETA * math.tanh(gap)) if gap > 0 else 0.0, 0.0
            if gap > 0:
                for n, p in model.named_parameters():
                    if n.startswith(f"enc.{m}."):
                        penalty += alpha / 2 * ((p.detach() - start[n]) ** 2).sum().item()
                        p.grad += alpha * (p.detach() - start[n])
            total += penalty
            line |= {f"score.{m}": score[m], f"alpha.{m}": alpha, f"on.{m}": float(gap > 0), f"penalty.{m}": penalty}
        opt.step()
        line["total"] = total
        lines.append(line)
    end = {n: {"norm": p.norm().item(), "along": (p * net.made("along." + n, p.shape)).sum().item()} for n, p in model.state_dict().items() if "num_batches" not in n}
    return {"scalars": lines, "end": end}


def main():
    torch.set_default_dtype(torch.float64)
    print(json.dumps({"command": "python inforeg/testdata/reference.py", "versions": {"torch": torch.__version__}, "norms": norms(), "steps": steps()}, indent=1))


main()
