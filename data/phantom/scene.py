"""Synthetic color pictures from which a colorizer can learn something: material, brightness and color go together.

Skies are smooth and blue, clouds bright and white, grass finely textured and green, sand bright and yellow, water
striped and teal, bricks red in gray mortar; fruit is smooth and shaded, and the brighter, the yellower.
"""

import cv2
import numpy as np


def render_scene(size: int, rng: np.random.Generator) -> np.ndarray:
    """Render a picture: a sky, a ground, and a few things on it.

    Returns:
        uint8 RGB (S, S, 3).
    """
    horizon = int(size * rng.uniform(0.25, 0.65))
    image = np.empty((size, size, 3), np.float32)
    image[:horizon] = _sky(size, rng)[:horizon]
    ground = (_grass, _sand, _water, _bricks)[rng.integers(4)]
    image[horizon:] = ground(size, rng)[horizon:]
    for _ in range(int(rng.integers(0, 4))):
        _add_tree(image, horizon, rng)
    for _ in range(int(rng.integers(1, 5))):
        _add_fruit(image, horizon, rng)
    light = rng.uniform(0.8, 1.1)
    shot = cv2.GaussianBlur(image * light, (0, 0), 0.6) + rng.normal(0, 2.0, image.shape)
    return np.clip(np.round(shot), 0, 255).astype(np.uint8)


def _noise(size: int, cells: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of about unit spread with `cells` spots per side, (S, S)."""
    return cv2.resize(
        rng.standard_normal((cells, cells)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )


def _tint(color: tuple[int, int, int], brightness: np.ndarray) -> np.ndarray:
    return np.array(color, np.float32) * brightness[..., None]


def _sky(size: int, rng: np.random.Generator) -> np.ndarray:
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    blue = (1 - down) * np.array([85, 140, 215], np.float32) + down * np.array([170, 205, 235], np.float32)
    cover = _noise(size, 5, rng) + 0.5 * _noise(size, 11, rng) - rng.uniform(0.0, 1.2)
    cloud = np.clip(cover, 0, 1)[..., None]
    return np.broadcast_to(blue, (size, size, 3)) * (1 - cloud) + 242 * cloud


def _grass(size: int, rng: np.random.Generator) -> np.ndarray:
    return _tint((85, 140, 50), 1 + 0.25 * _noise(size, size // 2, rng) + 0.12 * _noise(size, 8, rng))


def _sand(size: int, rng: np.random.Generator) -> np.ndarray:
    return _tint((215, 185, 130), 1 + 0.06 * _noise(size, size, rng) + 0.07 * _noise(size, 6, rng))


def _water(size: int, rng: np.random.Generator) -> np.ndarray:
    stripes = cv2.resize(
        rng.standard_normal((size // 4, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    return _tint((45, 115, 140), 1 + 0.22 * stripes)


def _bricks(size: int, rng: np.random.Generator) -> np.ndarray:
    height, width = size // 12, size // 6
    y, x = np.mgrid[0:size, 0:size]
    row = y // height
    joint = (y % height < max(1, size // 100)) | ((x + row % 2 * width // 2) % width < max(1, size // 100))
    brick = _tint((165, 80, 62), 1 + 0.10 * _noise(size, 24, rng))
    return np.where(joint[..., None], 185.0, brick)


def _add_tree(image: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    size = len(image)
    x, radius = rng.uniform(0, size), size * rng.uniform(0.08, 0.18)
    foot = horizon + rng.uniform(0, 0.15) * size
    trunk = int(max(2, radius / 5))
    cv2.rectangle(
        image, (int(x - trunk / 2), int(foot - 2 * radius)), (int(x + trunk / 2), int(foot)), (95, 65, 40), -1
    )
    leaves = _tint((55, 105, 45), 1 + 0.35 * _noise(size, size // 4, rng))
    crown = _disc(size, x, foot - 2.2 * radius, radius) + 0.25 * _noise(size, 20, rng) > 0.2
    crown &= _disc(size, x, foot - 2.2 * radius, 1.5 * radius) > 0
    image[crown] = leaves[crown]


def _add_fruit(image: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    size = len(image)
    radius = size * rng.uniform(0.05, 0.15)
    x, y = rng.uniform(0, size), rng.uniform(horizon, size)
    colors = ((90, 40, 95), (190, 40, 40), (230, 130, 40), (240, 210, 80))  # plum, apple, orange, lemon
    color = colors[rng.integers(4)]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    dx, dy = (columns - x) / radius, (rows - y) / radius
    height = np.sqrt(np.clip(1 - dx * dx - dy * dy, 0, 1))
    light = np.clip(0.35 + 0.75 * (0.65 * height - 0.45 * dx - 0.60 * dy), 0.15, 1.2)
    shine = 255 * np.clip(0.6 * height - 0.5 * dx - 0.6 * dy, 0, 1) ** 24
    inside = dx * dx + dy * dy < 1
    image[inside] = (_tint(color, light) + shine[..., None])[inside]


def _disc(size: int, x: float, y: float, radius: float) -> np.ndarray:
    """1 in the middle, 0 at the rim, negative outside, (S, S)."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    return 1 - np.hypot(columns - x, rows - y) / radius
