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


class Transformer(nn.Module):
    """A pre-norm encoder with learnt positions. inputs is the number of features, or None for tokens: then vocab
    counts them, and with pad token 0 is neither attended to nor part of the mean."""

    def __init__(self, inputs, length, dim=32, heads=4, layers=2, mlp=2, vocab=0, pad=False):
        super().__init__()
        self.n, self.heads, self.pad = layers, heads, pad
        self.pos = nn.Parameter(torch.zeros(length, dim))
        self.embed = nn.Embedding(vocab, dim) if vocab else nn.Linear(inputs, dim)
        for i in range(layers):
            for name, part in [
                ("ln1", nn.LayerNorm(dim)),
                ("qkv", nn.Linear(dim, 3 * dim)),
                ("proj", nn.Linear(dim, dim)),
                ("ln2", nn.LayerNorm(dim)),
                ("fc1", nn.Linear(dim, mlp * dim)),
                ("fc2", nn.Linear(mlp * dim, dim)),
            ]:
                setattr(self, f"block{i}_{name}", part)
        self.ln = nn.LayerNorm(dim)

    def forward(self, x):  # [B, T, F], or [B, T] of tokens
        real = x != 0 if self.pad else torch.ones(x.shape[:2], dtype=torch.bool)
        x = self.embed(x) + self.pos
        for i in range(self.n):
            ln1, qkv, proj, ln2, fc1, fc2 = (getattr(self, f"block{i}_{name}") for name in ("ln1", "qkv", "proj", "ln2", "fc1", "fc2"))
            q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in qkv(ln1(x)).chunk(3, 2))
            scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(~real[:, None, None], -1e30)
            x = x + proj((torch.softmax(scores, 3) @ v).transpose(1, 2).flatten(2))
            x = x + fc2(nn.functional.gelu(fc1(ln2(x))))
        real = real.to(x.dtype)[:, :, None]
        return (self.ln(x) * real).sum(1) / real.sum(1).clamp(min=1)


def tokens(name, shape, vocab, lengths=None):
    """Token ids below vocab, [B, T], by made. With lengths the first so many of each text are not 0, all further ones are."""
    first = 0 if lengths is None else 1
    ids = first + torch.floor((made(name, shape) + 1) / 2 * (vocab - first)).long()
    if lengths is not None:
        ids[torch.arange(shape[1]) >= torch.tensor(lengths)[:, None]] = 0
    return ids


def channels_last(x, axes):
    """The layout in which the Go side reads an input: [B, (T,) spatial..., C] to PyTorch's. A vector, with no axis, stays."""
    return x.movedim(-1, -axes - 1).contiguous()
