"""Synthetic frontal chest radiographs with lung opacities and their exact boxes.

An image is the logarithm of what passes through a body: the attenuations of `data.phantom.body` and of the lesions are
added up, blurred, made noisy and put through an exposure curve.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from data.errors import UserError
from data.phantom import body
from data.phantom.body import Anatomy, edge

PixelBox = tuple[int, int, int, int]
"""x, y of the upper left pixel, width, height."""

MIN_LESION_LEVEL = 0.25
"""A lesion's box bounds the pixels where it adds at least this fraction of its own maximum."""


@dataclass(frozen=True)
class Radiograph:
    """A rendered image.

    Attributes:
        image: float32 (S, S) in [0, 1]; 1 is white (dense).
        boxes: one for each lesion.
        has_device: whether wires lie on the chest.
    """

    image: np.ndarray
    boxes: list[PixelBox]
    has_device: bool


def render(
    anatomy: Anatomy, num_lesions: int, size: int, rng: np.random.Generator, lesion_contrast: float = 1.0
) -> Radiograph:
    """Render one image of a patient: pose, lesions, exposure and noise are drawn from `rng`.

    Args:
        num_lesions: opacities to place; fewer come out where the lungs have no more room.
        size: side S in pixels, at least 64.
        lesion_contrast: what lesions add to the density is multiplied by this; less is harder to see.

    Raises:
        UserError: `size` below 64.
    """
    if size < 64:
        raise UserError(f"a radiograph needs at least 64 pixels per side, got {size}")
    u, v = _pose(size, rng)
    heart = body.heart_and_vessels(anatomy, u, v)
    lungs = body.lungs(anatomy, u, v) * (1 - heart)
    density = body.soft_tissue(anatomy, u, v) - 0.44 * lungs + 0.04 * heart
    density += body.hila_and_airways(anatomy, u, v, lungs) + body.bones(anatomy, u, v)
    density += lungs * body.lung_texture(anatomy, u, v)
    boxes: list[PixelBox] = []
    for _ in range(num_lesions):
        lesion = _lesion(lungs, boxes, rng)
        if lesion is not None:
            density += lesion_contrast * lesion[0]
            boxes.append(lesion[1])
    has_device = bool(rng.random() < 0.2)
    if has_device:
        density += 0.25 * _wires(size, rng)
    return Radiograph(_expose(density, rng), boxes, has_device)


def _pose(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Body coordinates (u, v) of each pixel, float32 (S, S): the patient's size, place and a slight turn."""
    scale, angle = rng.uniform(0.93, 1.10), np.deg2rad(rng.normal(0, 2.0))
    shift_u, shift_v = rng.normal(0, 0.035), rng.normal(0, 0.02)
    grid = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = 2 * grid[None, :] - 1, 2 * grid[:, None] - 1
    u = scale * (np.cos(angle) * x + np.sin(angle) * y) + shift_u
    v = 0.5 + 0.5 * scale * (np.cos(angle) * y - np.sin(angle) * x) + shift_v
    return u.astype(np.float32), v.astype(np.float32)


def _lesion(lungs: np.ndarray, taken: list[PixelBox], rng: np.random.Generator) -> tuple[np.ndarray, PixelBox] | None:
    """A soft, uneven opacity inside the lungs and its box; None when no free place is found."""
    size = lungs.shape[0]
    rows, columns = np.nonzero(lungs > 0.9)
    if not len(rows):
        return None
    for _ in range(8):
        pick = rng.integers(len(rows))
        center = (columns[pick] + 0.5) / size, (rows[pick] + 0.5) / size
        profile = cv2.resize(_blob(center, rng), (size, size), interpolation=cv2.INTER_LINEAR) * lungs
        inside_y, inside_x = np.nonzero(profile >= MIN_LESION_LEVEL * profile.max())
        left, top = int(inside_x.min()), int(inside_y.min())
        box = (left, top, int(inside_x.max()) + 1 - left, int(inside_y.max()) + 1 - top)
        if min(box[2], box[3]) >= 0.09 * size and not any(_overlap(box, other) for other in taken):
            return rng.uniform(0.24, 0.46) * profile / profile.max(), box
    return None


def _blob(center: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """A soft, uneven, roughly elliptic spot, float32 (96, 96) over the unit square."""
    radii = np.clip(rng.lognormal(np.log(0.115), 0.30, 2), 0.055, 0.21)
    grid = (np.arange(96, dtype=np.float32) + 0.5) / 96
    dx, dy = (grid[None, :] - center[0]) / radii[0], (grid[:, None] - center[1]) / radii[1]
    around, waves = np.arctan2(dy, dx), rng.normal(0, 0.10, (3, 2))
    rim = 1 + sum(a * np.cos(n * around) + b * np.sin(n * around) for n, (a, b) in enumerate(waves, start=1))
    profile = edge(1 - np.hypot(dx, dy) / np.maximum(rim, 0.4), rng.uniform(0.18, 0.40))
    patches = cv2.resize(rng.standard_normal((12, 12)), (96, 96), interpolation=cv2.INTER_CUBIC)
    return (profile * np.clip(1 + 0.25 * patches, 0.4, 1.6)).astype(np.float32)


def _overlap(a: PixelBox, b: PixelBox) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _wires(size: int, rng: np.random.Generator) -> np.ndarray:
    """Electrode leads across the chest, [0, 1]."""
    canvas = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        points = rng.uniform((0.1, 0.25), (0.9, 0.95), (3, 2)) * size
        t = np.linspace(0, 1, 24)[:, None]
        curve = (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * points[1] + t**2 * points[2]
        cv2.polylines(canvas, [np.round(curve * 16).astype(np.int32)], False, 200, 1, cv2.LINE_AA, shift=4)
        cv2.circle(canvas, tuple(int(c) for c in curve[-1]), max(2, size // 64), 255, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(canvas, (0, 0), size / 400).astype(np.float32) / 255


def _expose(density: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, quantum noise (more where less passes), and the exposure curve: float32 in [0, 1]."""
    size = density.shape[0]
    blurred = cv2.GaussianBlur(density.astype(np.float32), (0, 0), size * rng.uniform(0.0015, 0.004))
    scatter = cv2.GaussianBlur(cv2.resize(blurred, (64, 64), interpolation=cv2.INTER_AREA), (0, 0), 5)
    blurred = 0.8 * blurred + 0.2 * cv2.resize(scatter, (size, size), interpolation=cv2.INTER_LINEAR)
    noise = rng.standard_normal(density.shape, dtype=np.float32)
    noisy = blurred + rng.uniform(0.006, 0.016) * np.exp(0.7 * blurred) * noise
    low, high = np.quantile(np.asarray(noisy)[::8, ::8], (0.02, 0.985))
    low, high = low - rng.uniform(-0.05, 0.08), high + rng.uniform(-0.02, 0.12)
    gray = np.clip((noisy - low) / (high - low), 0, 1) ** rng.uniform(0.85, 1.3)
    return (gray * rng.uniform(0.86, 1.0)).astype(np.float32)
