"""Times reading a set from disk against the field's pipeline, what training loses to it, and the memory it takes.

usage: bench.py [--only read|steps|many ...] [--rounds 3] [--clips 264] [--many 20000] [--write]

read   Ours and the peer (peer.py: librosa, Pillow and torchvision under PyTorch's DataLoader) read one made set of CREMA-D's
       true layout, 16 kHz WAV of 2.5 s and seven JPEG frames of 480x360 of which a sample has three, in random order, in
       batches of 64, with random crops, on two cores, and take turns. Cold, ours starts with an empty cache and fills it; the
       peer decodes WAV and JPEG at every pass. Cached, ours reads for the twelfth time, when nearly all frames have been
       drawn before; the peer reads spectrograms from .npy and frames from JPEG. A set of videos is the same with FLV files.
steps  The demo net (small CNNs) trains on such a set, one frame of 64x64, from a warm cache, and on the same samples held in
       memory, in turns.
many   20,000 short clips are read once with a cache of 1 GiB.

Times are given by the clock and by the processor: where other work runs on the machine, the second is what can be trusted.
The first run needs the network, for requirements.txt; the peer stays in .venv/bench-data, on the PyTorch of
.venv/bench-probes-torch where that is there. Figures stay in .venv/bench-data.json, so that parts can be
run by themselves; with --write all that are there become results.md beside this file.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = ROOT / ".venv/bench-data"
BINARY = HOME / "data"
CORES = 2
TICK = os.sysconf("SC_CLK_TCK")
WARM = 12  # passes after which the cache holds what is read
BARS = {"memory": 1024, "step": 1.02}


def environment():
    """The peer's Python, made when its requirements have changed."""
    python, stamp, wanted = HOME / "bin/python", HOME / "requirements.txt", (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        torch = sorted((ROOT / ".venv/bench-probes-torch/lib").glob("python*/site-packages"))
        if torch:
            next((HOME / "lib").glob("python*/site-packages")).joinpath("torch.pth").write_text(f"{torch[0]}\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return python


def processor(pid):
    """Processor seconds of a process, its living descendants and those of them that have ended."""
    total, wanted = 0, [pid]
    while wanted:
        p = wanted.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = pathlib.Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
            for task in pathlib.Path(f"/proc/{p}/task").iterdir():
                wanted += map(int, (task / "children").read_text().split())
    return total / TICK


class Contender:
    """A process that reads the set once for each line it gets."""

    def __init__(self, command, stack):
        env = dict(os.environ, OMP_NUM_THREADS="1", GOMAXPROCS=str(CORES), PYTHONWARNINGS="ignore")
        command = [str(part) for part in command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT)
        stack.callback(self.process.kill)
        self.ready, self.rounds = self.hear(), []

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench-data: {self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def go(self):
        before = processor(self.process.pid)
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.hear()
        answer.setdefault("cpu", [processor(self.process.pid) - before])  # ours says what the passes alone took
        self.rounds.append(answer)


def say(text):
    print(text, file=sys.stderr, flush=True)


def call(*command, **env):
    out = subprocess.check_output([str(part) for part in command], text=True, cwd=ROOT, env=dict(os.environ, GOMAXPROCS=str(CORES), **env))
    return json.loads(out.splitlines()[-1]) if out else None


def read(args, folder):
    python = environment()
    videos = args.clips // 4 // 8 * 8 + 8
    call(BINARY, "-what", "make", "-dir", folder, "-clips", args.clips, "-videos", videos)
    with contextlib.ExitStack() as stack:
        ours = lambda set_, *more: Contender([BINARY, "-what", "read", "-dir", folder / set_, *more], stack)  # noqa: E731
        peer = lambda set_, *more: Contender([python, HERE / "peer.py", folder / set_, *more], stack)  # noqa: E731
        small = str(videos // 4 - 2)  # four batches
        pairs = {
            "both, cold": (ours("both", "-reads", "1"), peer("both")),
            "both, cold, keep=jpeg": (ours("both", "-reads", "1", "-keep", "jpeg"), None),
            "audio, cold": (ours("audio", "-reads", "1", "-side", 8), peer("both", "--part", "audio")),
            "frames of FLV and audio, cold": (ours("video", "-reads", "1", "-batch", small), peer("video", "--part", "video", "--batch", small)),
            "both, cached": (ours("both", "-reads", WARM), peer("both", "--cached")),
            "both, cached, keep=jpeg": (ours("both", "-keep", "jpeg", "-reads", WARM), None),
            "audio, cached": (ours("audio", "-side", 8), peer("both", "--part", "audio", "--cached")),
        }
        frames = peer("both", "--part", "frames")
        contenders = [c for pair in pairs.values() for c in pair if c] + [frames]
        for k in range(args.rounds):
            for c in contenders:
                c.go()
            say(f"  round {k + 1} of {args.rounds}, load {os.getloadavg()[0]:.1f}")

        def figures(c):
            """Medians of samples a second of the last pass, by the clock and by the processor."""
            r = c.rounds
            return {
                "clock": statistics.median(a["samples"] / a["s"][-1] for a in r),
                "cpu_ms": statistics.median(1000 * a["cpu"][-1] / a["samples"] for a in r),
                "mib": r[-1].get("cache_mib", 0),
                "misses": max(a.get("misses", 0) for a in r),
            }

        table = {}
        for name, (a, b) in pairs.items():
            table[name] = {"ours": figures(a), "peer": figures(b or pairs[name.rsplit(", ", 1)[0]][1])}
        theirs = figures(frames)
        for when in "cold", "cached":  # ours has no set without sound
            a, b = table[f"both, {when}"]["ours"], table[f"audio, {when}"]["ours"]
            left = {"clock": 1 / max(1e-9, 1 / a["clock"] - 1 / b["clock"]), "cpu_ms": a["cpu_ms"] - b["cpu_ms"], "mib": 0}
            table[f"frames, {when}"] = {"ours": left, "peer": theirs}
        ready = pairs["both, cold"][1].ready
    return {"table": table, "peer": f"torch {ready['torch']}, librosa {ready['librosa']}", "rounds": args.rounds, "clips": args.clips}


def train(args, folder):
    if not (folder / "both").exists():
        call(BINARY, "-what", "make", "-dir", folder, "-clips", args.clips, "-videos", "0")
    out = {}
    for frame_side in args.frame_sides:
        out[frame_side] = call(
            BINARY, "-what", "steps", "-dir", folder / "both", "-frames", 1, "-side", 64, "-frame-side", frame_side, "-project", ROOT,
            "-rounds", 2 * args.rounds, PRIMEWINDOW_CACHE=str(folder / "cache"), PJRT_PLUGIN_LIBRARY_PATH=str(ROOT / ".venv/lib/pjrt"),
        )  # fmt: skip
    return out


def many(args, folder):
    call(BINARY, "-what", "many", "-dir", folder / "many", "-clips", args.many, "-seconds", 0.25, "-width", 64, "-height", 48)
    return call(
        BINARY, "-what", "epoch", "-dir", folder / "many", "-frames", 1, PRIMEWINDOW_CACHE=str(folder / "small"), PRIMEWINDOW_CACHE_GIB="1"
    )


def report(parts):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown processor")
    lines = ["# Reading a set from disk", "", f"{model}, {os.cpu_count()} cores. Made by `bench/data/bench.py --write`.", ""]
    verdict = lambda met: "met" if met else "missed"  # noqa: E731
    if r := parts.get("read"):
        lines += [
            f"## Against {r['peer']}", "",
            f"{r['clips'] - 8} samples, {r['rounds']} rounds, medians; {r['when']}. A ratio above 1 is in our favour; the bar is 1.", "",
            "| what | by the clock | by the processor | | samples/s ours | theirs | processor ms a sample ours | theirs |",
            "|---|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        for name, row in sorted(r["table"].items()):
            a, b = row["ours"], row["peer"]
            clock, cpu = a["clock"] / b["clock"], b["cpu_ms"] / max(a["cpu_ms"], 1e-9)
            lines.append(
                f"| {name} | **{clock:.2f}** | {cpu:.2f} | {verdict(clock >= 1)} | {a['clock']:.0f} | {b['clock']:.0f} | {a['cpu_ms']:.2f} | {b['cpu_ms']:.2f} |"
            )
        lines += ["", "Frames alone are, on our side, both less audio.", ""]
    if s := parts.get("steps"):
        lines += ["## A step on the demo net, from a warm cache against from memory", "", f"{s.pop('when')}.", "",
                  "| frame_side | ratio of medians | bar | | ms streamed | ms in memory | ms to read a batch alone |", "|---|---|---|---|---|---|---|"]  # fmt: skip
        for side, f in s.items():
            a, b = (statistics.median(f["s"][k]) for k in ("streamed", "memory"))
            lines.append(f"| {side} | **{a / b:.3f}** | ≤ {BARS['step']} | {verdict(a / b <= BARS['step'])} | {1000 * a:.1f} | {1000 * b:.1f} | {1000 * f['read_s']:.1f} |")
        lines.append("")
    if m := parts.get("many"):
        lines += [
            f"## {m['samples'] + 8} clips with a cache of 1 GiB", "",
            f"{m['when']}. Peak memory **{m['peak_mib']:.0f} MiB**, bar {BARS['memory']}: {verdict(m['peak_mib'] <= BARS['memory'])}; "
            f"{m['open_mib']:.0f} MiB of it once the set was open ({m['open_s']:.1f} s). The cache held {m['cache_mib']:.0f} MiB at most, of "
            f"{m['misses']} entries that were made. One epoch took {m['s']:.0f} s, {m['samples'] / m['s']:.0f} samples/s.", "",
        ]  # fmt: skip
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=["read", "steps", "many"], choices=["read", "steps", "many"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=264)
    parser.add_argument("--many", type=int, default=20000)
    parser.add_argument("--frame-sides", type=int, nargs="*", default=[0, 80])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if "read" in args.only:
        environment()
    HOME.mkdir(exist_ok=True)
    subprocess.run(["go", "build", "-o", BINARY, "./bench/data"], cwd=ROOT, check=True)
    kept = HOME.with_suffix(".json")
    parts = json.loads(kept.read_text()) if kept.exists() else {}
    with tempfile.TemporaryDirectory(prefix="bench-data-") as name:
        for part, measure in {"read": read, "steps": train, "many": many}.items():
            if part in args.only:
                say(part)
                load = os.getloadavg()[0]
                parts[part] = measure(args, pathlib.Path(name))
                parts[part]["when"] = f"{datetime.date.today()}, load {load:.1f} before and {os.getloadavg()[0]:.1f} after"
                kept.write_text(json.dumps(parts))
    text = report(parts)
    print(text)
    if args.write:
        (HERE / "results.md").write_text(text)


if __name__ == "__main__":
    main()
