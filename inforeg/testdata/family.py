"""Reference values for the probes of package inforeg: python inforeg/testdata/family.py > inforeg/testdata/family.json

Squared gradient norms of every sample, by modality, of one model with every kind of layer, in float64. No random
numbers, so no seed: inputs and weights come from net.made, the head's scaled by HEAD.

"norms" by batch-norm mode, loss and modality, "all" parameters of the encoder or its "weights": those of convolution
and linear layers, without biases, norm layers, token embeddings and learnt positions.

  eval          running statistics, which are constants: the gradient of the sample's own loss
  const         this batch's mean and biased variance as constants: likewise
  recalibrated  running statistics replaced by this batch's mean and unbiased variance, as constants: likewise
  coupled       this batch's, with the gradient through them: that of the sample's own loss, others' positions included
  share         this batch's, with the gradient through them, of all losses' sum: the part of each parameter's gradient
                that comes from the sample's own positions. The parts add up to the batch's gradient.

Losses: "fused" cross entropy; "unimodal", the sum over modalities of the cross entropy of the split logits
W_m z_m + b/M; "sum", both added. "fisher_true" is the mean over the model's own labels, in eval mode: with the fused
loss those of the fused logits, with the unimodal one those of the modality's own. "layers" is by layer, fused loss.

Every number is computed twice, by ways that share no formula, and must agree to 1e-9 of the largest:

  eval, const, recalibrated, fisher_true  torch.func.vmap of grad at constant statistics; a backward pass for each sample
  coupled                                 a backward pass of the batch for each sample; vmap of vjp over unit vectors
  share                                   inputs and output gradients by hooks, layer by layer; gradients of a model in
                                          which every sample has parameters of its own
"""

import copy
import json
import pathlib
import sys

import numpy
import torch
import torchvision
from torch import nn
from torch.func import functional_call, grad, vjp, vmap
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models" / "testdata"))
import net  # noqa: E402

B, CLASSES, HEAD = 6, 3, 0.25
LENGTHS = [6, 4, 1, 0, 5, 3]  # of the texts
SHAPES = {"s": (B, 9, 2), "c": (B, 2, 8, 7, 1), "r": (B, 33, 34, 1), "v": (B, 5), "f": (B, 7, 3), "t": (B, 6)}
AXES = {"s": 1, "c": 2, "r": 2, "v": 0, "f": 0}
SPECS = {
    "s": "cnn1d:4-6",
    "c": "cnn2d:4-8,norm=group",
    "r": "resnet18,width=0.0625,stem=imagenet",
    "v": "mlp:9-7",
    "f": "transformer,dim=8,heads=2,layers=2",
    "t": "transformer,dim=8,heads=2,layers=1,mlp=3,vocab=7,pad=1",
}
LOSSES = ["fused", "unimodal", "sum"]
NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)
CONVS = (nn.Conv1d, nn.Conv2d)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.ModuleDict(
            {
                "s": net.CNN(1, [4, 6], 2),
                "c": net.CNN(2, [4, 8], 1, norm="group"),
                "r": net.ResNet(1, 1 / 16, "imagenet"),
                "v": net.MLP(5, [9, 7]),
                "f": net.Transformer(3, 7, 8, 2, 2),
                "t": net.Transformer(None, 6, 8, 2, 1, 3, vocab=7, pad=True),
            }
        )
        self.head = nn.Linear(6 + 8 + 32 + 7 + 8 + 8, CLASSES)

    def forward(self, x):  # fused logits, split logits by modality
        o, split, start = 0, {}, 0
        for m in SHAPES:
            z = self.enc[m](x[m])
            split[m] = z @ self.head.weight[:, start : start + z.shape[1]].T + self.head.bias / len(SHAPES)
            start += z.shape[1]
            o = o + split[m]
        return o, split


def losses(out, y, kind):  # [B]
    o, split = out
    fused = F.cross_entropy(o, y, reduction="none") if kind != "unimodal" else 0
    return fused if kind == "fused" else fused + sum(F.cross_entropy(s, y, reduction="none") for s in split.values())


def batch():
    x = {m: net.channels_last(net.made(f"x.{m}.0", s, 1.7), AXES[m]) for m, s in SHAPES.items() if m != "t"}
    x["t"] = net.tokens("x.t.0", SHAPES["t"], 7, LENGTHS)
    return x, torch.tensor([7 * i % CLASSES for i in range(B)])


def make():
    model = Model()
    with torch.no_grad():
        net.fill(model)
        model.head.weight *= HEAD
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # a hook's output is to stay what the layer returned
    return model


def params(model):
    return {n: p.detach() for n, p in model.named_parameters() if n.startswith("enc.")}


def batch_norms(model):
    return [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


def agree(a, b, what):
    scale = max(b[n].abs().max().item() for n in b)
    for n in b:
        worst = (a[n] - b[n]).abs().max().item()
        assert worst <= 1e-9 * scale, f"{what}: {n} differs by {worst} of {scale}"


# Models, by what batch norm does.


def recalibrated(x, unbiased=True):
    model = make().train()
    counts, handles = {}, []
    for bn in batch_norms(model):
        bn.momentum = 1.0
        handles.append(bn.register_forward_hook(lambda bn, inputs, _: counts.update({bn: inputs[0].numel() / inputs[0].shape[1]})))
    with torch.no_grad():
        model(x)
        for bn, n in counts.items():
            bn.running_var *= 1 if unbiased else (n - 1) / n
    for h in handles:
        h.remove()
    return model.eval()


def with_constants(model):
    """Batch norm by the batch's own statistics, cut from the graph."""
    for bn in batch_norms(model):
        bn.forward = lambda x, bn=bn: F.batch_norm(x, *constants(x), bn.weight, bn.bias, False, 0, bn.eps)
    return model


def constants(x):
    x = x.detach().transpose(0, 1).flatten(1)
    return x.mean(1), x.var(1, unbiased=False)


def with_batch(model):
    """Batch norm by the batch's own statistics; nothing is kept."""
    for bn in batch_norms(model):
        bn.train()
        bn.track_running_stats, bn.running_mean, bn.running_var = False, None, None
    return model


# Gradients of every sample: by parameter, [B, shape...].


def by_vmap(model, x, y, kind):
    def one(p, x, y):
        return losses(functional_call(model, p, (x,)), y, kind).sum()

    rows = {m: v[:, None] for m, v in x.items()}  # a batch of one each
    return vmap(grad(one), (None, 0, 0))(params(model), rows, y[:, None])


def by_loop(model, x, y, kind, together=False):
    """together: all samples in one pass, since its statistics are theirs."""
    names = list(params(model))
    of = [dict(model.named_parameters())[n] for n in names]
    rows = []
    every = losses(model(x), y, kind) if together else None
    for i in range(B):
        value = every[i] if together else losses(model({m: v[i : i + 1] for m, v in x.items()}), y[i : i + 1], kind).sum()
        rows.append(torch.autograd.grad(value, of, retain_graph=together, materialize_grads=True))
    return {n: torch.stack([r[k] for r in rows]) for k, n in enumerate(names)}


def by_vjp(model, x, y, kind):
    """Of one pass with batch statistics."""
    _, back = vjp(lambda p: losses(functional_call(model, p, (x,)), y, kind), params(model))
    return vmap(back)(torch.eye(B))[0]


def by_hooks(model, x, y, kind):
    """Each sample's own part of the gradient of the sum of losses, from inputs and output gradients of each layer."""
    seen, handles = {}, []
    for name, module in model.enc.named_modules(prefix="enc"):
        if isinstance(module, (*CONVS, nn.Linear, nn.Embedding, *NORMS)):
            handles.append(module.register_forward_hook(lambda _, inputs, out, name=name: seen.update({name: (inputs[0].detach(), out)})))
    total = losses(model(x), y, kind).sum()
    for h in handles:
        h.remove()
    deltas = dict(zip(seen, torch.autograd.grad(total, [out for _, out in seen.values()], retain_graph=True)))
    parts = {}
    for name, (a, _) in seen.items():
        module, delta = model.get_submodule(name), deltas[name]
        parts |= {f"{name}.{k}": v for k, v in own_part(module, a, delta).items()}
        if name.endswith(".embed"):  # what is added to its output
            parts[name.removesuffix("embed") + "pos"] = delta
    names = list(params(model))
    of = [dict(model.named_parameters())[n] for n in names]
    agree({n: v.sum(0) for n, v in parts.items()}, dict(zip(names, torch.autograd.grad(total, of))), "sum of parts")
    return parts


def own_part(module, a, delta):
    frames = a.shape[0] // B
    if isinstance(module, CONVS):
        weight = nn.grad.conv1d_weight if isinstance(module, nn.Conv1d) else nn.grad.conv2d_weight
        rows = [slice(i * frames, (i + 1) * frames) for i in range(B)]
        return {"weight": torch.stack([weight(a[r], module.weight.shape, delta[r], module.stride, module.padding) for r in rows])}
    if isinstance(module, nn.Embedding):
        part = torch.zeros(B, *module.weight.shape)
        for i in range(B):
            part[i].index_add_(0, a[i], delta[i])
        return {"weight": part}
    if isinstance(module, nn.Linear):
        a, delta = a.reshape(B, -1, a.shape[-1]), delta.reshape(B, -1, delta.shape[-1])
        return {"weight": torch.einsum("bti,bto->boi", a, delta), "bias": delta.sum(1)}
    last = isinstance(module, nn.LayerNorm)
    normal = normalised(module, a)
    if not last:  # [N, C, spatial...] to [N, spatial..., C]
        normal, delta = normal.movedim(1, -1), delta.movedim(1, -1)
    channels = delta.shape[-1]
    weight, bias = (v.reshape(B, -1, channels).sum(1) for v in (normal * delta, delta))
    return {"weight": weight, "bias": bias}


def normalised(module, a):
    if isinstance(module, nn.LayerNorm):
        mean, var = a.mean(-1, keepdim=True), a.var(-1, unbiased=False, keepdim=True)
    elif isinstance(module, nn.GroupNorm):
        g = a.reshape(a.shape[0], module.num_groups, -1)
        mean, var = (v.repeat_interleave(a.shape[1] // module.num_groups, 1) for v in (g.mean(2), g.var(2, unbiased=False)))
        mean, var = (v.reshape(*v.shape, *[1] * (a.dim() - 2)) for v in (mean, var))
    else:
        mean, var = constants(a) if module.running_mean is None else (module.running_mean, module.running_var)
        mean, var = (v.reshape(-1, *[1] * (a.dim() - 2)) for v in (mean, var))
    return (a - mean) / (var + module.eps) ** 0.5


def by_copies(model, x, y, kind):
    """The same as the gradient at parameters of which every sample has its own, all with the same values."""
    model = copy.deepcopy(model)
    for module in model.enc.modules():
        if isinstance(module, (*CONVS, nn.Linear, nn.Embedding, *NORMS)):
            module.forward = lambda a, module=module: own_forward(module, a)
    own = {n: p.expand(B, *p.shape).clone().requires_grad_() for n, p in params(model).items()}
    total = losses(functional_call(model, own, (x,)), y, kind).sum()
    return dict(zip(own, torch.autograd.grad(total, list(own.values()))))


def own_forward(module, a):
    """What a layer does whose parameters have a first axis of samples."""
    w, bias = module.weight, getattr(module, "bias", None)
    frames = a.shape[0] // B
    if isinstance(module, CONVS):
        conv = F.conv1d if isinstance(module, nn.Conv1d) else F.conv2d
        y = vmap(lambda a, w: conv(a, w, None, module.stride, module.padding))(a.unflatten(0, (B, frames)), w)
        return y.flatten(0, 1)
    if isinstance(module, nn.Embedding):
        return torch.stack([w[i][a[i]] for i in range(B)])
    if isinstance(module, nn.Linear):
        return vmap(F.linear)(a, w, bias)
    if isinstance(module, nn.LayerNorm):
        y = F.layer_norm(a, a.shape[-1:], None, None, module.eps)
        return y * w[:, None] + bias[:, None]
    if isinstance(module, nn.GroupNorm):
        y = F.group_norm(a, module.num_groups, None, None, module.eps)
    else:
        y = F.batch_norm(a, module.running_mean, module.running_var, None, None, module.training, 0, module.eps)
    w, bias = (v.repeat_interleave(frames, 0).reshape(*y.shape[:2], *[1] * (y.dim() - 2)) for v in (w, bias))
    return y * w + bias


# Squared norms.


def is_weight(model, name):
    layer, _, kind = name.rpartition(".")
    return kind == "weight" and isinstance(model.get_submodule(layer), (*CONVS, nn.Linear))


def by_modality(model, grads):
    sums = {m: {"all": torch.zeros(B), "weights": torch.zeros(B)} for m in SHAPES}
    for n, g in grads.items():
        square = g.reshape(B, -1).square().sum(1)
        m = n.split(".")[1]
        sums[m]["all"] += square
        if is_weight(model, n):
            sums[m]["weights"] += square
    return sums


def by_layer(model, grads):
    sums = {"all": {}, "weights": {}}
    for n, g in grads.items():
        square = g.reshape(B, -1).square().sum(1)
        layer = n if n.endswith(".pos") else n.rpartition(".")[0]
        sums["all"][layer] = sums["all"].get(layer, 0) + square
        if is_weight(model, n):
            sums["weights"][layer] = square
    return sums


def own_losses(model, together, x, y, kind, what):
    """Gradients of every sample's own loss at constant statistics, both ways; together is the model for the second."""
    grads = by_vmap(model, x, y, kind)
    agree(by_loop(together or model, x, y, kind, together is not None), grads, what)
    return grads


def true_trace(model, x, kind):
    """The squared norms at each class, weighted with the model's probabilities, both ways."""
    with torch.no_grad():
        o, split = model(x)
    sums = {m: {"all": torch.zeros(B), "weights": torch.zeros(B)} for m in SHAPES}
    for c in range(CLASSES):
        grads = own_losses(model, None, x, torch.full((B,), c), kind, f"fisher_true {kind} {c}")
        for m, parts in by_modality(model, grads).items():
            p = torch.softmax(o if kind == "fused" else split[m], 1)[:, c]
            for k, v in parts.items():
                sums[m][k] += p * v
    return sums


def text(value, indent=""):
    """JSON with a list on one line."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if not isinstance(value, dict):
        return json.dumps(value)
    more = indent + " "
    return "{\n" + ",\n".join(f"{more}{json.dumps(k)}: {text(v, more)}" for k, v in value.items()) + "\n" + indent + "}"


def main():
    torch.set_default_dtype(torch.float64)
    x, y = batch()
    norms = {mode: {} for mode in ("eval", "const", "coupled", "share", "recalibrated")}
    layers = {}
    for kind in LOSSES:
        model = make().eval()
        grads = own_losses(model, None, x, y, kind, "eval")
        agree(by_hooks(model, x, y, kind), grads, "eval by hooks")  # samples do not mix: a sample's part is its gradient
        agree(by_copies(model, x, y, kind), grads, "eval by copies")
        norms["eval"][kind] = by_modality(model, grads)
        if kind == "fused":
            layers["eval"] = by_layer(model, grads)

        norms["recalibrated"][kind] = by_modality(model, own_losses(recalibrated(x), None, x, y, kind, "recalibrated"))
        norms["const"][kind] = by_modality(model, own_losses(recalibrated(x, unbiased=False), with_constants(make()), x, y, kind, "const"))

        model = with_batch(make())
        grads = by_loop(make().train(), x, y, kind, together=True)
        agree(by_vjp(model, x, y, kind), grads, "coupled")
        norms["coupled"][kind] = by_modality(model, grads)
        total = {n: g.sum(0) for n, g in grads.items()}

        grads = by_hooks(model, x, y, kind)
        agree(by_copies(model, x, y, kind), grads, "share")
        agree({n: g.sum(0) for n, g in grads.items()}, total, "shares and coupled gradients add up to the same")
        norms["share"][kind] = by_modality(model, grads)
        if kind == "fused":
            layers["share"] = by_layer(model, grads)

    model = make().eval()
    with torch.no_grad():
        o, _ = model(x)
    print(
        text(
            {
                "command": "python inforeg/testdata/family.py",
                "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__},
                "seed": "none: no random numbers",
                "encoders": SPECS,
                "head": HEAD,
                "labels": y,
                "ids": x["t"],
                "probabilities": torch.softmax(o, 1),
                "norms": norms,
                "fisher_true": {kind: true_trace(model, x, kind) for kind in ("fused", "unimodal")},
                "layers": layers,
            }
        )
    )


main()
