"""Our generator beside one of DeOldify's shape: time and memory by image side; and what `render_size` costs.

    OMP_NUM_THREADS=1 python -m benchmarks.colorizer
    OMP_NUM_THREADS=1 python -m benchmarks.colorizer --parts render --recipe work_dirs/tbx11k/recipe.py \
        --images datasets/tbx11k/images --render-sizes 256 384

Ours is the generator of `--config` (default: configs/colorize_gan/generator.py, the paper's sizes), the peer is
`benchmarks/deoldify_shape.py`; both have random weights and float32, and are given one gray image. "inference" is eval
mode without gradients, "training" is forward and backward. The parameters and floating-point operations of both are
printed first: the peer has wider layers, and most of the ratio comes from that.

Speed: a round times ours, then the peer; the ratio is the median over rounds, with the smallest and the largest.

Memory on a CPU: each point has a process of its own, which runs the pass once at 64 px (then libraries, weights and
gradients are there: "at rest") and once at its side; the value is the highest resident memory of the second pass above
"at rest". On a GPU it is `max_memory_allocated` above what is allocated at rest. The exponent is the slope of log
memory over log area: 1 is linear, 2 is the square of the number of pixels or the fourth power of the side. The
attention blocks alone are measured too, at 1/8 of the side as in the networks. A point that would take more than
`--limit` is not run: "needs" is computed from the attention matrix, "needs about" from the point before by area.

Render: `colorize(gray, render_size)` beside `colorize` at full size, see `benchmarks/render_size.py`.

The whole default run takes about eight minutes on one idle core.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.deoldify_shape import DeOldifyShape, FullSelfAttention
from benchmarks.render_size import compare_render_sizes
from colorize_gan.networks.self_attention import SelfAttention

CONFIG = Path(__file__).parents[1] / "configs/colorize_gan/generator.py"
NETWORKS = ("ours", "peer")
BLOCKS = ("our attention", "peer's attention")
PASSES = ("inference", "training")
PEER_CHANNELS = 768
STRIDE = 8
WARM_UP_SIDE = 64
GIB, MIB = 2**30, 2**20


def build(name: str, config: Path) -> nn.Module:
    """One of `NETWORKS` or `BLOCKS` with random weights."""
    generator = Config.fromfile(config).model.generator
    if name == "ours":
        return MODELS.build({**generator, "weights": None})
    if name == "peer":
        return DeOldifyShape()
    if name == "our attention":
        return SelfAttention(generator.decoder_channels[generator.attention_block])
    return FullSelfAttention(PEER_CHANNELS)


def example(network: nn.Module, side: int, device: torch.device) -> Tensor:
    """What a network, or an attention block inside it, gets for one image of this side."""
    if isinstance(network, SelfAttention | FullSelfAttention):
        return torch.rand(1, network.query.in_channels, side // STRIDE, side // STRIDE, device=device)
    return torch.rand(1, 1, side, side, device=device)


def run(network: nn.Module, inputs: Tensor, kind: str) -> None:
    """One pass; gradients gather in the parameters that have been made by the first."""
    network.train(kind == "training")
    if kind == "training":
        network(inputs).mean().backward()
    else:
        with torch.inference_mode():
            network(inputs)


def seconds(network: nn.Module, inputs: Tensor, kind: str) -> float:
    """Processor time on a CPU, elapsed time on a GPU."""
    clock = time.perf_counter if inputs.is_cuda else time.process_time
    start = clock()
    run(network, inputs, kind)
    if inputs.is_cuda:
        torch.cuda.synchronize()
    return clock() - start


def compare_speed(config: Path, sides: Sequence[int], rounds: int, device: torch.device) -> None:
    """Print size and time of both networks."""
    networks = {name: build(name, config).to(device) for name in NETWORKS}
    side = min(sides)
    for name, network in networks.items():
        inputs = example(network, side, device)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network.eval()(inputs)
        for kind in PASSES:
            run(network, inputs, kind)  # what the first call costs is not timed
        millions = sum(parameter.numel() for parameter in network.parameters()) / 1e6
        print(f"{name}: {millions:.1f} M parameters, {counter.get_total_flops() / 1e9:.0f} GFLOP forward at {side} px")
    print("\n| side, px | pass | ours, s | peer, s | peer / ours (smallest to largest) |\n|---|---|---|---|---|")
    for side in sides:
        for kind in PASSES:
            inputs = {name: example(network, side, device) for name, network in networks.items()}
            taken = np.array([[seconds(networks[n], inputs[n], kind) for n in NETWORKS] for _ in range(rounds)])
            ratios, (ours, peer) = taken[:, 1] / taken[:, 0], np.median(taken, axis=0)
            spread = f"{np.median(ratios):.1f} ({ratios.min():.1f} to {ratios.max():.1f})"
            print(f"| {side} | {kind} | {ours:.3f} | {peer:.3f} | {spread} |", flush=True)


def peak_on_cpu(config: Path, name: str, kind: str, side: int) -> tuple[int, int]:
    """Bytes at rest and peak bytes above that; for a fresh process."""
    torch.set_num_threads(1)
    network = build(name, config)
    device = torch.device("cpu")
    run(network, example(network, WARM_UP_SIDE, device), kind)
    at_rest = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    run(network, example(network, side, device), kind)
    return at_rest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - at_rest


def peak_on_gpu(config: Path, name: str, kind: str, side: int, device: torch.device) -> tuple[int, int]:
    """As `peak_on_cpu`, of PyTorch's allocator."""
    network = build(name, config).to(device)
    run(network, example(network, WARM_UP_SIDE, device), kind)
    torch.cuda.empty_cache()
    at_rest = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run(network, example(network, side, device), kind)
    return at_rest, torch.cuda.max_memory_allocated(device) - at_rest


def peak(config: Path, device: torch.device, name: str, kind: str, side: int) -> tuple[int, int]:
    """Bytes at rest and peak bytes above that, of one pass."""
    if device.type == "cuda":
        return peak_on_gpu(config, name, kind, side, device)
    context = get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.deoldify_shape", "benchmarks.render_size"])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(peak_on_cpu, config, name, kind, side).result()


def expected(name: str, side: int, measured: dict[int, int]) -> tuple[int, str]:
    """Bytes that a point needs at least, and how that is known."""
    matrix = 0 if name.startswith("our") else FullSelfAttention.matrix_bytes((side // STRIDE) ** 2)
    scaled = next((value * side**2 // other**2 for other, value in reversed(measured.items())), 0)
    return (matrix, "needs") if matrix >= scaled else (scaled, "needs about")


def measure_memory(sides: Sequence[int], limit: float, measure: Callable[..., tuple[int, int]], *case: str) -> None:
    """Print one line per side for a case (name, pass), and the exponent."""
    measured: dict[int, int] = {}
    head = f"| {' | '.join(case)} |"
    for side in sides:
        needed, how = expected(case[0], side, measured)
        if needed > limit:
            print(f"{head} {side} | not run, {how} {needed / GIB:.1f} GiB | | |", flush=True)
            continue
        at_rest, measured[side] = measure(*case, side)
        mib = measured[side] / MIB
        print(f"{head} {side} | {mib:.0f} | {mib * 1e6 / side**2:.0f} | {at_rest / MIB:.0f} |", flush=True)
    if len(measured) > 1:
        area, values = np.log([side**2 for side in measured]), np.log(np.maximum(list(measured.values()), 1))
        fitted, last = np.polyfit(area, values, 1)[0], (values[-1] - values[-2]) / (area[-1] - area[-2])
        print(f"{head} exponent | {fitted:.2f} | between the last two sides {last:.2f} | |", flush=True)


def compare_memory(config: Path, sides: Sequence[int], limit: float, device: torch.device) -> None:
    """Print the memory of both networks, and of their attention blocks also at twice the largest side."""
    measure = partial(peak, config, device)
    print("\n| network | pass | side, px | MiB | MiB a megapixel | at rest, MiB |\n|---|---|---|---|---|---|")
    for kind in PASSES:
        for name in NETWORKS:
            measure_memory(sides, limit, measure, name, kind)
    for name in BLOCKS:
        measure_memory([*sides, 2 * max(sides)], limit, measure, name, "inference")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=("speed", "memory", "render"),
        help="default: all; render needs --recipe and --images",
    )
    parser.add_argument("--config", type=Path, default=CONFIG, help="of our generator (default: the paper's sizes)")
    parser.add_argument("--speed-sides", type=int, nargs="+", default=[128, 192], metavar="PX")
    parser.add_argument("--rounds", type=int, default=3, help="of the speed comparison (default 3)")
    parser.add_argument(
        "--sides",
        type=int,
        nargs="+",
        default=[256, 384, 512, 768, 1024],
        metavar="PX",
        help="of the memory comparison, multiples of 32 (default 256 384 512 768 1024)",
    )
    parser.add_argument("--limit", type=float, default=6, metavar="GIB", help="memory of one point (default 6)")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"), help="cpu (default) or cuda")
    parser.add_argument("--recipe", type=Path, help="work_dirs/<name>/recipe.py with a trained colorizer")
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder with images for it")
    parser.add_argument("--render-sizes", type=int, nargs="+", default=[256, 384], metavar="PX")
    parser.add_argument("--num", type=int, default=20, help="images, evenly spaced in the folder (default 20)")
    args = parser.parse_args(argv)
    render = args.recipe is not None and args.images is not None
    if args.parts and "render" in args.parts and not render:
        parser.error("the part render needs --recipe and --images")
    args.parts = args.parts or ["speed", "memory", *(["render"] if render else [])]
    return args


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if "speed" in args.parts:
        compare_speed(args.config, args.speed_sides, args.rounds, args.device)
    if "memory" in args.parts:
        compare_memory(args.config, sorted(args.sides), args.limit * GIB, args.device)
    if "render" in args.parts:
        try:
            compare_render_sizes(args.recipe, args.images, args.render_sizes, args.num, args.device)
        except (ValueError, FileNotFoundError) as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
