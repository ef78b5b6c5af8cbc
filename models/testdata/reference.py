"""Reference values for package models: python models/testdata/reference.py > models/testdata/reference.json

Each case holds features in eval mode, then features, running averages and gradients of one pass in training
mode, in float64; "tokens" are cases whose inputs are token ids. No random numbers: inputs and weights come from
net.made. The transformer is first compared with PyTorch's own layers.
"""

import json

import numpy
import torch
import torchvision
from torch import nn

import net

CASES = [
    ("cnn1d:4-6", (3, 9, 2), lambda: net.CNN(1, [4, 6], 2), 1),
    ("cnn1d:4-8,kernel=5,norm=group", (3, 12, 3), lambda: net.CNN(1, [4, 8], 3, 5, "group"), 1),
    ("cnn2d:4-6", (3, 8, 7, 2), lambda: net.CNN(2, [4, 6], 2), 2),
    ("cnn2d:4-6,norm=none", (2, 3, 8, 6, 1), lambda: net.CNN(2, [4, 6], 1, 3, "none"), 2),
    ("resnet18,width=0.0625,stem=small", (3, 9, 8, 1), lambda: net.ResNet(1, 1 / 16, "small"), 2),
    ("resnet18,width=0.0625,stem=imagenet", (3, 2, 64, 65, 3), lambda: net.ResNet(3, 1 / 16, "imagenet"), 2),
    ("mlp:6-4", (3, 5), lambda: net.MLP(5, [6, 4]), 0),
    ("transformer", (3, 7, 5), lambda: net.Transformer(5, 7), 0),
    ("transformer,dim=12,heads=3,layers=1,mlp=3", (2, 4, 3), lambda: net.Transformer(3, 4, 12, 3, 1, 3), 0),
]
LENGTHS = [6, 3, 1, 0]  # of the padded texts
TOKENS = [
    ("transformer,dim=8,heads=2,vocab=7", net.tokens("x", (3, 6), 7), lambda: net.Transformer(None, 6, 8, 2, vocab=7)),
    ("transformer,dim=8,heads=2,vocab=7,pad=1", net.tokens("x", (4, 6), 7, LENGTHS), lambda: net.Transformer(None, 6, 8, 2, vocab=7, pad=True)),
]


def measure(spec, shape, make, x):
    module = make()
    with torch.no_grad():
        net.fill(module, "enc.m.")
    module.eval()
    with torch.no_grad():
        features = module(x)
    module.train()
    z = module(x)
    loss = (z * net.made("target", z.shape)).sum()
    loss.backward()
    grads = {n: {"norm": p.grad.norm().item(), "along": (p.grad * net.made("along." + n, p.shape)).sum().item()} for n, p in module.named_parameters()}
    return {
        "spec": spec,
        "shape": shape,
        "names": [n for n in module.state_dict() if "num_batches" not in n],
        "features": features.flatten().tolist(),
        "training_features": z.detach().flatten().tolist(),
        "averages": {n: b.tolist() for n, b in module.named_buffers() if "num_batches" not in n},
        "gradients": grads,
    }


def own_layers(module, x):
    """What PyTorch's TransformerEncoderLayer makes of a Transformer's weights: features of texts that are not all padding."""
    width = module.pos.shape[1]
    y = module.embed(x) + module.pos
    pads = x == 0 if module.pad else None
    for i in range(module.n):
        part = {name: getattr(module, f"block{i}_{name}") for name in ("ln1", "qkv", "proj", "ln2", "fc1", "fc2")}
        layer = nn.TransformerEncoderLayer(width, module.heads, part["fc1"].out_features, 0, "gelu", batch_first=True, norm_first=True)
        state = {"self_attn.in_proj_weight": part["qkv"].weight, "self_attn.in_proj_bias": part["qkv"].bias}
        for to, name in [("self_attn.out_proj", "proj"), ("linear1", "fc1"), ("linear2", "fc2"), ("norm1", "ln1"), ("norm2", "ln2")]:
            state |= {to + ".weight": part[name].weight, to + ".bias": part[name].bias}
        layer.load_state_dict(state)
        y = layer.train()(y, src_key_padding_mask=pads)  # train: no fused path; there is no dropout
    y = module.ln(y)
    return torch.stack([row[x[i] != 0].mean(0) if module.pad else row.mean(0) for i, row in enumerate(y)])


def check_transformers():
    sequences = [(make, net.made("x", shape, 1.7)) for spec, shape, make, _ in CASES if spec.startswith("transformer")]
    for make, x in sequences + [(make, x[x.any(1)]) for _, x, make in TOKENS]:
        module = make()
        with torch.no_grad():
            net.fill(module, "enc.m.")
            torch.testing.assert_close(module(x), own_layers(module, x), rtol=1e-12, atol=1e-12)


def main():
    torch.set_default_dtype(torch.float64)
    check_transformers()
    cases = [measure(spec, shape, make, net.channels_last(net.made("x", shape, 1.7), axes)) for spec, shape, make, axes in CASES]
    tokens = [measure(spec, x.shape, make, x) | {"ids": x.tolist()} for spec, x, make in TOKENS]
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__}
    print(json.dumps({"command": "python models/testdata/reference.py", "versions": versions, "cases": cases, "tokens": tokens}, indent=1))


main()
