"""What is claimed of splitbuild beside its peers, held against the record."""

from tables import OURS, pick, table


def least(rows, figure="wall"):
    """The least median of a figure, and whose it is."""
    rows = [row for row in rows if row.get(figure)]
    best = min(rows, key=lambda row: row[figure]["median"], default=None)
    return (best[figure]["median"], best["peer"]) if best else (None, None)


def parts(rows, ours=OURS):
    return [row for row in rows if row["peer"] == ours], [row for row in rows if row["peer"] != ours]


def below(what, value, most, beside=""):
    """A claim: what it is about, the figure, the most that it may be, and whether it holds."""
    if value is None:
        return [what, "–", f"{most}", "not measured"]
    return [what, f"{value:.2g}{beside}", f"{most}", "holds" if value <= most else "**does not hold**"]


def of_manifest(rows):
    far = pick(rows, delay=50)
    for access, most in (("bare", 3), ("token", 5)):
        mine = pick(far, peer=OURS, images=1, access=access)
        yield below(
            f"requests in sequence, {'no login' if access == 'bare' else 'token service'}",
            mine[0]["chain"] if mine else None,
            most,
        )
    mine, others = parts(pick(far, images=1, access="bare"))
    fastest, name = least(others)
    yield below(
        "one image, 50 ms: time, of the fastest peer's",
        fastest and mine[0]["wall"]["median"] / fastest,
        0.65,
        f" of {name}",
    )
    mine, others = parts(pick(far, images=20, access="bare", at_once=1))
    fastest, name = least(others)
    yield below(
        "twenty images, 50 ms: time, of the fastest peer's in sequence",
        fastest and mine[0]["wall"]["median"] / fastest,
        0.1,
        f" of {name}",
    )
    for figure, words in (("cpu", "processor"), ("memory", "memory")):
        ratios = []
        for access in dict.fromkeys(row["access"] for row in far):
            mine, others = parts(pick(far, images=1, access=access))
            fewest, name = least(others, figure)
            if fewest and mine[0][figure]:
                ratios.append((mine[0][figure]["median"] / fewest, f" of {name}"))
        yield below(f"one image, 50 ms: {words}, of the least of any peer, at worst", *_worst(ratios))


def _worst(ratios):
    value, beside = max(ratios, default=(None, ""))
    return value, 1, beside


def of_export(rows):
    mine, others = parts(rows, "splitbuild export -o x.tar")
    raw = [row for row in others if "curl" in row["peer"]]
    peers = [row for row in others if "curl" not in row["peer"] and not row["peer"].startswith("splitbuild")]
    fastest, name = least(peers)
    yield below(
        "export: time, of the fastest peer's", fastest and mine[0]["wall"]["median"] / fastest, 1, f" of {name}"
    )
    limit, _ = least(raw)
    yield below("export: time, of the raw limit with SHA-256", limit and mine[0]["wall"]["median"] / limit, 1.3)


def claims(record):
    """The table of all of them."""
    rows = []
    if "manifest" in record:
        rows += of_manifest(record["manifest"]["rows"])
    if "export" in record:
        rows += of_export(record["export"]["rows"])
    return table(["claim", "measured", "at most", ""], rows)
