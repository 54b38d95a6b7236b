"""docs/bench.svg: bars of the record's medians, for people who look before they read; light and dark."""

from xml.sax.saxutils import escape, quoteattr

from tables import OURS, digits, pick

WIDTH, LEFT, RIGHT, ROW, BAR = 620, 254, 68, 25, 15
STYLE = """
text { font-family: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  fill: #1f2328; font-size: 14px; }
.title { font-size: 16px; font-weight: 600; }
.note { font-size: 13px; fill: #59636e; }
.name { text-anchor: end; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.bar { fill: #a9b6c4; }
.ours .bar { fill: #bc4c00; }
.ours text { fill: #953800; font-weight: 600; }
.limit .bar { fill: none; stroke: #7b8590; stroke-dasharray: 3 2; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.note { fill: #9198a1; }
.page { fill: #0d1117; stroke: #3d444d; }
.bar { fill: #5b6673; }
.ours .bar { fill: #f0883e; }
.ours text { fill: #f0a56b; }
.limit .bar { stroke: #9198a1; }
}
"""


class Panel:
    """A title, a line below it, and bars: (name, value, what stands beside it, class)."""

    def __init__(self, title, note, bars):
        self.title, self.note, self.bars = title, note, bars
        self.height = 62 + ROW * len(bars)

    def draw(self, top):
        yield f'<text class="title" x="20" y="{top + 26}">{escape(self.title)}</text>'
        yield f'<text class="note" x="20" y="{top + 45}">{escape(self.note)}</text>'
        most = max(value for _, value, _, _ in self.bars)
        for at, (name, value, beside, kind) in enumerate(self.bars):
            y = top + 58 + at * ROW
            width = max(2, value / most * (WIDTH - LEFT - RIGHT))
            yield f"<g class={quoteattr(kind)}>"
            yield f'<text class="name" x="{LEFT - 10}" y="{y + 13}">{escape(name)}</text>'
            yield f'<rect class="bar" x="{LEFT}" y="{y + 1}" width="{width:.1f}" height="{BAR}" rx="2"/>'
            yield f'<text x="{LEFT + width + 6:.1f}" y="{y + 13}">{escape(beside)}</text>'
            yield "</g>"


def short(row):
    """What a row is called beside its bar."""
    words = (
        row["peer"]
        .split(",")[0]
        .split(" (")[0]
        .split(" create")[0]
        .removesuffix(" push from-args")
        .removesuffix(":x.tar")
    )
    return words + (f", {row['at_once']} at once" if row.get("at_once", 1) > 1 else "")


def bars(rows, ours):
    rows = sorted(rows, key=lambda row: row["wall"]["median"])
    return [
        (
            short(row),
            row["wall"]["median"],
            f"{digits(row['wall']['median'])} s",
            "ours" if row["peer"].startswith(ours) else "limit" if "curl" in row["peer"] else "peer",
        )
        for row in rows
    ]


def panels(record):
    if "manifest" in record:
        far = pick(record["manifest"]["rows"], access="bare", delay=50)
        yield Panel(
            "One index over two architectures", "the registry 50 ms away, seconds", bars(pick(far, images=1), OURS)
        )
        if many := pick(far, images=20):
            yield Panel(
                "Twenty of them", "one call of ours; the others one after another, or as named", bars(many, OURS)
            )
    if "export" in record:
        yield Panel(
            f"An image of {record['export']['megabytes']:,} MB into a tarball",
            "seconds; dashed: the raw limit, with SHA-256",
            bars(record["export"]["rows"], "splitbuild"),
        )
    if "gen" in record:
        # With fewer it is the start of the programs that is measured.
        rows = [row for row in pick(record["gen"]["rows"], provider="circleci") if row["images"] >= 100]
        yield Panel(
            "A CircleCI configuration",
            "milliseconds for each image; with ours, it is checked, too",
            [each_image(row) for row in rows],
        )


def each_image(row):
    """A bar of the milliseconds for each image."""
    value, name = row["wall"]["median"] / row["images"] * 1000, row["peer"].removesuffix(" gen")
    kind = "ours" if name == "splitbuild" else "peer"
    return f"{row['images']:,} images, {name}", value, f"{digits(value)} ms", kind


def draw(record):
    lines, top = [], 4
    for panel in panels(record):
        lines += panel.draw(top)
        top += panel.height
    height = top + 14
    said = [
        f"{name} {beside}"
        for panel in panels(record)
        for name, _, beside, _ in [(panel.title + ":", 0, "", ""), *panel.bars]
    ]
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
                ' aria-labelledby="bench-title bench-text">',
                '<title id="bench-title">splitbuild beside its peers</title>',
                f'<desc id="bench-text">{escape(", ".join(said))}</desc>',
                f"<style>{STYLE}</style>",
                f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
                *lines,
                "</svg>",
            ]
        )
        + "\n"
    )
