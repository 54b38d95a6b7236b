"""The tables of BENCHMARKS.md, made of the record."""

from ground import ACCESS

OURS = "splitbuild manifest"
MISSING = "not found on PATH"


def table(head, rows):
    """Markdown; the first column is text and the others are cells."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def digits(value):
    """A figure in two or three digits: what no run repeats is left out."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def time(figures):
    """Seconds, the median and what it was between; milliseconds below a tenth of a second."""
    if not figures:
        return "–"
    low, middle, high = (figures[name] for name in ("min", "median", "max"))
    unit, times = ("s", 1) if middle >= 0.1 else ("ms", 1000)
    spread = f" ({digits(low * times)}–{digits(high * times)})" if figures["runs"] > 1 else ""
    return f"{digits(middle * times)} {unit}{spread}"


def held(figures):
    return f"{figures['median']:.0f} MiB" if figures else "–"


def times(value, unit):
    """How many times as much it is."""
    ratio = value["median"] / unit["median"]
    return f"{ratio:.0f} ×" if ratio >= 10 else f"{ratio:.1f} ×"


def machine(part):
    """The sentence that says where and how a part was measured."""
    it = part["machine"]
    hashing = "with" if it["instructions for SHA-256"] else "without"
    files = "in memory" if it["files"] == "tmpfs" else "on a disk"
    names = {"docker buildx imagetools create": "buildx"}
    told = {names.get(name, name.split()[0]): version for name, version in part["versions"].items() if version}
    versions = ", ".join(f"{name} {version}" for name, version in told.items())
    return (
        f"Measured {part['date']} with `{part['command']}`: {it['processor']}, {it['cores']} cores, {hashing} "
        f"instructions for SHA-256, {it['kernel']}, files {files}, load before {it['load before']}. {versions}."
    )


def pick(rows, **what):
    return [row for row in rows if all(row.get(name) == value for name, value in what.items())]


def missing(part, rows, width):
    """A row for each program that was not there."""
    return rows + [
        [name, MISSING] + [""] * (width - 2) for name, version in part["versions"].items() if version is None
    ]


def one(part):
    """One image: near and far, and what it takes."""
    rows, head = (
        [],
        [
            "one image, no login",
            "near",
            "50 ms away",
            "",
            "processor",
            "memory",
            "requests",
            "in sequence",
            "connections",
        ],
    )
    far = pick(part["rows"], images=1, access="bare", delay=50)
    unit = pick(far, peer=OURS)[0]["wall"]
    for row in sorted(far, key=lambda row: row["wall"]["median"]):
        near = pick(part["rows"], images=1, access="bare", delay=0, peer=row["peer"])
        rows.append(
            [
                f"`{row['peer']}`",
                time(near[0]["wall"]) if near else "–",
                time(row["wall"]),
                times(row["wall"], unit),
                time({**row["cpu"], "runs": 1}),
                held(row["memory"]),
                row["requests"],
                row["chain"],
                row["connections"],
            ]
        )
    return table(head, missing(part, rows, len(head)))


def access(part):
    """One image, far away, behind every kind of access: seconds, and requests in sequence."""
    kinds = [kind for kind in ACCESS if pick(part["rows"], images=1, access=kind, delay=50)]
    rows = []
    for first in sorted(pick(part["rows"], images=1, access="bare", delay=50), key=lambda row: row["wall"]["median"]):
        cells = [pick(part["rows"], images=1, access=kind, delay=50, peer=first["peer"]) for kind in kinds]
        rows.append(
            [f"`{first['peer']}`"]
            + [f"{time(cell[0]['wall'])}, {cell[0]['chain']}" if cell else "fails" for cell in cells]
        )
    made = table(["one image, 50 ms away: time, requests in sequence", *(ACCESS[kind] for kind in kinds)], rows)
    said = [f"`{one['peer']}` fails with {ACCESS[one['access']]}: {one['says']}" for one in part["failures"]]
    return "\n\n".join([made, *said])


def many(part):
    """Twenty and two hundred images, far away."""
    far = [row for row in part["rows"] if row["images"] > 1 and row["delay"] == 50]
    columns = list(dict.fromkeys((row["images"], row["access"]) for row in far))
    ways = dict.fromkeys((row["peer"], row["at_once"]) for row in far)
    rows = []
    for peer, at_once in ways:
        cells = [pick(far, images=images, access=kind, peer=peer, at_once=at_once) for images, kind in columns]
        how = "one call" if peer == OURS else f"{at_once} at once" if at_once > 1 else "one after another"
        rows.append([f"`{peer}`, {how}", *(time(cell[0]["wall"]) if cell else "–" for cell in cells)])
    return table(["50 ms away", *(f"{images} images, {ACCESS[kind]}" for images, kind in columns)], rows)


def manifest(part):
    ours = pick(part["rows"], peer=OURS, images=1, delay=50)
    chains = {row["access"]: row["chain"] for row in ours}
    trips = ", ".join(f"{chain} with {ACCESS[kind]}" for kind, chain in chains.items())
    return "\n\n".join(
        [
            "Two architectures into one index. A connection costs a round trip, as everywhere; in sequence is the "
            f"longest chain of requests that wait for each other, which distance multiplies: ours are {trips}. "
            "Medians, and in brackets the least and the greatest.",
            one(part),
            access(part),
            many(part),
            machine(part),
        ]
    )


def moved(part, rows, what):
    """Rows of image data: seconds, and how many times the first one's."""
    unit = rows[0]["wall"]
    cells = [
        [
            f"`{row['peer']}`" if "×" not in row["peer"] else row["peer"],
            time(row["wall"]),
            times(row["wall"], unit),
            time({**row["cpu"], "runs": 1}),
            held(row["memory"]),
            f"{row['size'] / 1e6:,.0f} MB" if row["size"] else "–",
        ]
        for row in sorted(rows, key=lambda row: row["wall"]["median"])
    ]
    head = [what, "time", "", "processor", "memory", "made"]
    return table(head, missing(part, cells, len(head)))


def wait(part):
    """What one image waits for, beyond the time of the round trips themselves."""
    rows, ours, theirs = [], 0.0, 0.0
    for row in part["rows"]:
        trips, beyond = row["round_trips"], row["wall"]["median"] - row["round_trips"] * row["delay"] / 1000
        ours, theirs = (ours, theirs + beyond) if trips else (ours + beyond, theirs)
        rows.append([row["step"], trips or "", f"{beyond * 1000:.1f} ms"])
    rows.append(["all", sum(row["round_trips"] for row in part["rows"]), f"{(ours + theirs) * 1000:.1f} ms"])
    return "\n\n".join(
        [
            table(["one image, 50 ms away", "round trips", "beyond them"], rows),
            f"So {ours * 1000:.1f} ms are ours, and {theirs * 1000:.1f} ms the relay's and the registry's. Medians; "
            "what strace itself takes is in them.",
            machine(part),
        ]
    )


def export(part):
    return "\n\n".join(
        [
            f"An image of {part['megabytes']:,} MB in five layers, {part['compressed']} MB compressed, from a registry "
            "on the same machine. The raw limit is curl for all layers at once, each to a file and OpenSSL's SHA-256.",
            moved(part, part["rows"], "into a tarball"),
            machine(part),
        ]
    )


def copy(part):
    places = {
        "registry": "to another registry",
        "repository": "within the registry",
        "folder": "into a folder (OCI layout)",
    }
    tables = [
        moved({**part, "versions": {}}, pick(part["rows"], where=where), words) for where, words in places.items()
    ]
    absent = [name for name, version in part["versions"].items() if version is None]
    return "\n\n".join(
        ["The same image.", *tables, *([f"Not found on PATH: {', '.join(absent)}."] if absent else []), machine(part)]
    )


def both(row):
    """Time by the clock, and of the processor."""
    return f"{time(row['wall'])}, {time({**row['cpu'], 'runs': 1})}"


def gen(part):
    providers = {"circleci": "CircleCI", "gitlab": "GitLab", "github": "GitHub Actions"}
    ours, rows, weights = pick(part["rows"], peer="splitbuild gen"), [], []
    sizes = list(dict.fromkeys(row["images"] for row in part["rows"]))
    for size in sizes:
        cells = [pick(ours, images=size, provider=provider)[0] for provider in providers]
        rival = pick(part["rows"], images=size, peer="jrsonnet")
        largest = max((cell["memory"]["median"] for cell in cells if cell["memory"]), default=None)
        rows.append(
            [
                f"{size:,}",
                *(both(cell) + "*" * cell["refused"] for cell in cells),
                held(largest and {"median": largest}),
                both(rival[0]) if rival else "–",
            ]
        )
        weights.append(
            [
                f"{size:,}",
                *(
                    f"{cell['bytes'] / size / 1000:.1f} kB, {cell['lines'] / size:.0f} lines"
                    if "bytes" in cell
                    else "refused"
                    for cell in cells
                ),
            ]
        )
    absent = [name for name, version in part["versions"].items() if version is None]
    return "\n\n".join(
        [
            "Every image has two platforms, three arguments and a parent, and is in two workflows. jrsonnet "
            "makes the same jobs for CircleCI of `benches/gen.jsonnet`, and checks nothing.",
            table(["images: time, processor", *providers.values(), "memory, at most", "CircleCI with jrsonnet"], rows),
            "\\* Made and checked, and then refused: it is more than the provider takes.",
            table(["written per image", *providers.values()], weights),
            *([f"Not found: {', '.join(absent)}; `pip install rjsonnet` brings it."] if absent else []),
            machine(part),
        ]
    )
