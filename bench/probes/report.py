"""The tables of probes.py in Markdown."""

import statistics

WHOLE = "all samples at once"  # a chunk of vmap

EVERY = 8  # steps of which one measures

# Name, bar by size, and whether a larger ratio is better.
BARS = {
    "fastest": ("speed of step + exact trace, against the fastest peer's", {"resnet": 1.8, "demo": 2.0}, True),
    "vmap": ("the same, against torch's vmap(grad)", {"resnet": 1.8, "demo": 2.0}, True),
    "exact": ("time of step + exact trace, against our own plain step", {"resnet": 1.1, "demo": 1.1}, False),
    "memory": (
        "peak extra memory of the exact trace (exact less step-eval), against vmap(grad)'s", {"resnet": 0.2, "demo": 0.2}, False,
    ),
    "peak": ("peak memory of a step with kernels, against one without", {"resnet": 1.1, "demo": 1.1}, False),
    "peak exact": ("the same of step + exact trace", {"resnet": 1.1, "demo": 1.1}, False),
    "step": ("speed of the plain step, against PyTorch's, eager, channels last", {"resnet": 1.0, "demo": 1.2}, True),
    "running": ("time of a step with the running probe every 8, against our own plain step", {"resnet": 1.08, "demo": 1.08}, False),
}


def page(head, parts):
    return "\n".join(["# A step with and without the exact Fisher trace, beside peers", "", *(line + "\n" for line in head), "\n\n".join(parts)]) + "\n"


def median(c, field):
    return statistics.median(getattr(c, field))


def spread(list_):
    """The 10 and the 90 % point."""
    if len(list_) < 2:
        return list_[0], list_[0]
    tenths = statistics.quantiles(list_, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def over(list_, above, below):
    """Ratio of medians in wall and processor time of two, by name and kind of step, that took turns in one group."""
    for a in list_:
        for b in list_:
            if (a.who, a.what) == above and (b.who, b.what) == below and a.group == b.group and a.seconds and b.seconds:
                how = f"{a.who} {a.what} / {b.who} {b.what}"
                return median(a, "seconds") / median(b, "seconds"), median(a, "cpu") / median(b, "cpu"), how
    return None


def extra(list_):
    """Peak of exact less peak of step-eval: ours, against vmap(grad)'s over the whole batch."""
    ran = {(c.who, c.what): c for c in list_ if not c.hole and c.group < 2}
    keys = ("ours", "exact"), ("ours", "step-eval"), ("torch vmap(grad)", "exact"), ("torch", "step-eval")
    if not all(k in ran for k in keys):
        return None
    exact, plain, vmap, eager = (ran[k] for k in keys)
    ours, theirs, chunked = exact.peak - plain.peak, vmap.whole - eager.peak, vmap.peak - eager.peak
    how = f"{ours:.0f} / {theirs:.0f} MiB, {WHOLE}" + (f"; {vmap.note}: {chunked:.0f} MiB" if vmap.note != WHOLE else "")
    return (ours / theirs, None, how) if theirs > 0 else None


def peaks(list_, what):
    """Peak of a kind of step with kernels, against that without."""
    ran = {(c.who, c.what): c for c in list_ if not c.hole and c.group < 2}
    on, off = ran.get(("ours", what)), ran.get(("ours without kernels", what))
    if not on or not off:
        return None
    return on.peak / off.peak, None, f"{on.peak:.0f} / {off.peak:.0f} MiB"


def ratios(list_):
    """By key of BARS: wall ratio, processor ratio or None, and what was divided by what; None where a part is missing."""
    exact, step, vmap = ("ours", "exact"), ("ours", "step"), ("torch vmap(grad)", "exact")
    rivals = [over(list_, (c.who, "exact"), exact) for c in list_ if c.what == "exact" and not c.who.startswith("ours")]
    return {
        "fastest": min((r for r in rivals if r), default=None),
        "vmap": over(list_, vmap, exact),
        "exact": over(list_, exact, step),
        "memory": extra(list_),
        "peak": peaks(list_, "step"),
        "peak exact": peaks(list_, "exact"),
        "step": over(list_, ("torch", "step"), step),
        "running": spaced(over(list_, ("ours", "running"), step)),
    }


def spaced(measuring):
    """The mean of EVERY steps of which one measures, by the ratio of that one to a plain step."""
    if measuring is None:
        return None
    wall, cpu, how = measuring
    return (EVERY - 1 + wall) / EVERY, (EVERY - 1 + cpu) / EVERY, f"{EVERY - 1}/{EVERY} + 1/{EVERY} of {how}"


def table(size, batch, rounds, list_, notes):
    """One size: the ratios, then what every contender needed."""
    lines = [f"## {size}, batch {batch}, {rounds} rounds", ""]
    lines += ["| ratio of medians | by processor time | bar | | what | |", "|---|---|---|---|---|---|"]
    found = ratios(list_)
    for key, (name, bars, larger) in BARS.items():
        bar = bars[size]
        sign = "≥" if larger else "≤"
        if found[key] is None:
            lines.append(f"| - | - | {sign} {bar} | not measured | {name} | |")
            continue
        wall, cpu, how = found[key]
        met = "met" if (wall >= bar if larger else wall <= bar) else "missed"
        lines.append(f"| **{wall:.2f}** | {'-' if cpu is None else f'{cpu:.2f}'} | {sign} {bar} | {met} | {name} | {how} |")
    lines += ["", "| what | who | ms, median | 10 to 90 % | processor ms | peak MiB, median | first step s | loss | audio | visual | group |"]
    lines.append("|---" * 11 + "|")
    order = {"step": 0, "step-eval": 1, "exact": 2, "running": 3}
    for c in sorted(list_, key=lambda c: (order[c.what], c.group)):
        who = f"{c.who}, {c.note}" if c.note else c.who
        if c.hole:
            lines.append(f"| {c.what} | {who} | hole: {c.hole.replace('|', '/')} | | | | | | | | |")
            continue
        low, high = spread(c.seconds)
        values = " | ".join(f"{c.values[k]:.6g}" if k in c.values else "" for k in ("loss", "audio", "visual"))
        lines.append(
            f"| {c.what} | {who} | {1000 * median(c, 'seconds'):.1f} | {1000 * low:.1f} to {1000 * high:.1f} | {1000 * median(c, 'cpu'):.1f} "
            f"| {c.peak:.0f} | {c.first:.1f} | {values} | {c.group} |"
        )
    lines += ["", *notes] if notes else []
    if len({c.group for c in list_ if c.group}) > 1:
        lines += ["", "Memory did not hold all at once: those of one group took turns, and each is compared with ours of its group."]
    return "\n".join(lines)
