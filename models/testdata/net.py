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
    """A pre-norm encoder. inputs is the number of features, or None for tokens: then vocab counts them. With pad,
    token 0, or rows of zeros at both ends of a sequence, are neither attended to nor part of the mean. pool "class"
    takes what becomes of a vector before the first position."""

    def __init__(self, inputs, length, dim=32, heads=4, layers=2, mlp=2, vocab=0, pad=False, pos="learned", pool="mean"):
        super().__init__()
        self.n, self.heads, self.pad, self.kind, self.pool = layers, heads, pad, pos, pool
        rows = length + (pool == "class")
        if pos == "learned":
            self.pos = nn.Parameter(torch.zeros(rows, dim))
        if pool == "class":
            self.cls = nn.Parameter(torch.zeros(1, dim))
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
        real = self.real(x) if self.pad else torch.ones(x.shape[:2], dtype=torch.bool)
        x = self.vectors(x)
        if self.pool == "class":
            real = nn.functional.pad(real, (1, 0), value=True)
        for i in range(self.n):
            ln1, qkv, proj, ln2, fc1, fc2 = (getattr(self, f"block{i}_{name}") for name in ("ln1", "qkv", "proj", "ln2", "fc1", "fc2"))
            q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in qkv(ln1(x)).chunk(3, 2))
            scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(~real[:, None, None], -1e30)
            x = x + proj((torch.softmax(scores, 3) @ v).transpose(1, 2).flatten(2))
            x = x + fc2(nn.functional.gelu(fc1(ln2(x))))
        if self.pool == "class":
            return self.ln(x[:, 0])
        real = real.to(x.dtype)[:, :, None]
        return (self.ln(x) * real).sum(1) / real.sum(1).clamp(min=1)


    def vectors(self, x):
        """What enters the first block: [B, T, D], or [B, 1 + T, D] with a class token."""
        x = self.embed(x)
        if self.kind == "sinusoidal" and isinstance(self.embed, nn.Embedding):
            x = x * x.shape[2] ** 0.5
        if self.pool == "class":
            x = torch.cat([self.cls.expand(x.shape[0], 1, -1), x], 1)
        if self.kind == "learned":
            x = x + self.pos
        if self.kind == "sinusoidal":
            x = x + sinusoids(x.shape[1], x.shape[2])
        return x

    @staticmethod
    def real(x):
        """Where positions are none of padding, [B, T]."""
        if x.dim() == 2:
            return x != 0
        full = (x != 0).any(2).long()
        behind = full.flip(1).cumsum(1).flip(1)  # how many rows that are not zero come, itself included
        return (full.cumsum(1) > 0) & (behind > 0)


class Bag(nn.Module):
    """The mean of tokens' vectors, with pad without those of token 0, and linear layers with ReLU."""

    def __init__(self, vocab, dim, widths, pad=False):
        super().__init__()
        self.n, self.pad = len(widths), pad
        self.embed = nn.Embedding(vocab, dim)
        for i, (a, b) in enumerate(zip([dim, *widths], widths)):
            setattr(self, f"fc{i}", nn.Linear(a, b))

    def forward(self, x):  # [B, T]
        real = (x != 0 if self.pad else torch.ones_like(x)).to(self.embed.weight.dtype)
        x = (self.embed(x) * real[:, :, None]).sum(1) / real.sum(1, keepdim=True).clamp(min=1)
        for i in range(self.n):
            x = torch.relu(getattr(self, f"fc{i}")(x))
        return x


def sinusoids(rows, dim):
    """The positions of Vaswani et al. (2017): sine and cosine take turns."""
    angles = torch.arange(rows)[:, None] * torch.exp(-torch.arange(0, dim, 2) / dim * np.log(10000))
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :dim]


def padded(x, first, last):
    """A sequence, [B, T, F], with zeros outside the rows from first to before last, [B] each."""
    at = torch.arange(x.shape[1])
    keep = (at >= torch.tensor(first)[:, None]) & (at < torch.tensor(last)[:, None])
    return x * keep[:, :, None]


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
