"""How fast is the server of `flask tls run` beside others? Alternating runs.

    python benchmarks/server.py [--rounds 12] [--only tls,node] [--curves FILE.svg]

All serve the same answers with the same P-256 pair, but for two that show what
people have today. Each round measures every server once, in an order that changes;
printed are medians and the median of the ratios within a round.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import clients
from curves import draw
from curves import Plot
from road import Machine
from servers import Running
from servers import Servers

Samples = dict[str, dict[str, list[float]]]


def sample(running: Running) -> dict[str, list[float]]:
    """One round of everything, in milliseconds, or requests a second."""
    port = running.port
    known = clients.session(port)
    return {
        "handshake": timed(10, lambda: clients.handshake(port)),
        "new GET": timed(10, lambda: clients.new_get(port)),
        "resumed GET": timed(10, lambda: clients.resumed_get(port, known)),
        "page cold": timed(4, lambda: clients.page(port, None)),
        "page warm": timed(4, lambda: clients.page(port, known)),
        **busy(running),
        "memory MiB": [running.memory],
    }


def busy(running: Running, seconds: float = 0.5) -> dict[str, list[float]]:
    """GETs on four connections that stay, and what each costs the server."""
    before = running.cpu
    rate = clients.requests_per_second(running.port, seconds)
    spent = running.cpu - before
    return {"requests/s": [rate], "CPU ms/GET": [spent * 1000 / (rate * seconds)]}


def timed(count: int, action: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def measure(servers: Servers, names: list[str], rounds: int) -> list[Samples]:
    """Each server's samples, round by round."""
    found = []
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(servers.running(name)) for name in names}
        for _ in range(rounds):
            order = random.sample(names, len(names))
            found.append({name: sample(running[name]) for name in order})
    return found


def start_up(servers: Servers, names: list[str], rounds: int) -> list[Samples]:
    found = []
    for _ in range(rounds):
        samples = {}
        for name in random.sample(names, len(names)):
            with servers.running(name) as running:
                samples[name] = {"start-up": [running.start * 1000]}
        found.append(samples)
    return found


def report(rounds: list[Samples], names: list[str], base: str) -> None:
    kinds = rounds[0][names[0]]
    for kind in kinds:
        print(f"\n{kind}")
        for name in names:
            values = [value for each in rounds for value in each[name][kind]]
            ratio = statistics.median(
                statistics.median(each[name][kind])
                / statistics.median(each[base][kind])
                for each in rounds
            )
            late = statistics.quantiles(values, n=100)[98] if len(values) > 1 else 0
            print(
                f"  {name:<14} p50 {statistics.median(values):9.2f}"
                f"   p99 {late:9.2f}   {ratio:6.2f}x {base}"
            )


NAMES = (1, 10, 100, 300, 1000)
HELD = (1, 10, 50, 100, 200, 300)


def curve_of_names(servers: Servers) -> list[tuple[float, float]]:
    """Milliseconds of a GET on a new connection, by the names that are served."""
    points: list[tuple[float, float]] = []
    for count in NAMES:
        with servers.running("tls", names=count) as running:
            points.append((count, best(running.port)))
    return points


def curve_of_connections(servers: Servers) -> list[tuple[float, float]]:
    """The same, by the connections that are held open meanwhile."""
    points: list[tuple[float, float]] = []
    with servers.running("tls") as running, contextlib.ExitStack() as stack:
        held = 0
        for count in HELD:
            for _ in range(count - held):
                stack.enter_context(clients.connected(running.port)).get()
            held = count
            points.append((count, best(running.port)))
    return points


def best(port: int) -> float:
    """The best of ten medians: what it takes when the machine does nothing else."""
    return min(
        statistics.median(timed(20, lambda: clients.new_get(port))) for _ in range(10)
    )


def draw_curves(servers: Servers) -> str:
    plots = [
        Plot("by names", "names that the pair has", curve_of_names(servers)),
        Plot("by connections", "connections held open", curve_of_connections(servers)),
    ]
    return draw(
        plots,
        "Milliseconds of a GET on a new connection",
        " ".join(
            f"{plot.title}: "
            + ", ".join(f"{x:g}: {value:.1f} ms" for x, value in plot.points)
            + "."
            for plot in plots
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--only", default="")
    parser.add_argument("--base", default="flask-rsa4096")
    parser.add_argument("--curves", type=Path)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        servers = Servers(machine)

        if options.curves:
            options.curves.write_text(draw_curves(servers))
            return

        names = options.only.split(",") if options.only else [*servers.commands(1)]
        base = options.base if options.base in names else names[0]
        report(measure(servers, names, options.rounds), names, base)
        report(start_up(servers, names, max(1, options.rounds // 2)), names, base)


if __name__ == "__main__":
    main()
