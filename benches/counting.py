"""Requests and connections, counted and laid out in time."""

import datetime
import json
import time


def seconds(text):
    """Those since 1970 of a time as Go writes it, to the nanosecond."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


class Count:
    """The requests and connections of a place from now on."""

    def __init__(self, place):
        self.place = place
        self.sizes = [len(log) if isinstance(log, list) else log.stat().st_size for log in place.logs]
        self.opened = [len(each) for each in place.connections]

    @staticmethod
    def spans(log, size):
        """When every request came to its server, and when that was done with it."""
        if isinstance(log, list):
            yield from (tuple(map(float, line.split())) for line in log[size:])
            return
        requests = {}
        with log.open() as file:
            file.seek(size)
            for line in file:
                # What Go's own server has to say, of connections without a request, is no JSON.
                if not line.startswith("{"):
                    continue
                said = json.loads(line)
                if name := said.get("http.request.id"):
                    requests.setdefault(name, []).append(seconds(said["time"]))
        yield from ((times[0], times[-1]) for times in requests.values())

    def figures(self):
        """How many requests, how many of them one after another at the most, and how many connections."""
        # What the last process has said may still be under way.
        time.sleep(0.1 + self.place.delay / 1000)
        logs = zip(self.place.logs, self.sizes)
        spans = sorted((span for log, size in logs for span in self.spans(log, size)), key=lambda span: span[1])
        # For the client a request is longer by the way there and back; a fifth of that is left as room for the clocks.
        way, chain, last = 0.4 * self.place.delay / 1000, 0, 0.0
        for begin, end in spans:
            if begin - way >= last:
                chain, last = chain + 1, end + way
        opened = sum(len(each) - before for each, before in zip(self.place.connections, self.opened))
        return {"requests": len(spans), "chain": chain, "connections": opened}
