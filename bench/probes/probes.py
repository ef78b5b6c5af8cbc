"""Times a training step, with and without the exact Fisher trace of both encoders, against peers, and prints tables.

usage: probes.py [--size resnet|demo ...] [--peers NAME ...] [--rounds N] [--scaling] [--write]

Ours and every peer get the same weights and inputs, from one file that our side makes. A contender is a process for one
kind of step: it takes the first, says {"ready": true, "first_s": ..., "values": {"loss": ..., "audio": ..., "visual": ...}},
takes one more for each line "go", saying {"s": ..., "cpu": ..., "loss": ...}, and ends with {"peak_mib": ...}. First each
runs alone, for its peak memory and to see that all compute the same numbers; those that do not run or compute something
else become named holes. Then all stay alive and take turns, as many as fit in memory at a time.

Kinds of step, all with PyTorch's SGD:
  step       batch norm in training mode
  step-eval  batch norm by running averages
  exact      step-eval that gives the mean over samples of the squared norm of the sample's own gradient, by encoder
  running    step with the running probe every 8 steps: 7/8 of a step without it and 1/8 of one with it (ours alone)

Each peer has an environment of its own in .venv, made from its requirements file; the first run needs the network and
7 GB of disk for it.
"""

import argparse
import contextlib
import dataclasses
import datetime
import math
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import environment as environments  # noqa: E402
import report  # noqa: E402
import scaling  # noqa: E402
from process import BINARY, CORES, PATIENCE, ROOT, Hole, build, fail, make_data, running, say

KINDS = "step", "step-eval", "exact", "running"
PEERS = "torch", "opacus", "backpack", "jax"
BATCH = {"resnet": 8, "demo": 64}
ROUNDS = {"resnet": 5, "demo": 30}
# Steps of a turn, of which the first do not count. While others take theirs, a process that waits loses more than its place
# in the caches: on virtual machines its memory grows cold, and its first step afterwards takes up to half as long again,
# which no step of a training does.
TURN = {"resnet": (1, 2), "demo": (3, 5)}
CHUNKS = {"resnet": (2, 4, 8), "demo": (16, 32, 64)}  # of vmap; the last is the whole batch
TRIES = {"resnet": 5, "demo": 30}  # rounds in which its chunk is chosen
WARM = 1  # rounds that do not count
PAUSE = 0.02  # seconds before each turn

# Between frameworks sums run in other orders, and float32 rounding flips single ReLUs and max-pool choices at random weights:
# on the ResNets traces then differ by up to 2e-4, losses by less. A wrong definition is off by far more.
TOLERANCE = 1e-3


@dataclasses.dataclass(eq=False)  # one is itself, whatever it holds
class Contender:
    who: str  # as the table names it
    what: str
    command: list
    hole: str = ""
    group: int = 0  # of those that took turns, from 1
    note: str = ""
    first: float = 0.0
    peaks: list = dataclasses.field(default_factory=list)  # MiB, of each of its processes
    whole: float = 0.0  # vmap's peak with all samples at once
    values: dict = dataclasses.field(default_factory=dict)
    seconds: list = dataclasses.field(default_factory=list)
    cpu: list = dataclasses.field(default_factory=list)

    def __str__(self):
        return f"{self.who} {self.what}"

    @property
    def peak(self):
        return statistics.median(self.peaks)


def requirements(peer):
    return HERE / f"requirements-{peer}.txt"


def pins(peer):
    """Versions by package, as the peer's requirements have them."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", requirements(peer).read_text(), re.MULTILINE))


def environment(peer):
    """The Python of a peer's own environment, made when its requirements have changed.

    Opacus and BackPACK stand on the PyTorch of torch's environment as long as all pins agree: it has 5 GB.
    """
    def prepare(python):
        if peer in ("opacus", "backpack") and pins("torch").items() <= pins(peer).items():
            library = "import sysconfig; print(sysconfig.get_path('purelib'))"
            base, own = (subprocess.check_output([p, "-c", library], text=True).strip() for p in (environment("torch"), python))
            (pathlib.Path(own) / "torch.pth").write_text(base + "\n")

    folder = BINARY.with_name(f"bench-probes-{peer}")
    try:
        return environments.made(folder, [requirements(peer)], lambda _: say(f"setting up {folder.relative_to(ROOT)}"), prepare)
    except environments.Failed as e:
        raise Hole(f"does not install: {e}") from None


def contenders(size, file, peers):
    """Ours, then the peers', in the order in which they are let into a group."""
    def own(who, kernels, whats):
        return [Contender(who, what, ["env", "PRIMEWINDOW_KERNELS=" + kernels, BINARY, "-what", what, "-size", size, "-file", file]) for what in whats]

    list_ = own("ours", "on", ("step", "exact", "running", "step-eval")) + own("ours without kernels", "off", ("step", "exact"))
    plain = "step", "step-eval"
    for peer, who, whats in (
        ("torch", "torch vmap(grad)", ["exact"]),
        ("torch", "torch", plain),
        ("opacus", "opacus hooks", ["exact"]),
        ("opacus", "opacus ghost", ["ghost"]),
        ("jax", "jax vmap(grad)", ["exact"]),
        ("backpack", "backpack", ["exact"]),
        ("jax", "jax", plain),
    ):
        if peer not in peers:
            continue
        for what in whats:
            c = Contender(who, "exact" if what == "ghost" else what, [])
            list_.append(c)
            try:
                python = environment(peer)
            except Hole as h:
                c.hole = str(h)
                continue
            if peer == "jax":
                c.command = [python, HERE / "peer_jax.py", "--what", what, file]
            else:
                c.command = [python, HERE / "peer_torch.py", "--peer", peer, "--what", what, "--threads", CORES, file]
    return list_


def alone(c, steps):
    """Runs a contender by itself: first values, loss after the first update, peak."""
    say(f"  {c}{c.note and ', ' + c.note} alone")
    try:
        with running(c.command) as p:
            ready = p.hear(PATIENCE)
            answers = [p.go() for _ in range(steps)]
            c.first, c.values = ready["first_s"], ready["values"] | {"second loss": answers[0]["loss"]}
            c.peaks.append(p.end())
    except (Hole, BrokenPipeError) as h:
        c.hole = str(h)


def choose_chunk(c, size):
    """Gives vmap the chunk with which it is fastest; a line says how the others did."""
    names = {n: f"{n} at a time" for n in CHUNKS[size]} | {BATCH[size]: report.WHOLE}
    tried = [dataclasses.replace(c, command=[*c.command, "--chunk", n], note=note, peaks=[]) for n, note in names.items()]
    for other in tried:
        alone(other, 2)
    ran = [other for other in tried if not other.hole]
    if not ran:
        c.hole = tried[0].hole
        return ""
    with contextlib.ExitStack() as stack:
        alive = [(other, stack.enter_context(running(other.command)), []) for other in ran]
        for _, p, _ in alive:
            p.hear(PATIENCE)
        for _ in range(TRIES[size]):
            for _, p, seconds in alive:
                seconds.append(p.go()["s"])
    medians = {other.note: statistics.median(seconds) for other, _, seconds in alive}
    best = min(ran, key=lambda other: medians[other.note])
    c.command, c.note, c.first, c.peaks, c.values = best.command, best.note, best.first, best.peaks, best.values
    c.whole = 0.0 if tried[-1].hole else tried[-1].peak
    return "torch's vmap(grad) before the rounds: " + ", ".join(
        f"{o.note} " + (f"{1000 * medians[o.note]:.0f} ms and {o.peak:.0f} MiB" if o in ran else o.hole) for o in tried
    )


def compare(list_):
    """Makes a hole of every contender whose numbers are not ours; stops when no peer has ours."""
    for whats, names in ((("step",), ("loss", "second loss")), (("step-eval", "exact"), ("loss", "second loss", "audio", "visual"))):
        ran = [c for c in list_ if c.what in whats and not c.hole]
        ours = {k: v for c in ran if c.who == "ours" for k, v in c.values.items()}
        peers = [c for c in ran if not c.who.startswith("ours")]
        for c in ran:
            for name in names:
                got, want = c.values.get(name), ours.get(name)
                if got is None and (c.what != "exact" or name not in ("audio", "visual")):
                    continue
                if want is None or got is None or not abs(got - want) <= TOLERANCE * abs(want):
                    c.hole = f"computes something else: {name} {got}, ours {want}"
        if peers and all(c.hole for c in peers):
            fail(f"no peer has our numbers: {peers[0]} {peers[0].hole}", "one of both is wrong; no figure is worth printing")


def available():
    """Memory that the system can give, in MiB."""
    return int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 1024


def take_turns(list_, rounds, turn):
    """Times all that have no hole: in one group, or where memory is short in several that all hold our step and exact."""
    left, group = [c for c in list_ if not c.hole], 0
    anchors = [c for c in left if c.who == "ours" and c.what in ("step", "exact")]
    while left:
        room, taken, group = 0.9 * available(), [], group + 1
        if group > 1:  # ours again, for the ratios within this group
            taken = [dataclasses.replace(c, seconds=[], cpu=[], peaks=c.peaks[:]) for c in anchors]
            list_ += taken
        for c in left:
            if not taken or sum(max(t.peaks) for t in taken) + max(c.peaks) < room or (group > 1 and len(taken) == len(anchors)):
                taken.append(c)
        left = [c for c in left if c not in taken]
        say(f"  group {group}: {', '.join(map(str, taken))}")
        with contextlib.ExitStack() as stack:
            alive = []
            for c in taken:
                c.group = group
                p = stack.enter_context(running(c.command))
                p.hear(PATIENCE)
                alive.append((c, p))
            order = random.Random(1)
            for r in range(WARM + rounds):
                # No one always follows the same one: what a step leaves in the caches, and PyTorch's threads, which go
                # on waiting in a busy loop after it, would always cost the same contender.
                for c, p in order.sample(alive, len(alive)):
                    time.sleep(PAUSE)
                    try:
                        answers = [p.go() for _ in range(sum(turn))]
                    except (Hole, BrokenPipeError) as h:
                        c.hole = f"died in round {r}: {h}"
                        alive.remove((c, p))
                        continue
                    for answer in answers[turn[0]:] if r >= WARM else []:
                        if not math.isfinite(answer["loss"]):
                            fail(f"{c}: loss {answer['loss']} in round {r}", "the figures of such a run mean nothing")
                        c.seconds.append(answer["s"])
                        c.cpu.append(answer["cpu"])
            for c, p in alive:
                c.peaks.append(p.end())


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GiB"


def versions(peers):
    modules = dict(re.findall(r"^\s*(?:require )?github.com/gomlx/([\w-]+) (v\S+)", (ROOT / "go.mod").read_text(), re.MULTILINE))
    theirs = {"opacus": "opacus", "backpack": "backpack-for-pytorch", "jax": "jax", "torch": "torch"}
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return ", ".join(
        [f"primewindow {commit or 'without git'}"]
        + [f"{name} {modules[name]}" for name in ("gomlx", "go-xla") if name in modules]
        + [f"{theirs[p]} {pins(p)[theirs[p]]}" for p in PEERS if p in peers]
        + [f"Python {sys.version.split()[0]}"]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", nargs="+", default=list(BATCH), choices=BATCH)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--rounds", type=int, default=0, help="timed rounds; 0: 5 for resnet, 30 for demo")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS, help="of steps")
    parser.add_argument("--scaling", action="store_true", help="also our cost over batch and width")
    parser.add_argument("--no-peers", action="store_true", help="with --scaling: that alone")
    parser.add_argument("--write", action="store_true", help="into results.md, and with --scaling scaling.png")
    args = parser.parse_args()
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) > CORES:
        os.sched_setaffinity(0, allowed[:CORES])
    build()
    head = [f"{machine()}; {datetime.date.today()}; load before {os.getloadavg()[0]:.1f}", versions(args.peers)]
    parts = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for size in [] if args.no_peers else args.size:
            say(size)
            file = folder / f"{size}.safetensors"
            make_data(file, size, BATCH[size])
            list_ = [c for c in contenders(size, file, args.peers) if c.what in args.kinds]
            notes = []
            for c in list_:
                if c.who == "torch vmap(grad)" and not c.hole:
                    notes.append(choose_chunk(c, size))
                elif not c.hole:
                    # XLA's large blocks now and then find no room where the last step's were, and the peak grows by a half:
                    # of ours, which the bar is about, several processes are asked.
                    for _ in range(3 if c.who == "ours" and c.what in ("exact", "step-eval") else 1):
                        alone(c, 4)
            compare(list_)
            rounds = args.rounds or ROUNDS[size]
            take_turns(list_, rounds, TURN[size])
            parts.append(report.table(size, BATCH[size], rounds, list_, notes))
        if args.scaling:
            parts.append(scaling.measure(folder, args.rounds, HERE / "scaling.png" if args.write else folder / "scaling.png"))
    head.append(f"Load after {os.getloadavg()[0]:.1f}. Made by `make bench-probes PROBES_ARGS='{' '.join(sys.argv[1:])}'`.")
    text = report.page(head, parts)
    print(text)
    if args.write:
        (HERE / "results.md").write_text(text)


if __name__ == "__main__":
    main()
