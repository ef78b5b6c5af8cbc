"""Independent PyTorch implementation of the replay format, the witness for `primewindow replay`.

    reference.py run SPECDIR OUT   replays SPECDIR in float64, whatever its spec says, and writes OUT
    reference.py make [NAME ..]    writes what is missing of models/ and batches/ and, for cases/NAME/spec.json
                                   (all of them without a name), the expected files beside it

Written from the description of the format and of the methods only; it shares no code with the Go side or with
any published repository. Made with Python 3.11.7, torch 2.14.1 (CPU, one thread) and numpy 2.4.6.

The specs of the cases are written by hand and carry two further keys, `weights` and `batches`: file names in
models/ and batches/. Such a file's content follows from its name (its CRC-32 is the seed) and from the spec.
Expected files are in the layout of OUT, float64 results rounded to float32 (scalars and probes: nine digits).
`make` also replays each case in float32, as given and from weights off by 3e-7, and prints how far that takes
the result: a case is kept only while the first stays within 2e-5 and the second within 5e-5. Where the description leaves a choice, a comment
that begins with CHOICE says which was made.
"""

import json
import math
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
AUX_METHODS = ("joint_star", "gblend", "mmpareto")


# ---- files

def read_safetensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    head, data = json.loads(raw[8:8 + n]), raw[8 + n:]
    kinds = {"F32": "<f4", "F64": "<f8"}
    return {k: np.frombuffer(data[v["data_offsets"][0]:v["data_offsets"][1]], kinds[v["dtype"]]).reshape(v["shape"])
            for k, v in head.items() if k != "__metadata__"}


def write_safetensors(path, tensors):
    head, blobs, at = {}, [], 0
    for k in sorted(tensors):
        v = np.ascontiguousarray(tensors[k])
        head[k] = {"dtype": {4: "F32", 8: "F64"}[v.itemsize], "shape": list(v.shape), "data_offsets": [at, at + v.nbytes]}
        blobs.append(v.tobytes())
        at += v.nbytes
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


# ---- the network

class Net:
    def __init__(self, spec, weights, dtype):
        self.spec = spec["model"]
        self.mods = self.spec["modalities"]
        self.fusion = self.spec.get("fusion", "concat")
        star = spec["method"] == "inforeg" and spec.get("hp", {}).get("star", False)
        self.aux = self.spec.get("aux", spec["method"] in AUX_METHODS or star)
        tensors = {k: torch.tensor(v, dtype=dtype) for k, v in weights.items()}
        self.buf = {k: v for k, v in tensors.items() if ".running_" in k}
        self.p = {k: v.requires_grad_() for k, v in tensors.items() if k not in self.buf}

    def names(self, m):
        return [k for k in self.p if k.startswith(f"enc.{m}.")]

    def linear(self, name, x):
        return F.linear(x, self.p[name + ".weight"], self.p[name + ".bias"])

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[name + ".weight"], self.p[name + ".bias"], 1e-5)

    def norm(self, name, x, train, kind="batch"):
        if kind == "none":
            return x
        w, b = self.p[name + ".weight"], self.p[name + ".bias"]
        if kind == "group":
            return F.group_norm(x, 4, w, b, 1e-5)
        return F.batch_norm(x, self.buf[name + ".running_mean"], self.buf[name + ".running_var"], w, b, train, 0.1, 1e-5)

    def encode(self, m, x, train):
        e = self.spec["encoders"][m]
        return {"cnn1d": self.cnn, "cnn2d": self.cnn, "resnet18": self.resnet, "transformer": self.transformer}[
            e["type"]](f"enc.{m}.", e, x, train)

    def cnn(self, pre, e, x, train):
        conv = F.conv1d if e["type"] == "cnn1d" else F.conv2d
        for i in range(len(e["channels"])):
            x = conv(x, self.p[f"{pre}conv{i}.weight"], stride=2, padding=e.get("kernel", 3) // 2)
            x = F.relu(self.norm(f"{pre}norm{i}", x, train, e.get("norm", "batch")))
        return x.flatten(2).mean(2)

    def resnet(self, pre, e, x, train):
        frames = x.dim() == 5  # [B, T, C, H, W]: the frames go through the 2-D net, the mean is over T, H and W
        b = x.shape[0]
        x = x.flatten(0, 1) if frames else x

        def conv_norm(x, conv, norm, stride, pad):
            x = F.conv2d(x, self.p[f"{pre}{conv}.weight"], stride=stride, padding=pad)
            return self.norm(pre + norm, x, train)
        if e.get("small_stem", False):
            x = F.relu(conv_norm(x, "conv1", "bn1", 1, 1))
        else:
            x = F.max_pool2d(F.relu(conv_norm(x, "conv1", "bn1", 2, 3)), 3, 2, 1)
        for layer in range(1, 5):
            for block in range(2):
                n, s = f"layer{layer}.{block}.", 2 if layer > 1 and block == 0 else 1
                y = F.relu(conv_norm(x, n + "conv1", n + "bn1", s, 1))
                y = conv_norm(y, n + "conv2", n + "bn2", 1, 1)
                if f"{pre}{n}downsample.0.weight" in self.p:
                    x = conv_norm(x, n + "downsample.0", n + "downsample.1", s, 0)
                x = F.relu(x + y)
        x = x.mean((2, 3))
        return x.reshape(b, -1, x.shape[1]).mean(1) if frames else x

    def transformer(self, pre, e, x, train):
        x = self.linear(pre + "embed", x) + self.p[pre + "pos"]
        b, t, d = x.shape
        for i in range(e.get("layers", 2)):
            n, h = f"{pre}block{i}_", e.get("heads", 4)
            q, k, v = self.linear(n + "qkv", self.layer_norm(n + "ln1", x)).reshape(b, t, 3, h, d // h).permute(2, 0, 3, 1, 4)
            a = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(d // h), -1) @ v
            x = x + self.linear(n + "proj", a.transpose(1, 2).reshape(b, t, d))
            x = x + self.linear(n + "fc2", F.gelu(self.linear(n + "fc1", self.layer_norm(n + "ln2", x))))
        return self.layer_norm(pre + "ln", x).mean(1)

    def features(self, xs, train):
        return {m: self.encode(m, xs[m], train) for m in self.mods}

    def fuse(self, z):
        """The fused logits. CHOICE: every linear layer of a head has a bias, head.a, head.b and head.film too."""
        if self.fusion == "concat":
            return self.linear("head", torch.cat([z[m] for m in self.mods], 1))
        if self.fusion == "sum":
            return sum(self.linear(f"head.{m}", z[m]) for m in self.mods)
        first, second = (z[m] for m in self.mods)
        if self.fusion == "gated":
            return self.linear("head.out", torch.sigmoid(self.linear("head.a", first)) * self.linear("head.b", second))
        gamma, beta = self.linear("head.film", first).chunk(2, 1)
        return self.linear("head.out", gamma * second + beta)

    def share(self, z, m):
        """Modality m read alone through the fused head: split logits, own summand, or the other feature at zero."""
        if self.fusion == "concat":
            at = sum(z[k].shape[1] for k in self.mods[:self.mods.index(m)])
            w = self.p["head.weight"][:, at:at + z[m].shape[1]]
            return F.linear(z[m], w, self.p["head.bias"] / len(self.mods))
        if self.fusion == "sum":
            return self.linear(f"head.{m}", z[m])
        return self.fuse({k: z[k] if k == m else torch.zeros_like(z[k]) for k in self.mods})

    def read(self, z, m):
        """The unimodal readout. CHOICE: a model with separate unimodal heads is read by those."""
        return self.linear(f"aux.{m}", z[m]) if self.aux else self.share(z, m)


# ---- measures

def p_true(logits, y):
    return torch.softmax(logits, 1).gather(1, y[:, None])[:, 0]


def gradients(loss, tensors):
    """Gradients with zeros for tensors that the loss does not reach; the graph is kept."""
    got = torch.autograd.grad(loss, tensors, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(t) if g is None else g for g, t in zip(got, tensors)]


def squared(tensors):
    return sum((t * t).sum() for t in tensors).item()


def is_weight(name, p):
    """Weights of convolution and linear layers: no biases, no norm layers, no position table."""
    return name.endswith(".weight") and p.dim() >= 2


def per_sample(net, xs, y, loss, keep=lambda name, p: True):
    """{m: [squared norm of each sample's gradient]} in eval mode, over the encoder parameters that keep admits."""
    out = {m: [] for m in net.mods}
    for i in range(len(y)):
        z = net.features({m: xs[m][i:i + 1] for m in net.mods}, False)
        for m in net.mods:
            g = gradients(loss(z, y[i:i + 1], m), [net.p[n] for n in net.names(m) if keep(n, net.p[n])])
            out[m].append(squared(g))
    return out


def fused_loss(net):
    return lambda z, y, m: F.cross_entropy(net.fuse(z), y)


def probes(net, data):
    xs, y = data.part("probe_x"), data.y("probe_y")
    z = net.features(xs, False)
    fused = net.fuse(z)
    true = {m: 0.0 for m in net.mods}
    for c in range(fused.shape[1]):
        n = per_sample(net, xs, torch.full_like(y, c), fused_loss(net))
        for m in net.mods:
            true[m] += (torch.softmax(fused, 1)[:, c] * torch.tensor(n[m], dtype=fused.dtype)).mean().item()
    kept = {k: v.clone() for k, v in net.buf.items()}
    cos = {}
    for m in net.mods:
        gs = []
        for b in range(2):
            loss = F.cross_entropy(net.fuse(net.features(data.part("x", b), True)), data.y("y", b))
            g = gradients(loss, [net.p[n] for n in net.names(m)])
            gs.append(torch.cat([t.flatten() for t in g]))
        cos[m] = [[(g @ h / (g.norm() * h.norm())).item() for h in gs] for g in gs]
    net.buf = kept
    return {
        "fused": fused.tolist(),
        "uni": {m: net.read(z, m).tolist() for m in net.mods},
        "features": {m: z[m].tolist() for m in net.mods},
        "fisher_emp_all": per_sample(net, xs, y, fused_loss(net)),
        "fisher_emp_weights_only": per_sample(net, xs, y, fused_loss(net), is_weight),
        "fisher_emp_uni": per_sample(net, xs, y, lambda z, y, m: F.cross_entropy(net.read(z, m), y)),
        "fisher_true": true,
        "cosine_train_mode": cos,
    }


class Data:
    """The arrays of batches.npz."""

    def __init__(self, arrays, dtype):
        self.a, self.dtype = arrays, dtype

    def part(self, kind, step=None):
        got = {k[len(kind) + 1:]: v for k, v in self.a.items() if k.startswith(kind + ".")}
        return {k: torch.tensor(v if step is None else v[step], dtype=self.dtype) for k, v in got.items()}

    def y(self, kind, step=None):
        return torch.tensor(self.a[kind] if step is None else self.a[kind][step], dtype=torch.int64)


# ---- the methods: one class each; every hook may be left out

class Method:
    def __init__(self, net, hp, data, spec):
        self.net, self.hp, self.data, self.spec, self.mods = net, hp, data, spec, net.mods
        self.seen = {}  # counts of the events that a case is meant to show; not part of the format

    def note(self, what, n=1):
        self.seen[what] = self.seen.get(what, 0) + int(n)

    def epoch_start(self, e):
        return {}

    def epoch_end(self, e, rec):
        pass

    def step(self, s):
        """s holds e, xs, y, z, logits, loss, score {m: mean p(y)}; returns ({parameter: gradient}, record)."""
        return self.plain(s["loss"]), {}

    def plain(self, loss):
        return dict(zip(self.net.p, gradients(loss, list(self.net.p.values()))))

    def get(self, key, default):
        return self.hp.get(key, default)


class JointStar(Method):
    """1.6 with given weights and 1.7."""

    def step(self, s):
        w = self.get("weights", {})
        ce = {m: F.cross_entropy(self.net.linear(f"aux.{m}", s["z"][m]), s["y"]) for m in self.mods}
        total = w.get("joint", 1) * s["loss"] + sum(w.get(m, 1) * ce[m] for m in self.mods)
        return self.plain(total), {**{f"loss.{m}": ce[m].item() for m in self.mods}, "total": total.item()}


class OGM(Method):
    """1.2. The ratio is over batch means of p(y), which is the ratio of the batch sums."""

    def step(self, s):
        g, rec = self.plain(s["loss"]), {}
        active = self.get("start", 0) <= s["e"] <= self.get("end", 50)
        for m in self.mods:
            others = [s["score"][k] for k in self.mods if k != m]
            rho = s["score"][m] / (sum(others) / len(others))
            # CHOICE: outside the epochs k is 1 and is recorded so, rho as ever
            k = 1 - math.tanh(self.get("alpha", 0.8) * rho) if rho > 1 and active else 1.0
            rec[f"k.{m}"], rec[f"rho.{m}"] = k, rho
            self.note("k<1", k < 1)
            names = self.net.names(m)
            conv = [n for n in names if g[n].dim() >= 3]
            for n in (conv if self.get("params", "conv") == "conv" and conv else names) if active else []:
                noise = 0
                if self.get("ge", False):
                    noise = self.data.part("noise", s["step"])[n] * (g[n].std() + 1e-8)
                g[n] = g[n] * k + noise
        return g, rec


class PMR(Method):
    """1.4. rho and the prototypes are constants; the gradient of PCE and entropy flows through z (training mode).

    CHOICE: of more than two modalities, which the method's paper does not have, each has a rho of its own, over the
    mean of the others; of two the second's is the inverse of the first's, which alone is recorded."""

    def __init__(self, *a):
        super().__init__(*a)
        self.proto = None

    def epoch_start(self, e):
        with torch.no_grad():
            z, y = self.net.features(self.data.part("proto_x"), False), self.data.y("proto_y")
        new = {m: torch.stack([z[m][y == c].mean(0) for c in range(self.net.spec["classes"])]) for m in self.mods}
        keep = self.get("e", 0)  # the first prototypes have no old ones to mix with
        self.proto = new if self.proto is None else {m: (1 - keep) * new[m] + keep * self.proto[m] for m in self.mods}
        return {}

    def step(self, s):
        dist = {m: -(s["z"][m][:, None] - self.proto[m][None]).norm(dim=2) for m in self.mods}
        pce = {m: F.cross_entropy(dist[m], s["y"]) for m in self.mods}
        sums, n = {m: p_true(dist[m], s["y"]).sum().item() for m in self.mods}, len(self.mods)
        rho = {m: sums[m] * (n - 1) / sum(sums[k] for k in self.mods if k != m) for m in self.mods}
        total, alpha = s["loss"], self.get("alpha", 1)
        for m in self.mods:
            if self.get("form", "paper") == "released":  # CHOICE: it has no entropy term, mu is ignored
                total = total + alpha * (pce[m] if rho[m] < 1 else 0)
                continue
            total = total + alpha * min(max(1 / rho[m] - 1, 0), 1) * pce[m]
            if s["e"] < self.get("per_end", 5):  # CHOICE: exclusive
                h = -(torch.softmax(dist[m], 1) * torch.log_softmax(dist[m], 1)).sum(1).mean()
                total = total - self.get("mu", 0) * min(max(rho[m] - 1, 0), 1) * h
            self.note(f"rho.{m}>1", rho[m] > 1)
        ratios = {"rho": rho[self.mods[0]]} if n == 2 else {f"rho.{m}": v for m, v in rho.items()}
        return self.plain(total), {**ratios, **{f"pce.{m}": pce[m].item() for m in self.mods}, "total": total.item()}


class AGM(Method):
    """1.5. The step's own pass is the full one; the masked passes follow in eval mode."""

    def __init__(self, *a):
        super().__init__(*a)
        self.mean, self.t = {m: 0.0 for m in self.mods}, 0

    def responses(self, s):
        """The Shapley values of the logits: f(all) from the training pass, f(empty) = 0."""
        m_all, n = self.mods, len(self.mods)
        on = self.net.features(s["xs"], False)
        off = self.net.features({m: torch.zeros_like(s["xs"][m]) for m in m_all}, False)
        f = {0: 0 * s["logits"], 2 ** n - 1: s["logits"]}
        for bits in range(1, 2 ** n - 1):
            f[bits] = self.net.fuse({m: (on if bits >> i & 1 else off)[m] for i, m in enumerate(m_all)})
        phi = {}
        for i, m in enumerate(m_all):
            phi[m] = 0
            for bits in (b for b in range(2 ** n) if not b >> i & 1):
                k = bin(bits).count("1")
                w = math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n)
                phi[m] = phi[m] + w * (f[bits | 1 << i] - f[bits])
        return phi

    def step(self, s):
        phi, n = self.responses(s), len(self.mods)
        score = {m: -p_true(phi[m], s["y"]).clamp_min(1e-8).log().mean().item() for m in self.mods}
        past = self.mean  # CHOICE: tau is over the steps before this one, as in published code; so it is 1 at step 0
        self.t += 1
        self.mean = {m: self.mean[m] * (self.t - 1) / self.t + score[m] / self.t for m in self.mods}

        def ahead(v, m):
            return math.exp(n / (n - 1) * (sum(v.values()) / n - v[m]))
        active = s["e"] < self.get("end", math.inf)  # CHOICE: exclusive; afterwards kappa is 1, the rest as before
        rec, out = {}, 0
        for m in self.mods:
            r, tau = ahead(score, m), ahead(past, m)
            kappa = math.exp(min(self.get("alpha", 1) * (tau - r), 10)) if active else 1.0
            rec[f"r.{m}"], rec[f"tau.{m}"], rec[f"kappa.{m}"] = r, tau, kappa
            out = out + kappa * phi[m] + (1 - kappa) * phi[m].detach()
        g = self.plain(F.cross_entropy(out, s["y"]))
        head = [v for k, v in g.items() if k.startswith("head.") and k.endswith("weight")]
        # CHOICE: any element of a head weight's gradient above 1; norm over every parameter; no epsilon
        if self.get("clip", True) and max(v.abs().max().item() for v in head) > 1:
            self.note("clipped")
            norm = math.sqrt(squared(g.values()))
            g = {k: v / norm for k, v in g.items()}
        return g, rec


class MMPareto(Method):
    """1.8. Heads get the plain gradient of the loss they are in."""

    def step(self, s):
        net, rec = self.net, {}
        g = self.plain(s["loss"])
        for m in self.mods:
            ce = F.cross_entropy(net.linear(f"aux.{m}", s["z"][m]), s["y"])
            names = net.names(m)
            own = gradients(ce, [net.p[k] for k in [f"aux.{m}.weight", f"aux.{m}.bias"] + names])
            g[f"aux.{m}.weight"], g[f"aux.{m}.bias"] = own[:2]
            a, b = [g[k] for k in names], own[2:]
            dot = sum((x * y).sum() for x, y in zip(a, b)).item()
            aa, bb = squared(a), squared(b)
            conflict = dot <= 0
            l1 = (bb - dot) / (aa + bb - 2 * dot) if conflict else 0.5
            self.note("conflict", conflict)
            rec[f"cos.{m}"], rec[f"lambda.{m}"] = dot / math.sqrt(aa * bb), [l1, 1 - l1]
            d = [2 * l1 * x + 2 * (1 - l1) * y for x, y in zip(a, b)]
            t = [x + y for x, y in zip(a, b)]

            def rescale(sums, ds):
                num, den = math.sqrt(squared(sums)), math.sqrt(squared(ds))
                return max(1.0, num / den) if den > 0 else 1.0
            whole = rescale(t, d)
            for k, x, y in zip(names, t, d):
                f = rescale([x], [y]) if self.get("norm", "encoder") == "tensor" else whole
                g[k] = y * f * self.get("gamma", 1.5)
        return g, rec


class InfoReg(Method):
    """1.9 and 1.10."""

    def __init__(self, *a):
        super().__init__(*a)
        self.released = self.get("profile", "paper") == "released"
        self.K = self.get("K", 0.05 if self.released else 0.04)
        self.trace = {m: [] for m in self.mods}

    def gaps(self, e):
        if self.released:  # the smoothed first modality for all; CHOICE: recorded for each modality, from epoch 0
            t = self.trace[self.mods[0]]
            now, before = (sum(t[max(0, k - 10):k]) / 10 for k in (e, max(0, e - 1)))
            return {m: 1.0 if e == 0 else (now - before) / now for m in self.mods}
        if e < 2:
            return None
        return {m: (t[e - 1] - t[e - 2]) / t[e - 1] for m, t in self.trace.items()}

    def epoch_start(self, e):
        gap, w = self.gaps(e), self.get("window", "auto")  # CHOICE: the gap is recorded with a forced window too
        if w == "auto":
            self.open = {m: gap is not None and gap[m] > self.K for m in self.mods}
        elif isinstance(w, str):
            self.open = {m: w == "all" for m in self.mods}
        elif isinstance(w, list):
            self.open = {m: w[0] <= e < w[1] for m in self.mods}
        else:
            self.open = {m: any(a <= e < b for a, b in w.get(m, [])) for m in self.mods}
        self.old = {k: v.detach().clone() for k, v in self.net.p.items()}
        return {"window": dict(self.open), "gap": gap}

    def strengths(self, s):
        """{m: alpha}, 0 where nothing is behind m (CHOICE: that 0 is what is recorded), whatever the window says."""
        if self.released:
            a, b = self.mods
            diff = sum(p_true(self.net.read(s["z"], a), s["y"]) - p_true(self.net.read(s["z"], b), s["y"])).item()
            return {a: 0.95 * math.exp(math.tanh(diff)) if diff > 0 else 0.0,
                    b: 0.1 * math.exp(math.tanh(-diff)) if diff < 0 else 0.0}
        score = s["score"]
        if self.get("score", "mean_p") == "mean_logp":
            score = {m: -F.cross_entropy(self.net.read(s["z"], m), s["y"]).item() for m in self.mods}
        out = {}
        for m in self.mods:
            below = [score[m] - score[k] for k in self.mods if score[k] < score[m]]
            out[m] = math.exp(self.get("beta", 0.9) * math.tanh(sum(below) / len(below))) if below else 0.0
        return out

    def step(self, s):
        total, rec = s["loss"], {}
        if self.get("star", False):
            total = total + sum(F.cross_entropy(self.net.linear(f"aux.{m}", s["z"][m]), s["y"]) for m in self.mods)
        elif self.released:
            total = total + sum(F.cross_entropy(self.net.share(s["z"], m), s["y"]) for m in self.mods)
        for m, alpha in self.strengths(s).items():
            on = self.open[m] and alpha > 0
            penalty = torch.zeros(())
            if on:
                penalty = alpha / 2 * sum(((self.net.p[n] - self.old[n]) ** 2).sum() for n in self.net.names(m))
            total = total + penalty
            self.note("on", on)
            rec[f"alpha.{m}"], rec[f"on.{m}"], rec[f"penalty.{m}"] = alpha, on, penalty.item()
        return self.plain(total), {**rec, "total": total.item()}

    def epoch_end(self, e, rec):
        kind = self.spec.get("trace", "fisher_emp")
        for m in self.mods:
            self.trace[m].append(self.spec["given_trace"][m][e] if kind == "given" else rec[kind][m])


class Slow(Method):
    """The plain control: the leader's whole encoder gets a fraction of its gradient."""

    def step(self, s):
        leader = self.get("leader", None) or max(self.mods, key=lambda m: s["score"][m])  # a tie goes to the first
        g = self.plain(s["loss"])
        if self.get("start", 0) <= s["e"] < self.get("end", 10):  # CHOICE: end exclusive; leader is recorded always
            self.note("slowed")
            for n in self.net.names(leader):
                g[n] = g[n] * self.get("factor", 0.2)
        return g, {"leader": leader}


METHODS = {"joint": Method, "joint_star": JointStar, "gblend": JointStar, "ogm": OGM, "pmr": PMR, "agm": AGM,
           "mmpareto": MMPareto, "inforeg": InfoReg, "slow": Slow}


# ---- the loop

def replay(spec, weights, arrays, dtype=torch.float64):
    """{weights, gradients: {"<step>/<name>": array}, scalars: [record], probes, seen}."""
    net, data = Net(spec, weights, dtype), Data(arrays, dtype)
    out = {"weights": {}, "gradients": {}, "scalars": [], "probes": probes(net, data) if spec.get("probes") else None}
    method = METHODS[spec["method"]](net, spec.get("hp", {}), data, spec)
    o = {"lr": 2e-3, "momentum": 0.9, "weight_decay": 1e-4, "step": 30, "gamma": 0.1, **spec.get("optimizer", {})}
    steps = len(arrays["y"])
    length = spec.get("epoch_len") or steps
    velocity = {}
    for step in range(steps):
        e = step // length
        if step % length == 0:
            lr = o["lr"] * (o["gamma"] ** (e // o["step"]) if o["step"] else 1)
            out["scalars"].append({"kind": "epoch_start", "epoch": e, "lr": lr, **method.epoch_start(e)})
            compat, g2, count = {m: 0.0 for m in net.mods}, {m: 0.0 for m in net.mods}, 0
        xs, y = data.part("x", step), data.y("y", step)
        z = net.features(xs, True)
        logits = net.fuse(z)
        loss = F.cross_entropy(logits, y)
        score = {m: p_true(net.read(z, m), y).mean().item() for m in net.mods}
        g, rec = method.step({"e": e, "step": step, "xs": xs, "y": y, "z": z, "logits": logits, "loss": loss, "score": score})
        acc = (logits.argmax(1) == y).double().mean().item()
        out["scalars"].append({"kind": "step", "step": step, "epoch": e, "loss": loss.item(), "acc": acc,
                               **{f"score.{m}": v for m, v in score.items()}, **rec})
        count += 1
        for m in net.mods:
            names = net.names(m)
            compat[m] += sum((g[n] ** 2).mean().item() for n in names if is_weight(n, net.p[n]))
            g2[m] += squared(g[n] for n in names)
        with torch.no_grad():
            for n, p in net.p.items():
                d = g[n] + o["weight_decay"] * p
                velocity[n] = o["momentum"] * velocity[n] + d if n in velocity else d
                p -= lr * velocity[n]
        if spec.get("outputs", "every") == "every" or step == steps - 1:  # CHOICE: outputs rules the gradients too
            now = {**net.p, **net.buf}
            out["weights"].update({f"{step}/{n}": v.detach().numpy().copy() for n, v in now.items()})
            if spec.get("gradients"):
                out["gradients"].update({f"{step}/{n}": v.numpy().copy() for n, v in g.items()})
        if (step + 1) % length == 0 or step == steps - 1:
            rec = {"compat": compat, "batch_g2": {m: v / count for m, v in g2.items()}}
            if "probe_y" in arrays:
                n = per_sample(net, data.part("probe_x"), data.y("probe_y"), fused_loss(net))
                rec["fisher_emp"] = {m: sum(n[m]) / len(n[m]) for m in net.mods}
            method.epoch_end(e, rec)
            out["scalars"].append({"kind": "epoch_end", "epoch": e, **rec})
    out["seen"] = method.seen
    return out


def run(folder, out):
    with open(os.path.join(folder, "spec.json")) as f:
        spec = json.load(f)
    arrays = dict(np.load(os.path.join(folder, "batches.npz")))
    got = replay(spec, read_safetensors(os.path.join(folder, "weights.safetensors")), arrays)
    os.makedirs(out, exist_ok=True)
    write_safetensors(os.path.join(out, "weights.safetensors"), got["weights"])
    if got["gradients"]:
        write_safetensors(os.path.join(out, "gradients.safetensors"), got["gradients"])
    with open(os.path.join(out, "scalars.jsonl"), "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in got["scalars"])
    if got["probes"]:
        with open(os.path.join(out, "probes.json"), "w") as f:
            json.dump(got["probes"], f)


# ---- the committed cases

def make_weights(spec, name):
    """Initial values for the spec's model. A name with -x<F> has norm scales and head weights times F."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    scale = next((float(p[1:]) for p in name.removesuffix(".safetensors").split("-") if p[:1] == "x"), 1.0)
    model, w = spec["model"], {}

    def put(name, *shape, fan=None, gain=1.0):
        w[name] = rng.normal(0, gain / math.sqrt(fan or np.prod(shape[1:])), shape)

    def linear(name, rows, cols, gain=1.0):
        put(name + ".weight", rows, cols, gain=gain)
        put(name + ".bias", rows, fan=100)

    def norm(name, d, running):
        w[name + ".weight"], w[name + ".bias"] = rng.uniform(0.7, 1.3, d) * scale, rng.normal(0, 0.2, d)
        if running:
            w[name + ".running_mean"], w[name + ".running_var"] = rng.normal(0, 0.2, d), rng.uniform(0.5, 1.5, d)
    dims = {}
    for m, e in model["encoders"].items():
        pre = f"enc.{m}."
        if e["type"] == "transformer":
            d = dims[m] = e.get("dim", 32)
            linear(pre + "embed", d, e["in"])
            put(pre + "pos", e["length"], d, fan=4)
            for i in range(e.get("layers", 2)):
                n, h = f"{pre}block{i}_", e.get("mlp", 2) * d
                for k, rows, cols in (("qkv", 3 * d, d), ("proj", d, d), ("fc1", h, d), ("fc2", d, h)):
                    linear(n + k, rows, cols)
                for k in ("ln1", "ln2"):
                    norm(n + k, d, False)
            norm(pre + "ln", d, False)
        elif e["type"] == "resnet18":
            c = [round(k * e.get("width", 1.0)) for k in (64, 128, 256, 512)]
            k = 3 if e.get("small_stem") else 7
            convs = [("conv1", "bn1", c[0], e["in"], k)]
            for i in range(4):
                for b in range(2):
                    n, ins = f"layer{i + 1}.{b}.", c[max(0, i - 1)] if b == 0 else c[i]
                    convs += [(n + "conv1", n + "bn1", c[i], ins, 3), (n + "conv2", n + "bn2", c[i], c[i], 3)]
                    if i > 0 and b == 0:
                        convs.append((n + "downsample.0", n + "downsample.1", c[i], ins, 1))
            for conv, bn, outs, ins, k in convs:
                put(pre + conv + ".weight", outs, ins, k, k, gain=1.4)
                norm(pre + bn, outs, True)
                if bn.endswith("bn2"):
                    w[pre + bn + ".weight"] *= 0.3  # weak residual branches: better conditioned in float32
            dims[m] = c[-1]
        else:
            axes, ins = {"cnn1d": 1, "cnn2d": 2}[e["type"]], e["in"]
            for i, outs in enumerate(e["channels"]):
                put(f"{pre}conv{i}.weight", outs, ins, *[e.get("kernel", 3)] * axes, gain=1.4)
                if e.get("norm", "batch") != "none":
                    norm(f"{pre}norm{i}", outs, e.get("norm", "batch") == "batch")
                ins = dims[m] = outs
    c, d = model["classes"], [dims[m] for m in model["modalities"]]
    h = model.get("hidden", d[0])
    heads = {"concat": [("head", c, sum(d))], "sum": [(f"head.{m}", c, dims[m]) for m in model["modalities"]],
             "gated": [("head.a", h, d[0]), ("head.b", h, d[-1]), ("head.out", c, h)],
             "film": [("head.film", 2 * d[-1], d[0]), ("head.out", c, d[-1])]}[model["fusion"]]
    if "-aux" in name:
        heads += [(f"aux.{m}", c, dims[m]) for m in model["modalities"]]
    for n, rows, cols in heads:
        linear(n, rows, cols, gain=scale * 1.5)
    return {k: v.astype("f4") for k, v in w.items()}


def make_batches(spec, name):
    """Noisy class patterns, the first modality's clearest; multiples of 1/32, so that the file packs well."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    res = "res" in name
    steps, size, classes, a = (1 if res else 20), (4 if res else 6), spec["model"]["classes"], {}
    sets = [("y", "x", (steps, size))] + ([] if res else [("probe_y", "probe_x", (7,)), ("proto_y", "proto_x", (9,))])
    for y, x, lead in sets:
        a[y] = rng.permutation(np.arange(np.prod(lead)) % classes).reshape(lead).astype("i4")
    for i, m in enumerate(spec["model"]["modalities"]):
        e = spec["model"]["encoders"][m]
        n = e.get("in")
        shape = {"cnn1d": (n, 9), "cnn2d": (n, 8, 7), "transformer": (e.get("length"), n),
                 "resnet18": (2, 3, 16, 20) if "frames" in name and n == 3 else (n, 32, 32) if n == 3 else (n, 33, 24)}[e["type"]]
        means = rng.normal(0, 1, (classes, *shape))
        for y, x, lead in sets:
            v = (1.0, 0.6, 0.8)[i] * means[a[y]] + rng.normal(0, 1, (*lead, *shape))
            a[f"{x}.{m}"] = (np.round(v * 32) / 32).astype("f4")
    if spec["hp"].get("ge"):
        for n, v in make_weights(spec, "noise").items():
            if n.startswith("enc.") and ".running_" not in n:
                a[f"noise.{n}"] = (np.round(rng.normal(0, 1, (steps, *v.shape)) * 32) / 32).astype("f4")
    return a


def rounded(v):
    if isinstance(v, dict):
        return {k: rounded(x) for k, x in v.items()}
    if isinstance(v, list):
        return [rounded(x) for x in v]
    return float(f"{v:.9g}") if isinstance(v, float) else v


def packed(v):
    return json.dumps(rounded(v), separators=(",", ":"))


def apart(a, b):
    """The largest distance of two results: arrays against the largest value, numbers relative above 0.01."""
    if isinstance(a, dict):
        return max((apart(a[k], b[k]) for k in a), default=0.0)
    if isinstance(a, list):
        return max((apart(x, y) for x, y in zip(a, b)), default=0.0)
    if isinstance(a, np.ndarray):
        return float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30))
    if isinstance(a, float):
        return abs(a - b) / max(abs(a), 0.01)
    return 0.0 if a == b else math.inf


def make(wanted):
    here = os.path.dirname(os.path.abspath(__file__))
    print(f"{'case':26} {'weights':>8} {'gradient':>8} {'scalars':>8} {'shaken':>8}  seen")
    for case in wanted or sorted(os.listdir(os.path.join(here, "cases"))):
        at = os.path.join(here, "cases", case)
        with open(os.path.join(at, "spec.json")) as f:
            spec = json.load(f)
        model, batches = os.path.join(here, "models", spec["weights"]), os.path.join(here, "batches", spec["batches"])
        for path in (model, batches):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(model):
            write_safetensors(model, make_weights(spec, spec["weights"]))
        if not os.path.exists(batches):
            np.savez_compressed(batches, **make_batches(spec, spec["batches"]))
        w, arrays = read_safetensors(model), dict(np.load(batches))
        want = replay(spec, w, arrays)
        low = replay(spec, w, arrays, torch.float32)
        rng, shaken = np.random.default_rng(1), 0.0
        for _ in range(2):
            off = replay(spec, {k: v * (1 + 3e-7 * rng.normal(size=v.shape)) for k, v in w.items()}, arrays, torch.float32)
            shaken = max(shaken, apart(want["weights"], off["weights"]), apart(want["gradients"], off["gradients"]))
        d = [apart(want[k], low[k]) for k in ("weights", "gradients", "scalars")] + [shaken]
        print(f"{case:26} " + " ".join(f"{v:8.1e}" for v in d), "" if max(d[:3]) <= 2e-5 and shaken <= 5e-5 else " TOO FAR", want["seen"] or "", flush=True)
        write_safetensors(os.path.join(at, "expected.safetensors"), {k: v.astype("f4") for k, v in want["weights"].items()})
        if want["gradients"]:
            write_safetensors(os.path.join(at, "gradients.safetensors"), {k: v.astype("f4") for k, v in want["gradients"].items()})
        with open(os.path.join(at, "scalars.jsonl"), "w") as f:
            f.writelines(packed(r) + "\n" for r in want["scalars"])
        if want["probes"]:
            with open(os.path.join(at, "probes.json"), "w") as f:
                f.write(packed(want["probes"]) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3])
    elif len(sys.argv) >= 2 and sys.argv[1] == "make":
        make(sys.argv[2:])
    else:
        sys.exit(__doc__)
