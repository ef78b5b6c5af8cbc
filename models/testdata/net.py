"""The encoders of package models in PyTorch, and numbers that both sides make from the same formula."""

import zlib

import numpy as np
import torch
import torchvision
from torch import nn


def made(name, shape, scale=1.0):
    """Numbers between -scale and scale: a multiplicative hash of position and name."""
    n = int(np.prod(shape)) if shape else 1
    i = np.arange(1, n + 1, dtype=np.uint64)
    u = (i * np.uint64(2654435761) + np.uint64(zlib.crc32(name.encode()))) % np.uint64(2**32)
    u = (u ^ (u >> np.uint64(15))) * np.uint64(2246822519) % np.uint64(2**32)
    u = (u ^ (u >> np.uint64(13))) % np.uint64(2**24)
    return torch.tensor(((u.astype(np.float64) / 2**23) - 1) * scale, dtype=torch.float64).reshape(shape)


def fill(module, prefix=""):
    """Weights by name: wide enough for signals to pass, norms near the identity."""
    for name, t in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        full = prefix + name
        if name.endswith("running_var"):
            v = 1 + made(full, t.shape, 0.5)
        elif t.dim() >= 2:
            v = made(full, t.shape, float(np.sqrt(6 / t[0].numel())))
        elif name.endswith("weight"):
            v = 1 + made(full, t.shape, 0.3)
        else:
            v = made(full, t.shape, 0.2)
        t.copy_(v)


class CNN(nn.Module):
    def __init__(self, axes, channels, inputs, kernel=3, norm="batch"):
        super().__init__()
        conv = nn.Conv1d if axes == 1 else nn.Conv2d
        self.axes, self.n, self.norm = axes, len(channels), norm
        for i, out in enumerate(channels):
            setattr(self, f"conv{i}", conv(inputs, out, kernel, stride=2, padding=kernel // 2, bias=False))
            if norm == "batch":
                setattr(self, f"norm{i}", (nn.BatchNorm1d if axes == 1 else nn.BatchNorm2d)(out))
            elif norm == "group":
                setattr(self, f"norm{i}", nn.GroupNorm(4, out))
            inputs = out

    def forward(self, x):  # [B, (T,) C, ...]
        b = x.shape[0]
        x = x.reshape(-1, *x.shape[-self.axes - 1 :])
        for i in range(self.n):
            x = getattr(self, f"conv{i}")(x)
            if self.norm != "none":
                x = getattr(self, f"norm{i}")(x)
            x = torch.relu(x)
        x = x.flatten(2).mean(2)
        return x.reshape(b, -1, x.shape[1]).mean(1)


class MLP(nn.Module):
    def __init__(self, inputs, widths):
        super().__init__()
        self.n = len(widths)
        for i, out in enumerate(widths):
            setattr(self, f"fc{i}", nn.Linear(inputs, out))
            inputs = out

    def forward(self, x):  # [B, F]
        for i in range(self.n):
            x = torch.relu(getattr(self, f"fc{i}")(x))
        return x


class ResNet(nn.Module):
    """torchvision's resnet18, narrowed, without its classifier."""

    def __init__(self, inputs, width, stem):
        super().__init__()
        net = torchvision.models.resnet18(weights=None)
        c = [round(64 * 2**i * width) for i in range(4)]
        net.inplanes = c[0]
        block = torchvision.models.resnet.BasicBlock
        net.conv1 = nn.Conv2d(inputs, c[0], 7, 2, 3, bias=False) if stem == "imagenet" else nn.Conv2d(inputs, c[0], 3, 1, 1, bias=False)
        net.bn1 = nn.BatchNorm2d(c[0])
        for i in range(4):
            setattr(net, f"layer{i + 1}", net._make_layer(block, c[i], 2, stride=1 if i == 0 else 2))
        if stem != "imagenet":
            net.maxpool = nn.Identity()
        net.avgpool, net.fc = nn.Identity(), nn.Identity()
        for name, child in net.named_children():
            setattr(self, name, child)

    def forward(self, x):
        b = x.shape[0]
        x = x.reshape(-1, *x.shape[-3:])
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = x.flatten(2).mean(2)
        return x.reshape(b, -1, x.shape[1]).mean(1)


def channels_last(x, axes):
    """The layout in which the Go side reads an input: [B, (T,) spatial..., C] to PyTorch's. A vector, with no axis, stays."""
    return x.movedim(-1, -axes - 1).contiguous()
