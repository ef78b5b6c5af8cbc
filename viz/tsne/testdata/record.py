"""Records what openTSNE and scikit-learn make of a thousand handwritten digits, for the tests of viz/tsne.

    python -m venv v; v/bin/pip install openTSNE==1.0.4 scikit-learn==1.9.1 numpy==2.4.6
    v/bin/python viz/tsne/testdata/record.py viz/tsne/testdata

digits.txt: the first 1000 of scikit-learn's load_digits (UCI, "Optical Recognition of Handwritten Digits",
Alpaydin and Kaynak 1998, CC BY 4.0), one a line: the class, a space, 64 values of 0 to 16 as the letters a to q. Everything below is
made of value j of line i plus ((31·i + 17·j) mod 97)·1e-4, so that no two digits lie equally far from a third.
opentsne.json: 20 rows of P at perplexity 30 with exact neighbours; the first two principal
components of 20 rows; KL with its sum of q over all pairs, and scores with 10 neighbours, of maps with seeds 1 to 5;
the map of seed 1, for the scores of the same points. walk: places of 20 points that begin at (sin i, cos 1.7·i), after 10
steps with an exaggeration of 12 and after 10 more without, no move longer than 0.2, all pairs of points summed (theta 0).
"""
import json
import pathlib
import sys

import numpy as np
import openTSNE
import sklearn
from openTSNE import TSNE, affinity
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

N, K, ROWS = 1000, 10, range(0, 1000, 50)
out = pathlib.Path(sys.argv[1])
X, labels = load_digits(return_X_y=True)
X, labels = X[:N], labels[:N]
out.joinpath("digits.txt").write_text(
    "".join(f"{c} {''.join(chr(ord('a') + int(v)) for v in x)}\n" for x, c in zip(X, labels))
)
X = X + (31 * np.arange(N)[:, None] + 17 * np.arange(64)) % 97 * 1e-4
A = affinity.PerplexityBasedNN(X, 30, method="exact", n_jobs=1)
P = A.P.tocsr()


def kl(Y):
    d = ((Y[:, None] - Y[None]) ** 2).sum(-1)
    q = 1 / (1 + d)
    np.fill_diagonal(q, 0)
    q /= q.sum()
    r, c = P.nonzero()
    p = np.asarray(P[r, c]).ravel()
    return float((p * np.log(p / q[r, c])).sum())


def near(Z):
    return NearestNeighbors(n_neighbors=K).fit(Z).kneighbors(return_distance=False)


def preservation(Y):
    a, b = near(X), near(Y)
    return float(np.mean([len(set(a[i]) & set(b[i])) / K for i in range(N)]))


maps = []
for seed in range(1, 6):
    Y = np.asarray(TSNE(n_jobs=1, random_state=seed).fit(affinities=A, initialization=openTSNE.initialization.pca(X, random_state=seed)))
    maps.append({
        "seed": seed, "kl": kl(Y), "preservation": preservation(Y),
        "trustworthiness": float(trustworthiness(X, Y, n_neighbors=K)), "continuity": float(trustworthiness(Y, X, n_neighbors=K)),
    })
    if seed == 1:
        first = Y
at = np.stack([np.sin(np.arange(N)), np.cos(1.7 * np.arange(N))], 1)
walk = openTSNE.TSNEEmbedding(at, A, theta=0, n_jobs=1, learning_rate="auto", momentum=0.8, max_step_norm=0.2)
steps = []
for exaggeration in (12, 1):
    walk.optimize(10, exaggeration=exaggeration, inplace=True)
    steps.append(np.asarray(walk)[::50].tolist())
record = {
    "command": "v/bin/python viz/tsne/testdata/record.py viz/tsne/testdata",
    "versions": {"python": sys.version.split()[0], "openTSNE": openTSNE.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "perplexity": 30, "neighbors": K,
    "p": [{"row": i, "columns": P[i].indices[np.argsort(P[i].indices)].tolist(), "values": P[i].data[np.argsort(P[i].indices)].tolist()} for i in ROWS],
    "principal": [{"row": i, "at": y.tolist()} for i, y in zip(ROWS, PCA(2, svd_solver="full").fit_transform(X)[::50])],
    "walk": steps, "maps": maps, "first": first.tolist(),
}
out.joinpath("opentsne.json").write_text(json.dumps(record, indent=None, separators=(",", ":")) + "\n")
print(json.dumps(maps, indent=1))
