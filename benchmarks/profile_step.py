"""Shows where the time of a dream step goes: layer by layer, forward and for the gradient, on this machine's device.

    python -m benchmarks.profile_step builtin                           # a case of engine.py
    python -m benchmarks.profile_step vgg16-bf16 --size 1280x720        # on an accelerator
    python -m benchmarks.profile_step vgg16-bf16 --operations 40        # the dearest compiled operations, too

JAX's profiler times every compiled operation of some dreams; the names of the layers (`jax.named_scope`) travel in the
compiled plan's metadata. A fused operation counts for the layer of its result. Beside a layer stands the share of the
machine's matrix rate that its multiplications reach. `no operation`: the part of the time in which the device waits for
the host, of dreams that are each begun one ahead and timed without the profiler. CUDA graphs are off. On a CPU some
operations run side by side, so that their times add up to more than the dream's.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

DREAMS = 5
# Scopes beside the layers' own, in the order of a step.
REST = ("windows", "pool", "prior", "update", "warp")
INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%?([\w.-]+) = .*metadata=\{.*?op_name=\"([^\"]+)\"")


def scopes(plans: Path) -> dict[tuple[str, str], str]:
    """The scope path of every compiled operation, by (module, operation), from the plans that XLA wrote."""
    found: dict[tuple[str, str], str] = {}
    for plan in plans.glob("*after_optimizations.txt"):
        module = plan.name.split(".")[1]
        for line in plan.read_text().splitlines():
            if match := INSTRUCTION.match(line):
                found.setdefault((module, match[1]), match[2])
    return found


def part(path: str, names: Iterable[str]) -> tuple[str, str]:
    """Of a scope path: the innermost of `names` in it, or its last word, and whether it is forward or gradient."""
    way = "gradient" if "transpose(" in path else "forward"
    words = re.findall(r"\w+", path)
    known = set(names)
    return next((word for word in reversed(words) if word in known), "other"), way


def timed(folder: Path) -> dict[tuple[str, str], float]:
    """Nanoseconds in every compiled operation, by (module, operation), of a profile."""
    from jax.profiler import ProfileData

    (profile,) = folder.rglob("*.xplane.pb")
    spent: dict[tuple[str, str], float] = defaultdict(float)
    for plane in ProfileData.from_file(str(profile)).planes:
        for line in plane.lines:
            for event in line.events:
                told = dict(event.stats)
                if "hlo_op" in told:
                    spent[str(told.get("hlo_module", "")), str(told["hlo_op"])] += event.duration_ns
                elif plane.name.startswith("/device:") and line.name.startswith("Stream"):
                    spent["", event.name] += event.duration_ns  # copies have no operation's name
    return spent


def main() -> None:
    """Profile one case and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="builtin")
    parser.add_argument("--size", default="640x360", metavar="WxH", help="the canvas (default 640x360)")
    parser.add_argument("--operations", type=int, default=0, metavar="N", help="also list the N dearest operations")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep profile and plans here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.keep or Path(made)
        plans = folder / "plans"
        # Operations recorded into a CUDA graph would bear no names.
        told = f"--xla_dump_to={plans} --xla_dump_hlo_as_text --xla_gpu_enable_command_buffer="
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {told}".strip()
        show(arguments, folder, plans)


def show(arguments: argparse.Namespace, folder: Path, plans: Path) -> None:
    """Make the dreams and print what was found; XLA must not have started before its flags are set."""
    import jax

    from benchmarks import engine
    from dreamstream.core.arguments import size_of
    from dreamstream.core.programme import split
    from dreamstream.networks import device

    device.GRAPHED.clear()

    make, mixture, dtype = engine.CASES[arguments.case]
    model, size = make(), size_of(arguments.size)
    dreamer = engine.ours(model, mixture, dtype, size)
    programme = split([model.classes[engine.WISH]])
    clock = iter(range(1, 10**9))

    dream = engine.ahead(dreamer, programme, clock)
    wall = engine.per_step(dream, 2.0)
    rate = engine.matrix_rate(dtype)
    options = jax.profiler.ProfileOptions()
    options.python_tracer_level = 0  # following every Python call would slow the dreams
    with jax.profiler.trace(str(folder / "trace"), profiler_options=options):
        for _ in range(DREAMS):
            dream()
    work = engine.layer_operations(model, mixture, size)
    names = [*work, *REST]
    known = scopes(plans)
    steps = DREAMS * engine.STEPS
    spent = timed(folder / "trace")
    table: dict[str, dict[str, float]] = {name: {"forward": 0.0, "gradient": 0.0} for name in [*names, "other"]}
    for key, nanoseconds in spent.items():
        name, way = part(known.get(key, ""), names)
        table[name][way] += nanoseconds / 1e6 / steps
    print(f"{arguments.case}, {arguments.size}, {dtype}, {jax.devices()[0].device_kind}; jax {jax.__version__}")
    print(f"matrix rate {rate / 1e12:.3g} TFLOP/s; {1000 * wall:.2f} ms per step\n")
    print(f"{'ms per step':<14}{'forward':>9}{'gradient':>9}{'of the matrix rate':>24}")
    for name, row in table.items():
        shares = [f"{work[name] / (ms / 1000) / rate:8.0%}" for ms in row.values() if ms] if name in work else []
        print(f"{name:<14}{row['forward']:9.3f}{row['gradient']:9.3f}{'':8}{''.join(shares)}")
    busy = sum(sum(row.values()) for row in table.values())
    print(f"{'all':<14}{busy:9.3f}\n{'no operation':<14}{1000 * wall - busy:9.3f}")
    for (module, name), nanoseconds in sorted(spent.items(), key=lambda item: -item[1])[: arguments.operations]:
        where = known.get((module, name), "")
        print(f"{nanoseconds / 1e6 / steps:8.3f} ms  {name:<34} {where[-100:]}")
    if arguments.json:
        found = {"case": arguments.case, "size": arguments.size, "device": jax.devices()[0].device_kind}
        figures = {"matrix rate": rate, "ms per step": 1000 * wall, "parts": table}
        arguments.json.write_text(json.dumps({**found, **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
