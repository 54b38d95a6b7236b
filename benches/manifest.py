"""Two architectures into one index: splitbuild beside its peers, one image, twenty and two hundred."""

import functools
import shutil
import sys

from counting import Count
from figures import spread, turns
from ground import ACCESS
from images import Registry, layer
from peers import ARCHITECTURES, PEERS, version
from processes import Failed, memory, run

OURS, FAR = "splitbuild manifest", 50


class Measurement:
    """The rows of one run; `rounds` and `most` say how many images and how often."""

    def __init__(self, ground, is_quick):
        self.ground, self.rows, self.failures, self.is_quick = ground, [], [], is_quick
        self.accesses = ("bare", "token") if is_quick else tuple(ACCESS)
        self.most = 20 if is_quick else 200
        near = ground.place("bare", 0)
        self.versions = {name: version(command, near.environment) for name, (_, command) in PEERS.items()}
        self.found = {name: commands for name, (commands, _) in PEERS.items() if self.versions[name]}
        self.names = [f"bench/app{number}" for number in range(self.most)]
        registry, layers = Registry(int(near.host.rpartition(":")[2])), [layer(0, 20_000)]
        for name in self.names:
            for architecture in ARCHITECTURES:
                registry.image(name, f"v1-{architecture}", architecture, layers)

    def tag(self, name):
        """Where the registry keeps the tag that is published."""
        return self.ground.storage / "docker/registry/v2/repositories" / name / "_manifests/tags/v1"

    def publish(self, peer, place, images, act):
        """Has a peer publish so many targets, none of which is there before and all of which are afterwards."""
        names = self.names[:images]
        for name in names:
            shutil.rmtree(self.tag(name), ignore_errors=True)
        result = act(self.found[peer](place, [f"{place.host}/{name}:v1" for name in names]), place.environment)
        missing = [name for name in names if not (self.tag(name) / "current/link").exists()]
        if missing:
            sys.exit(f"{peer} has not published {missing}")
        return result

    def counted(self, access, images=1, peers=None):
        """What every peer asks, and what it holds in memory, in runs that are not timed."""
        place, rows = self.ground.place(access, FAR, counts=True), {}
        for peer in peers or self.found:
            try:
                self.publish(peer, place, images, run)
            except Failed as failed:
                if peer == OURS:
                    raise
                says = failed.reason.replace(place.host, "HOST")
                self.failures.append({"peer": peer, "access": access, "says": says})
                continue
            held, counts = [], []
            for _ in range(3):
                count = Count(place)
                held.append(self.publish(peer, place, images, memory))
                counts.append(count.figures())
            # What a busy machine holds up looks as if it had waited for something else.
            rows[peer] = min(counts, key=lambda one: one["chain"]) | {"memory": spread(held)}
        return rows

    def timed(self, access, delay, images, rounds, ways, counts):
        """Rows of peers that take turns; `ways` are (peer, how many at once)."""
        place, taken = self.ground.place(access, delay), {way: [] for way in ways}
        for peer, at_once in turns(ways, rounds):
            act = functools.partial(run, at_once=at_once)
            taken[peer, at_once].append(self.publish(peer, place, images, act))
        for (peer, at_once), runs in taken.items():
            row = {
                "peer": peer,
                "access": access,
                "delay": delay,
                "images": images,
                "at_once": at_once,
                "wall": spread([one.wall for one in runs]),
                "cpu": spread([one.cpu for one in runs]),
            }
            self.rows.append(row | counts.get(peer, {}))
            print(
                f"  {access}, {delay} ms, {images}: {peer}"
                f"{f', {at_once} at once' if at_once > 1 else ''}: {row['wall']['median']:.3g} s",
                file=sys.stderr,
                flush=True,
            )

    def fastest(self):
        """The fastest peer for one image without a login, far away."""
        walls = {
            row["peer"]: row["wall"]["median"]
            for row in self.rows
            if row["peer"] != OURS and (row["access"], row["delay"], row["images"]) == ("bare", FAR, 1)
        }
        return min(walls, key=walls.get, default=None)

    def all(self):
        rounds = 2 if self.is_quick else 5
        for access in self.accesses:
            counts = self.counted(access)
            for delay in (FAR,) if self.is_quick else (0, FAR):
                self.timed(access, delay, 1, rounds, [(peer, 1) for peer in counts], counts)
        fastest = self.fastest()
        rivals = [(fastest, 1), (fastest, 20)] if fastest else []
        for access in self.accesses:
            counts = self.counted(access, 20, [OURS])
            self.timed(access, FAR, 20, 1 if self.is_quick else 3, [(OURS, 1), *rivals], counts)
        if not self.is_quick:
            # One after another is what a pipeline without us does; the others than the fastest are here only.
            able = {row["peer"] for row in self.rows if row["access"] == "bare"}
            others = [(peer, 1) for peer in self.found if peer in able - {OURS, fastest}]
            self.timed("bare", FAR, 20, 1, others, {})
            for access in self.accesses:
                counts = self.counted(access, 200, [OURS])
                self.timed(access, FAR, 200, 2, [(OURS, 1), *rivals[1:]], counts)


def measure(ground, is_quick):
    """The rows, the versions of the programs, of which those that are missing have none, and who failed at what."""
    measurement = Measurement(ground, is_quick)
    measurement.all()
    return measurement.rows, measurement.versions, {"failures": measurement.failures}
