"""The peer on JAX: the step under jit, and with jit(vmap(grad)). The nets are plain jax.numpy and jax.lax.

usage: peer_jax.py --what step|step-eval|exact FILE

What it says and is told is in probes.py. Inputs and kernels have their channels last.
"""

import argparse
import time

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

import peer


def conv(p, name, x, stride, padding):
    return lax.conv_general_dilated(
        x, p[name + ".weight"], (stride, stride), [(padding, padding)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def norm(p, name, x, averages):
    """Batch norm: by the batch, whose new running averages it puts into averages, or where that is None by the old ones."""
    mean, var = p[name + ".running_mean"], p[name + ".running_var"]
    if averages is not None:
        was, old, n = mean, var, x.size // x.shape[-1]
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        averages[name + ".running_mean"] = (1 - peer.AVERAGE) * was + peer.AVERAGE * mean
        averages[name + ".running_var"] = (1 - peer.AVERAGE) * old + peer.AVERAGE * var * n / (n - 1)
    scale = lax.rsqrt(var + peer.EPSILON) * p[name + ".weight"]
    return (x - mean) * scale + p[name + ".bias"]


def small(p, at, x, blocks, averages):
    for i in range(blocks):
        x = jax.nn.relu(norm(p, f"{at}norm{i}", conv(p, f"{at}conv{i}", x, 2, 1), averages))
    return x


def resnet(p, at, x, averages):
    x = jax.nn.relu(norm(p, at + "bn1", conv(p, at + "conv1", x, 2, 3), averages))
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    for stage in range(4):
        for i in range(2):
            name = f"{at}layer{stage + 1}.{i}."
            stride = 2 if stage and not i else 1
            y = jax.nn.relu(norm(p, name + "bn1", conv(p, name + "conv1", x, stride, 1), averages))
            y = norm(p, name + "bn2", conv(p, name + "conv2", y, 1, 1), averages)
            if name + "downsample.0.weight" in p:
                x = norm(p, name + "downsample.1", conv(p, name + "downsample.0", x, stride, 0), averages)
            x = jax.nn.relu(x + y)
    return x


def losses(p, x, y, blocks, averages):
    """Cross entropy of every sample, [B]."""
    features = []
    for m, v in x.items():
        images = v.reshape(-1, *v.shape[-3:])
        at = f"enc.{m}."
        z = small(p, at, images, blocks[m], averages) if blocks[m] else resnet(p, at, images, averages)
        features.append(z.reshape(len(y), -1, z.shape[-1]).mean(1))
    logits = jnp.concatenate(features, 1) @ p["head.weight"].T + p["head.bias"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)[:, 0]


def stepper(what, x, y, blocks):
    """The step as one compiled function of weights, buffers and averages."""

    def plain(weights, averages):
        def loss(w):
            new = dict(averages) if what == "step" else None
            return losses(w | averages, x, y, blocks, new).mean(), new or averages

        (value, averages), grads = jax.value_and_grad(loss, has_aux=True)(weights)
        return grads, averages, {"loss": value}

    def exact(weights, averages):
        def loss(w, label, sample):
            return losses(w | averages, {m: v[None] for m, v in sample.items()}, label[None], blocks, None)[0]

        values, grads = jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0, 0))(weights, y, x)
        scalars = {"loss": values.mean()}
        for m in x:
            scalars[m] = sum((g * g).sum() for name, g in grads.items() if name.startswith(f"enc.{m}.")) / len(y)
        return jax.tree.map(lambda g: g.mean(0), grads), averages, scalars

    def step(weights, buffers, averages):
        grads, averages, values = (exact if what == "exact" else plain)(weights, averages)
        buffers = {k: peer.MOMENTUM * buffers[k] + grads[k] + peer.DECAY * w for k, w in weights.items()}
        return {k: w - peer.LR * buffers[k] for k, w in weights.items()}, buffers, averages, values

    return jax.jit(step, donate_argnums=(0, 1, 2))


def main():
    began = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--what", default="step", choices=["step", "step-eval", "exact"])
    args = parser.parse_args()
    arrays = peer.load(args.file)
    blocks = {m: len(peer.channels(arrays, m)) for m in peer.MODALITIES}
    x = {m: jnp.asarray(arrays.pop("x." + m)) for m in peer.MODALITIES}
    y = jnp.asarray(arrays.pop("y").astype(np.int32))
    weights, averages = {}, {}
    for name, a in arrays.items():
        kept = averages if "running_" in name else weights
        kept[name] = jnp.asarray(np.moveaxis(a, (0, 1), (-1, -2)) if a.ndim == 4 else a)  # [out, in, h, w] to [h, w, in, out]
    state = [weights, jax.tree.map(jnp.zeros_like, weights), averages]
    del arrays, weights, averages
    compiled = stepper(args.what, x, y, blocks)

    def step():
        state[0], state[1], state[2], values = compiled(*state)
        return {k: float(v) for k, v in jax.block_until_ready(values).items()}

    peer.serve(began, step)


if __name__ == "__main__":
    main()
