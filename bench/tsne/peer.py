"""Times viz/tsne against openTSNE and scikit-learn, all on all cores, in one run.

Every contender gets the same features in memory and its own defaults at perplexity 30 from principal components; scikit-learn makes
750 steps as the others do, in the place of its 1000. A time runs from the features to the map. Contenders take turns; the table has
the median and the range over the rounds. KL and kNN preservation of each map of the last round are computed here for all alike: KL with
exact neighbours and the sum of q over all pairs.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import openTSNE
import sklearn
from openTSNE import affinity
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

NEIGHBORS = 10


def features(n, d=512):
    """Ten classes on a plane of 20 dimensions, with noise in all."""
    r = np.random.default_rng(1)
    middle = r.normal(size=(10, d))
    inside = r.normal(size=(n, 20)) @ r.normal(size=(20, d)) * 0.8
    return middle[r.integers(0, 10, n)] + inside + 0.5 * r.normal(size=(n, d))


def primewindow(x, seed, binary, folder):
    source, target = folder / f"x{len(x)}", folder / "map"
    if not source.exists():
        x.astype("<f8").tofile(source)
    text = subprocess.run([binary, "-in", source, "-out", target, "-features", str(x.shape[1]), "-seed", str(seed)],
                          check=True, capture_output=True, text=True).stdout
    return sum(json.loads(text).values()), np.fromfile(target, "<f8").reshape(-1, 2)


def timed(layout):
    start = time.perf_counter()
    y = np.asarray(layout())
    return time.perf_counter() - start, y


def near(z):
    return NearestNeighbors(n_neighbors=NEIGHBORS).fit(z).kneighbors(return_distance=False)


def scores(x, p, there, y):
    y = y.astype(float)
    r, c = p.nonzero()
    total = 0.0
    for i in range(0, len(y), 500):
        total += (1 / (1 + ((y[i:i + 500, None] - y[None]) ** 2).sum(-1))).sum()
    total -= len(y)
    q = 1 / (1 + ((y[r] - y[c]) ** 2).sum(-1)) / total
    v = p.data
    kept = np.mean([len(set(a) & set(b)) / NEIGHBORS for a, b in zip(there, near(y))])
    return float((v * np.log(v / q)).sum()), float(kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--points", type=int, nargs="+", default=[1000, 3000, 7400])
    args = parser.parse_args()
    print(f"openTSNE {openTSNE.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}, "
          f"{len(os.sched_getaffinity(0))} cores, load before {os.getloadavg()[0]:.1f}")
    print("| points | who | seconds, median (range) | primewindow is faster by | KL | kNN preservation |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for n in args.points:
            x = features(n)
            who = {
                "primewindow": lambda seed: primewindow(x, seed, args.binary, pathlib.Path(name)),
                "openTSNE": lambda seed: timed(lambda: openTSNE.TSNE(random_state=seed, n_jobs=-1).fit(x)),
                "scikit-learn": lambda seed: timed(
                    lambda: TSNE(perplexity=30, init="pca", max_iter=750, random_state=seed, n_jobs=-1).fit_transform(x)),
            }
            times, maps = {w: [] for w in who}, {}
            for seed in range(1, args.rounds + 1):
                for w, make in who.items():
                    seconds, maps[w] = make(seed)
                    times[w].append(seconds)
            p, there = affinity.PerplexityBasedNN(x, 30, method="exact", n_jobs=-1).P.tocsr(), near(x)
            ours = statistics.median(times["primewindow"])
            for w, taken in times.items():
                median = statistics.median(taken)
                kl, kept = scores(x, p, there, maps[w])
                print(f"| {n} | {w} | {median:.2f} ({min(taken):.2f} to {max(taken):.2f}) | {median / ours:.2f} | {kl:.3f} | {kept:.3f} |", flush=True)
    print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
