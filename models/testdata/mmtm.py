"""Reference values for gates between encoders: python models/testdata/mmtm.py > models/testdata/mmtm.json

Each case holds two encoders of net.py, run stage by stage with MMTM gates after the last of them, and a linear head on
both features: logits in eval mode; then logits, gates, running averages and gradients of the mean cross entropy of one
pass in training mode, in float64. With "replaced", that modality's gates are constants made by name. No random
numbers: inputs and weights come from net.made.
"""

import json

import numpy
import torch
import torchvision
from torch import nn

import net

CLASSES = 3


class MMTM(nn.Module):
    def __init__(self, channels, scale):
        super().__init__()
        total = sum(channels.values())
        squeezed = max(1, int(2 * total / 4))
        self.scale = scale
        self.squeeze = nn.Linear(total, squeezed)
        self.excite = nn.ModuleDict({m: nn.Linear(squeezed, c) for m, c in channels.items()})

    def forward(self, means):  # by modality, [B, C]; the same of gates
        excitation = torch.relu(self.squeeze(torch.cat(list(means.values()), 1)))
        return {m: self.scale * torch.sigmoid(layer(excitation)) for m, layer in self.excite.items()}


def enter(encoder, x):
    """Frames folded into the batch, and the stem."""
    if isinstance(encoder, net.CNN):
        return x.reshape(-1, *x.shape[-encoder.axes - 1 :])
    x = x.reshape(-1, *x.shape[-3:])
    return encoder.maxpool(encoder.relu(encoder.bn1(encoder.conv1(x))))


def stages(encoder):
    """Each stage as a function, and its channels."""
    if not isinstance(encoder, net.CNN):
        layers = [encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4]
        return [(layer, layer[-1].bn2.num_features) for layer in layers]

    def block(i):
        conv, norm = getattr(encoder, f"conv{i}"), getattr(encoder, f"norm{i}", nn.Identity())
        return lambda x: torch.relu(norm(conv(x))), conv.out_channels

    return [block(i) for i in range(encoder.n)]


class Gated(nn.Module):
    def __init__(self, encoders, gates, scale):
        super().__init__()
        self.enc = nn.ModuleDict(encoders)
        self.deepest = max(len(stages(e)) for e in encoders.values())
        self.mmtm = nn.ModuleDict()
        for stage in range(self.deepest - gates + 1, self.deepest + 1):
            channels = {m: stages(e)[stage - self.deepest - 1][1] for m, e in encoders.items()}
            self.mmtm[str(stage)] = MMTM(channels, scale)
        self.head = nn.Linear(sum(stages(e)[-1][1] for e in encoders.values()), CLASSES)

    def forward(self, x, replaced=None, used=None):
        b = len(next(iter(x.values())))
        maps = {m: enter(e, x[m]) for m, e in self.enc.items()}
        mean = lambda y: y.flatten(2).mean(2).reshape(b, -1, y.shape[1]).mean(1)
        for stage in range(1, self.deepest + 1):
            for m, e in self.enc.items():
                own = stage - self.deepest + len(stages(e))
                if own >= 1:
                    maps[m] = stages(e)[own - 1][0](maps[m])
            if str(stage) not in self.mmtm:
                continue
            gates = self.mmtm[str(stage)]({m: mean(y) for m, y in maps.items()})
            for m, g in gates.items():
                if m == replaced:
                    g = torch.sigmoid(net.made(f"gate.{stage}.{m}", g.shape[1:])).expand(g.shape)
                if used is not None:
                    used[f"{stage}.{m}"] = g.detach().flatten().tolist()
                frames = maps[m].shape[0] // b
                each = g.repeat_interleave(frames, 0).reshape(b * frames, g.shape[1], *[1] * (maps[m].dim() - 2))
                maps[m] = maps[m] * each
        return self.head(torch.cat([mean(y) for y in maps.values()], 1))


CASES = [  # name, gates, scale, replaced, then by modality: spec, shape, module, spatial axes
    ("blocks", 1, 1, None, {
        "a": ("cnn1d:4", (3, 9, 2), lambda: net.CNN(1, [4], 2), 1),
        "v": ("cnn2d:4-6", (3, 8, 7, 1), lambda: net.CNN(2, [4, 6], 1), 2),
    }),
    ("clip beside a sequence", 2, 2, None, {
        "v": ("cnn2d:4-8-12,norm=group", (3, 2, 12, 9, 2), lambda: net.CNN(2, [4, 8, 12], 2, 3, "group"), 2),
        "a": ("cnn1d:4-6,norm=none", (3, 12, 2), lambda: net.CNN(1, [4, 6], 2, 3, "none"), 1),
    }),
    ("residual, with a clip", 3, 1, None, {
        "a": ("resnet18,width=0.0625,stem=small", (3, 9, 8, 1), lambda: net.ResNet(1, 1 / 16, "small"), 2),
        "v": ("resnet18,width=0.0625,stem=imagenet", (3, 2, 64, 65, 3), lambda: net.ResNet(3, 1 / 16, "imagenet"), 2),
    }),
    ("residual beside blocks, one replaced", 2, 1, "a", {
        "a": ("resnet18,width=0.0625,stem=small", (3, 9, 8, 1), lambda: net.ResNet(1, 1 / 16, "small"), 2),
        "v": ("cnn2d:4-6", (3, 8, 7, 1), lambda: net.CNN(2, [4, 6], 1), 2),
    }),
]  # fmt: skip


def measure(name, gates, scale, replaced, encoders):
    module = Gated({m: make() for m, (_, _, make, _) in encoders.items()}, gates, scale)
    x = {m: net.channels_last(net.made("x." + m, shape, 1.7), axes) for m, (_, shape, _, axes) in encoders.items()}
    y = torch.arange(len(next(iter(x.values())))) % CLASSES
    with torch.no_grad():
        net.fill(module)
    module.eval()
    with torch.no_grad():
        logits = module(x, replaced)
    module.train()
    used = {}
    training = module(x, replaced, used)
    nn.functional.cross_entropy(training, y).backward()
    zeros = {n: p.grad if p.grad is not None else torch.zeros_like(p) for n, p in module.named_parameters()}
    return {
        "name": name,
        "gates": gates,
        "scale": scale,
        "replaced": replaced or "",
        "encoders": [{"modality": m, "spec": spec, "shape": shape} for m, (spec, shape, _, _) in encoders.items()],
        "names": [n for n in module.state_dict() if "num_batches" not in n],
        "logits": logits.flatten().tolist(),
        "training_logits": training.detach().flatten().tolist(),
        "used": used,
        "averages": {n: b.tolist() for n, b in module.named_buffers() if "num_batches" not in n},
        "gradients": {n: {"norm": g.norm().item(), "along": (g * net.made("along." + n, g.shape)).sum().item()} for n, g in zeros.items()},
    }


def main():
    torch.set_default_dtype(torch.float64)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__}
    print(json.dumps({"command": "python models/testdata/mmtm.py", "versions": versions, "cases": [measure(*c) for c in CASES]}, indent=1))


main()
