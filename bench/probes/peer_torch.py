"""The peers on PyTorch: its own eager step and vmap(grad), Opacus, BackPACK.

usage: peer_torch.py --peer torch|opacus|backpack --what step|step-eval|exact|ghost FILE [--chunk N] [--threads N]

What they say and are told is in probes.py. The nets are those of models/testdata/net.py.
"""

import argparse
import functools
import pathlib
import sys
import time
import types
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import peer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models/testdata"))
import net  # noqa: E402


class Pair(nn.Module):
    """Two encoders and a linear head over the features of both."""

    def __init__(self, arrays):
        super().__init__()
        self.enc = nn.ModuleDict()
        for m in peer.MODALITIES:
            x = arrays["x." + m]
            if blocks := peer.channels(arrays, m):
                self.enc[m] = net.CNN(2, blocks, x.shape[-1])
            else:
                self.enc[m] = net.ResNet(x.shape[-1], arrays[f"enc.{m}.conv1.weight"].shape[0] / 64, "imagenet")
        out, features = arrays["head.weight"].shape
        self.head = nn.Linear(features, out)

    def forward(self, *x):
        return self.head(torch.cat([self.enc[m](v) for m, v in zip(peer.MODALITIES, x)], 1))


def prepare(arrays, last=True):
    """The net with its weights and the inputs; last is whether channels stand last in memory."""
    model = Pair(arrays)
    weights = {name: torch.from_numpy(a) for name, a in arrays.items() if name in model.state_dict()}
    lacks = [name for name in model.load_state_dict(weights, strict=False).missing_keys if not name.endswith("num_batches_tracked")]
    if lacks:
        raise SystemExit(f"peer_torch: the file lacks {lacks[0]}")
    x = [torch.from_numpy(np.moveaxis(arrays["x." + m], -1, -3)) for m in peer.MODALITIES]  # views: channels stay last in memory
    if last:
        model.to(memory_format=torch.channels_last)
    else:
        x = [v.contiguous() for v in x]
    return model, x, torch.from_numpy(arrays["y"].astype(np.int64))


def encoders(model):
    """Modality and parameter, of every parameter of an encoder."""
    return [(name.split(".")[1], p) for name, p in model.named_parameters() if name.startswith("enc.")]


def squares(gradients):
    """Squared norms of the rows, [B]."""
    return torch.linalg.vector_norm(gradients, dim=tuple(range(1, gradients.dim()))).square()


def results(loss, norms=None):
    return {"loss": loss.item()} | {m: norms[m].mean().item() for m in (norms or {})}


def plain(model, x, y, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(*x), y)
    loss.backward()
    optimizer.step()
    return results(loss)


def vmapped(model, x, y, optimizer, chunk):
    """torch.func's per-sample gradients, chunk samples at a time. Their mean is the update."""
    state = {k: v.detach() for k, v in model.named_parameters()}
    buffers = dict(model.named_buffers())

    def loss(parameters, label, *sample):
        logits = torch.func.functional_call(model, (parameters, buffers), tuple(s[None] for s in sample))
        return F.cross_entropy(logits, label[None])

    per_sample = torch.func.vmap(torch.func.grad_and_value(loss), in_dims=(None, *[0] * (1 + len(x))))
    total, norms = 0, {m: [] for m in peer.MODALITIES}
    optimizer.zero_grad()
    for at in range(0, len(y), chunk):
        gradients, losses = per_sample(state, y[at : at + chunk], *[v[at : at + chunk] for v in x])
        total = total + losses.sum()
        found = dict.fromkeys(norms, 0)
        for name, p in model.named_parameters():
            g = gradients.pop(name)
            if name.startswith("enc."):
                found[name.split(".")[1]] += squares(g)
            p.grad = g.sum(0) / len(y) if p.grad is None else p.grad.add_(g.sum(0), alpha=1 / len(y))
        for m, kept in norms.items():
            kept.append(found[m])
    optimizer.step()
    return results(total / len(y), {m: torch.cat(n) for m, n in norms.items()})


class Frozen(nn.Module):
    """Batch norm by its running averages: Opacus refuses nn.BatchNorm2d, and reads only modules in training mode."""

    def __init__(self, norm):
        super().__init__()
        self.weight, self.bias, self.mean, self.var = norm.weight, norm.bias, [norm.running_mean], [norm.running_var]

    def forward(self, x):
        return F.batch_norm(x, self.mean[0], self.var[0], self.weight, self.bias, eps=peer.EPSILON)


def separable(model, norm=lambda n: n):
    """Takes out what hooks on single modules cannot bear: writing in place. Every batch norm becomes norm of it."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                child.inplace = False
            elif isinstance(child, nn.BatchNorm2d):
                setattr(module, name, norm(child))
        if hasattr(module, "downsample"):
            module.forward = types.MethodType(block, module)


def block(self, x):
    """torchvision's BasicBlock without its += ."""
    y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
    return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def folded(gradients, batch):
    """Squared norms by sample of gradients by image, [B*frames, ...]: the frames of a clip are summed first."""
    return squares(gradients.reshape(batch, -1, *gradients.shape[1:]).sum(1) if len(gradients) > batch else gradients)


def opacus(model, x, y, optimizer, ghost):
    """The step with Opacus's hooks, or with its ghost norms, which know no frames.

    Channels must not stand last in memory: its unfold2d reads convolutions' inputs by strides of the other layout, and
    the gradients are silently wrong.
    """
    from opacus.grad_sample import GradSampleModule, GradSampleModuleFastGradientClipping, register_grad_sampler

    @register_grad_sampler(Frozen)
    def affine(layer, activations, backprops):
        normal = F.batch_norm(activations[0], layer.mean[0], layer.var[0], eps=peer.EPSILON)
        return {layer.weight: torch.einsum("nihw,nihw->ni", normal, backprops), layer.bias: backprops.sum((2, 3))}

    if ghost and any(v.dim() == 5 for v in x):
        raise NotImplementedError("ghost norms take every frame of a clip for a sample")
    model.train()
    wrapped = (GradSampleModuleFastGradientClipping if ghost else GradSampleModule)(model, strict=False, loss_reduction="sum")
    batch = len(y)

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(wrapped(*x), y)
        loss.backward()
        norms = dict.fromkeys(peer.MODALITIES, 0)
        for m, p in encoders(model):
            norms[m] += (p._norm_sample.square() if ghost else folded(p.grad_sample, batch)) * batch**2  # of the mean loss
            p.grad_sample = None
        for p in model.head.parameters():
            p.grad_sample = None
        optimizer.step()
        return results(loss, norms)

    return step


def backpack(model, x, y, optimizer):
    """The step with BackPACK's BatchL2Grad or, where a sample has several frames, with its BatchGrad."""
    import backpack
    from backpack.extensions import BatchGrad, BatchL2Grad

    warnings.filterwarnings("ignore", message=".*does not have an extension.*")
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.BatchNorm2d, nn.Linear)):
            backpack.extend(module)
    batch, frames = len(y), any(v.dim() == 5 for v in x)
    owner = {p: m for m, p in encoders(model)}

    def step():
        norms = dict.fromkeys(peer.MODALITIES, 0)

        def collect(module):
            for p in module.parameters(recurse=False):
                if p in owner:
                    found = folded(p.grad_batch, batch) if frames else p.batch_l2
                    norms[owner[p]] = norms[owner[p]] + found * batch**2  # of the mean loss
                if frames and hasattr(p, "grad_batch"):
                    del p.grad_batch

        optimizer.zero_grad()
        with backpack.backpack(BatchGrad() if frames else BatchL2Grad(), extension_hook=collect):
            loss = F.cross_entropy(model(*x), y)
            loss.backward()
        optimizer.step()
        return results(loss, norms)

    return step


def main():
    began = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--peer", default="torch", choices=["torch", "opacus", "backpack"])
    parser.add_argument("--what", default="step", choices=["step", "step-eval", "exact", "ghost"])
    parser.add_argument("--chunk", type=int, default=0, help="samples at a time in vmap; 0: all")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model, x, y = prepare(peer.load(args.file), args.peer != "opacus")
    model.train(args.what == "step")
    if args.peer != "torch":
        separable(model, Frozen if args.peer == "opacus" else lambda n: n)
    optimizer = torch.optim.SGD(model.parameters(), lr=peer.LR, momentum=peer.MOMENTUM, weight_decay=peer.DECAY)
    if args.what not in peer.EXACT:
        step = functools.partial(plain, model, x, y, optimizer)
    elif args.peer == "torch":
        step = functools.partial(vmapped, model, x, y, optimizer, args.chunk or len(y))
    elif args.peer == "opacus":
        step = opacus(model, x, y, optimizer, args.what == "ghost")
    else:
        step = backpack(model, x, y, optimizer)
    peer.serve(began, step)


if __name__ == "__main__":
    main()
