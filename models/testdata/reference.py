"""Reference values for package models: python models/testdata/reference.py > models/testdata/reference.json

Each case holds features in eval mode, then features, running averages and gradients of one pass in training
mode, in float64. No random numbers: inputs and weights come from net.made.
"""

import json

import numpy
import torch
import torchvision

import net

CASES = [
    ("cnn1d:4-6", (3, 9, 2), lambda: net.CNN(1, [4, 6], 2), 1),
    ("cnn1d:4-8,kernel=5,norm=group", (3, 12, 3), lambda: net.CNN(1, [4, 8], 3, 5, "group"), 1),
    ("cnn2d:4-6", (3, 8, 7, 2), lambda: net.CNN(2, [4, 6], 2), 2),
    ("cnn2d:4-6,norm=none", (2, 3, 8, 6, 1), lambda: net.CNN(2, [4, 6], 1, 3, "none"), 2),
    ("resnet18,width=0.0625,stem=small", (3, 9, 8, 1), lambda: net.ResNet(1, 1 / 16, "small"), 2),
    ("resnet18,width=0.0625,stem=imagenet", (3, 2, 64, 65, 3), lambda: net.ResNet(3, 1 / 16, "imagenet"), 2),
    ("mlp:6-4", (3, 5), lambda: net.MLP(5, [6, 4]), 0),
]


def main():
    torch.set_default_dtype(torch.float64)
    cases = []
    for spec, shape, make, axes in CASES:
        module = make()
        with torch.no_grad():
            net.fill(module, "enc.m.")
        x = net.channels_last(net.made("x", shape, 1.7), axes)
        module.eval()
        with torch.no_grad():
            features = module(x)
        module.train()
        z = module(x)
        loss = (z * net.made("target", z.shape)).sum()
        loss.backward()
        grads = {n: {"norm": p.grad.norm().item(), "along": (p.grad * net.made("along." + n, p.shape)).sum().item()} for n, p in module.named_parameters()}
        averages = {n: b.tolist() for n, b in module.named_buffers() if "num_batches" not in n}
        names = [n for n in module.state_dict() if "num_batches" not in n]
        cases.append(
            {
                "spec": spec,
                "shape": shape,
                "names": names,
                "features": features.flatten().tolist(),
                "training_features": z.detach().flatten().tolist(),
                "averages": averages,
                "gradients": grads,
            }
        )
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__}
    print(json.dumps({"command": "python models/testdata/reference.py", "versions": versions, "cases": cases}, indent=1))


main()
