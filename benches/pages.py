"""What pages say of the record: blocks between markers, sentences with figures in them, and a picture.

A block begins with a line `<!-- NAME -->` and ends with `<!-- end of NAME -->`. A sentence is known by its words: what
stands where `{name}` stands here is a figure, and is replaced.
"""

import re

import claims
import picture
import tables
from ground import ROOT

PAGE, PICTURE = ROOT / "BENCHMARKS.md", ROOT / "docs/bench.svg"
MAKERS = {
    "manifest": tables.manifest,
    "wait": tables.wait,
    "export": tables.export,
    "copy": tables.copy,
    "gen": tables.gen,
}
# By page; line breaks count as blanks.
SENTENCES = {
    "BENCHMARKS.md": [
        "an index over two architectures, 50 ms away, takes {one} s, and {fastest} {one_fastest} s; "
        "twenty of them take {twenty} s, "
        "and {twenty_fastest} s with {fastest}, one after another",
    ],
    "README.md": ["twenty indexes take {twenty} s, and {twenty_fastest} s with {fastest}, the fastest peer"],
}


def blocks(record):
    """The text of every block that the record has something for."""
    made = {name: make(record[name]) for name, make in MAKERS.items() if name in record}
    return {**made, "claims": claims.claims(record)}


def figures(record):
    """The figures that sentences name."""
    found = {}
    rows = {name: part["rows"] for name, part in record.items()}
    for name, images in (("one", 1), ("twenty", 20)):
        every = tables.pick(rows.get("manifest", []), images=images, access="bare", delay=50, at_once=1)
        mine, others = claims.parts(every)
        fastest, peer = claims.least(others)
        if mine and fastest:
            found[name], found[f"{name}_fastest"] = tables.digits(mine[0]["wall"]["median"]), tables.digits(fastest)
            found["fastest"] = peer.split()[0]
    for row in sorted(rows.get("export", []), key=lambda row: row["wall"]["median"]):
        # The fastest way of each program.
        found.setdefault(f"export_{row['peer'].split()[0]}", tables.digits(row["wall"]["median"]))
    for row in tables.pick(rows.get("gen", []), peer="splitbuild gen"):
        found[f"gen_{row['provider']}_{row['images']}"] = tables.time({**row["wall"], "runs": 1})
    return found


def filled(name, text, record):
    """A page with its blocks and sentences as the record has them."""
    if name == PAGE.name:
        for block, content in blocks(record).items():
            first, last = f"<!-- {block} -->\n", f"<!-- end of {block} -->"
            before, _, rest = text.partition(first)
            if last not in rest:
                raise SystemExit(f"{name}: there are no lines `{first.strip()}` and `{last}`")
            text = f"{before}{first}\n{content}\n\n{last}{rest.partition(last)[2]}"
    for sentence in SENTENCES.get(name, []):
        words = re.split(r"\{(\w+)\}", sentence)
        gap = r"[\s>]+"
        pattern = "".join(
            gap.join(map(re.escape, part.split(" "))) if not at % 2 else r"(\S+(?: ms)?)"
            for at, part in enumerate(words)
        )
        found = re.search(pattern, text)
        if not found:
            raise SystemExit(f"{name}: nowhere stands: {sentence}")
        known = figures(record)
        for group, figure in reversed(list(enumerate(words[1::2], 1))):
            text = text[: found.start(group)] + known[figure] + text[found.end(group) :]
    return text


def wanted(record):
    """Every file that the record has a part in, and what it should hold."""
    for name in dict.fromkeys([PAGE.name, *SENTENCES]):
        yield ROOT / name, filled(name, (ROOT / name).read_text(), record)
    yield PICTURE, picture.draw(record)


def write(record):
    for file, text in wanted(record):
        file.write_text(text)


def differences(record):
    """What is to be done, in words; `None` if the pages are as the record has them."""
    stale = [
        str(file.relative_to(ROOT)) for file, text in wanted(record) if not file.exists() or file.read_text() != text
    ]
    return f"{', '.join(stale)}: not what benches/results.json says; `just bench --write` repairs it" if stale else None
