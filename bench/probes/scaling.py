"""What our step and exact trace cost over the batch and over the width, with the straight lines through them."""

import contextlib
import json
import math
import statistics
import subprocess

import process

# Side of the inputs, batch while the width changes, width while the batch does, rounds. The ResNets see half of height and
# width, and over the batch have half the channels, so that 64 samples fit in memory with all the others. At a quarter their last
# stage has 2x2 positions, for which XLA's CPU backend takes a path ten times slower: that would be another figure.
NETS = {"demo": ("1", 64, 1.0, 20), "resnet": ("0.5", 8, 0.5, 5)}
BATCHES = 8, 16, 32, 64
WIDTHS = 0.25, 0.5, 0.75, 1.0
WHATS = "step", "exact"
WARM = 2  # rounds that do not count


def line(xs, ys):
    """Slope, intercept and R² of the straight line through points, and the slope between their logarithms."""
    slope, intercept = statistics.linear_regression(xs, ys)
    power, _ = statistics.linear_regression([math.log(x) for x in xs], [math.log(y) for y in ys])
    return slope, intercept, statistics.correlation(xs, ys) ** 2, power


def medians(folder, size, points, rounds):
    """Milliseconds by kind of step, for points of (batch, width): all take turns."""
    side = NETS[size][0]
    times = {what: [[] for _ in points] for what in WHATS}
    with contextlib.ExitStack() as stack:
        alive = []
        for i, (batch, width) in enumerate(points):
            file = folder / f"{size}-{batch}-{width}.safetensors"
            more = ["-width", str(width), "-side", side]
            process.make_data(file, size, batch, *more)
            for what in WHATS:
                command = [process.BINARY, "-what", what, "-size", size, "-file", file, *more]
                p = stack.enter_context(process.running(command))
                p.hear(process.PATIENCE)
                alive.append((times[what][i], p))
        for r in range(WARM + rounds):
            for kept, p in alive:
                seconds = p.go()["s"]
                if r >= WARM:
                    kept.append(1000 * seconds)
    return {what: [statistics.median(t) for t in list_] for what, list_ in times.items()}


def measure(folder, rounds, picture):
    """Markdown, and the picture."""
    lines = ["## Cost over batch and width", "", "| net | over | what | " + "at: median ms | slope ms | R² of the straight line | power |"]
    lines.append("|---" * 7 + "|")
    panels = []
    for size, (_, batch, width, usual) in NETS.items():
        for name, over, xs, points in (
            ("batch", "samples in a batch", BATCHES, [(b, width) for b in BATCHES]),
            ("width", "width of the nets", WIDTHS, [(batch, w) for w in WIDTHS]),
        ):
            process.say(f"scaling: {size} over {over}")
            found, series = medians(folder, size, points, rounds or usual), []
            for what, ys in found.items():
                slope, intercept, fit, power = line(xs, ys)
                at = ", ".join(f"{x:g}: {y:.1f}" for x, y in zip(xs, ys))
                lines.append(f"| {size} | {over} | {what} | {at} | {slope:.3g} | {fit:.4f} | {power:.2f} |")
                series.append(dict(Name=what, Run="measured", Modality=what, Points=[dict(X=x, Y=y) for x, y in zip(xs, ys)]))
                ends = [dict(X=x, Y=intercept + slope * x) for x in (xs[0], xs[-1])]
                series.append(dict(Name=f"{what}, line", Run="line", Modality=what, Points=ends))
            panels.append(dict(Title=f"{size}, over the {name}", XLabel=over, YLabel="time (ms)", Series=series))
    figure = dict(Title="Step, and step with exact trace, two cores", Panels=panels, Columns=2)
    command = [process.BINARY, "-what", "figure", "-file", picture]
    done = subprocess.run(command, input=json.dumps(figure), text=True, stderr=subprocess.PIPE)
    if done.returncode:
        process.fail(done.stderr.strip(), "the figure is drawn by package viz")
    lines += ["", *(f"{size}: inputs times {side}; width {width:g} over the batch, batch {batch} over the width."
                    for size, (side, batch, width, _) in NETS.items())]  # fmt: skip
    lines.append("Power is the slope between logarithms: convolutions between wide layers grow with the square of the width.")
    return "\n".join(lines)
