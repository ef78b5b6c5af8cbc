"""Reference values for the options of encoders: python models/testdata/options.py > models/testdata/options.json

As reference.py: features and gradients in float64, inputs and weights from net.made, no random numbers. Each
transformer is first compared with one of PyTorch's own layers and, for nn.EmbeddingBag, each bag.
"""

import json

import numpy
import torch
from torch import nn

import net

SEQUENCE = net.made("x", (4, 5, 3), 1.7)
SEQUENCE[0, 2] = 0  # between others: not padding
PADDED = net.padded(SEQUENCE, [0, 2, 0, 0], [5, 5, 2, 0])  # whole, at the start, at the end, nothing but padding
TEXT = net.tokens("x", (4, 5), 7, [5, 3, 1, 0])
SHAPE = {"dim": 6, "heads": 2, "layers": 1, "mlp": 1}


def transformer(**options):
    return lambda: net.Transformer(3, 5, **SHAPE, **options)


def words(dim, heads, **options):
    return lambda: net.Transformer(None, 5, dim, heads, 1, 1, 7, True, **options)


class Flat(net.MLP):
    def forward(self, x):
        return super().forward(x.flatten(1))


START = "transformer,dim=6,heads=2,layers=1,mlp=1"
CASES = [
    (START + ",pool=class", SEQUENCE, transformer(pool="class")),
    (START + ",pos=sinusoidal,pad=1", PADDED, transformer(pos="sinusoidal", pad=True)),
    (START + ",pool=class,pos=none,pad=1", PADDED, transformer(pool="class", pos="none", pad=True)),
    ("transformer,dim=6,heads=3,layers=1,mlp=1,vocab=7,pad=1,pool=class", TEXT, words(6, 3, pool="class")),
    ("transformer,dim=5,heads=1,layers=1,mlp=1,vocab=7,pad=1,pos=sinusoidal", TEXT, words(5, 1, pos="sinusoidal")),
    ("bag:5-4-3,vocab=7,pad=1", TEXT, lambda: net.Bag(7, 5, [4, 3], True)),
    ("bag:5-4,vocab=7", TEXT, lambda: net.Bag(7, 5, [4])),
    ("mlp:4,flatten=1", SEQUENCE, lambda: Flat(15, [4])),
]


def check(module, x):
    """Against PyTorch's own layers, of samples that are not all padding."""
    if isinstance(module, net.Bag):
        x = x[x.any(1)]
        mean = nn.EmbeddingBag.from_pretrained(module.embed.weight, mode="mean", padding_idx=0 if module.pad else None)(x)
        for i in range(module.n):
            mean = torch.relu(getattr(module, f"fc{i}")(mean))
        torch.testing.assert_close(module(x), mean, rtol=1e-12, atol=1e-12)
    if isinstance(module, net.Transformer):
        if module.pool == "mean":
            x = x[x.flatten(1).any(1)]
        real = module.real(x) if module.pad else torch.ones(x.shape[:2], dtype=torch.bool)
        if module.pool == "class":
            real = torch.cat([torch.ones(len(x), 1, dtype=torch.bool), real], 1)
        part = {name: getattr(module, f"block0_{name}") for name in ("ln1", "qkv", "proj", "ln2", "fc1", "fc2")}
        layer = nn.TransformerEncoderLayer(part["qkv"].in_features, module.heads, part["fc1"].out_features, 0, "gelu", batch_first=True, norm_first=True)
        state = {"self_attn.in_proj_weight": part["qkv"].weight, "self_attn.in_proj_bias": part["qkv"].bias}
        for to, name in [("self_attn.out_proj", "proj"), ("linear1", "fc1"), ("linear2", "fc2"), ("norm1", "ln1"), ("norm2", "ln2")]:
            state |= {to + ".weight": part[name].weight, to + ".bias": part[name].bias}
        layer.load_state_dict(state)
        y = module.ln(layer.train()(module.vectors(x), src_key_padding_mask=~real))  # train: no fused path
        want = y[:, 0] if module.pool == "class" else torch.stack([row[keep].mean(0) for row, keep in zip(y, real)])
        torch.testing.assert_close(module(x), want, rtol=1e-12, atol=1e-12)


def measure(spec, x, make):
    module = make()
    with torch.no_grad():
        net.fill(module, "enc.m.")
        check(module, x)
    z = module(x)
    (z * net.made("target", z.shape)).sum().backward()
    return {
        "spec": spec,
        "shape": x.shape,
        "input": x.flatten().tolist(),
        "names": list(module.state_dict()),
        "features": z.detach().flatten().tolist(),
        "gradients": {n: p.grad.flatten().tolist() for n, p in module.named_parameters()},
    }


def main():
    torch.set_default_dtype(torch.float64)
    versions = {"torch": torch.__version__, "numpy": numpy.__version__}
    cases = [json.dumps(measure(*case)) for case in CASES]
    head = {"command": "python models/testdata/options.py", "versions": versions, "seed": "none: no random numbers"}
    print(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(cases) + "\n]}")


main()
