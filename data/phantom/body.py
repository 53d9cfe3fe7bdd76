"""The body of a synthetic chest radiograph: how much each tissue weakens the beam, as smooth functions of place.

Positions are in body units: u across, 0 at the spine, about +-1 at the arms, positive on the right of the image (the
patient's left); v down, 0 at the neck, 1 at the lower edge. All functions take and return float32 arrays of one shape.
Nothing here is anatomy to measure on; it is there to train and test the pipeline without data.
"""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Anatomy:
    """What makes a patient; drawn once per patient by `draw_anatomy`. Lengths in body units."""

    lung_width: float
    lung_height: float
    asymmetry: float
    diaphragm: float
    dome: float
    heart_width: float
    tissue: float
    rib_spacing: float
    rib_contrast: float
    rib_slope: float
    breast: float
    clavicle: float
    texture_seed: int

    @property
    def cardiomegaly(self) -> bool:
        """Whether the heart is wider than usual."""
        return self.heart_width > 0.34


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw a patient."""
    return Anatomy(
        lung_width=rng.uniform(0.29, 0.35),
        lung_height=rng.uniform(0.40, 0.46),
        asymmetry=rng.normal(0, 0.012),
        diaphragm=rng.uniform(0.80, 0.90),
        dome=rng.uniform(0.07, 0.12),
        heart_width=rng.uniform(0.37, 0.44) if rng.random() < 0.2 else rng.uniform(0.23, 0.31),
        tissue=rng.uniform(0.75, 1.2),
        rib_spacing=rng.uniform(0.085, 0.10),
        rib_contrast=rng.uniform(0.05, 0.09),
        rib_slope=rng.uniform(0.8, 1.2),
        breast=rng.uniform(0.04, 0.12) if rng.random() < 0.45 else 0.0,
        clavicle=rng.uniform(-0.025, 0.025),
        texture_seed=int(rng.integers(2**31)),
    )


def edge(distance: np.ndarray, softness: float) -> np.ndarray:
    """A soft step: 1 where `distance` is well above 0, 0 where well below."""
    t = np.clip(distance * (0.4 / softness) + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def bump(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-np.square(distance / width))


def band(distance: np.ndarray, half_width: float) -> np.ndarray:
    """A bone seen from the side: a flat band with brighter edges."""
    near = np.abs(distance) / half_width
    return edge(1 - near, 0.2) * (0.55 + 0.45 * np.minimum(near, 1) ** 2)


def soft_tissue(anatomy: Anatomy, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    side = np.abs(u)
    shoulder = 0.24 + 0.80 / (1 + np.exp(-(v - 0.115) / 0.028))
    trunk = 0.83 + 0.05 * np.cos(3 * (v - 0.5))
    outline = np.where(v < 0.30, shoulder, trunk + (shoulder - trunk) * np.exp(-np.square((v - 0.30) / 0.10)))
    inside = edge(outline - side, 0.015)
    thickness = np.sqrt(np.clip(1 - np.square(side / (outline + 0.02)), 0, 1)) * inside
    arm = edge(0.16 - np.abs(side - 1.04 - 0.12 * (v - 0.3)), 0.02) * edge(v - 0.22, 0.04)
    abdomen = edge(v - anatomy.diaphragm, 0.06)
    body = inside * 0.20 + anatomy.tissue * thickness * (0.42 + 0.14 * abdomen)
    breasts = np.exp(-np.square((side - 0.45) / 0.24) - np.square((v - 0.72) / 0.13)) * edge(0.86 - v, 0.015)
    return body + 0.30 * arm * (1 - inside) + anatomy.breast * breasts


def lungs(anatomy: Anatomy, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """How much of the depth is lung, [0, 1]."""
    lungs = np.zeros_like(u)
    for sign in (-1.0, 1.0):
        center = 0.43 + anatomy.asymmetry * sign
        across = (sign * u - center) / (anatomy.lung_width * (0.58 + 0.42 * edge(v - 0.30, 0.20)))
        across = across + 0.30 * edge(0.30 - v, 0.12)  # the apices lean inwards
        down = (v - 0.56) / anatomy.lung_height
        shape = 1 - np.abs(across) ** 2.4 - np.abs(down) ** 2.4
        base = anatomy.diaphragm + 0.02 * sign - anatomy.dome * (1 - np.square((sign * u - 0.40) / 0.36))
        lungs += edge(shape, 0.10) * edge(base - v, 0.010)
    return np.clip(lungs, 0, 1)


def heart_and_vessels(anatomy: Anatomy, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Where heart, aortic knob and great vessels stand instead of lung, [0, 1]."""
    width = anatomy.heart_width
    x, y = u - 0.08 - 0.3 * (width - 0.23), v - (anatomy.diaphragm - 0.14)
    heart = edge(1 - np.square((x - 0.55 * y) / (0.9 * width)) - np.square(y / 0.24), 0.13)
    vessels = edge(0.115 + 0.03 * np.abs(v - 0.4) - np.abs(u - 0.02), 0.025) * edge(v - 0.10, 0.05)
    knob = edge(1 - np.square((u - 0.12) / 0.085) - np.square((v - 0.33) / 0.055), 0.25)
    return np.maximum(heart, np.maximum(vessels, knob))


def hila_and_airways(anatomy: Anatomy, u: np.ndarray, v: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """Hila, trachea, and in some patients the stomach's air bubble."""
    hila = np.exp(-np.square((np.abs(u) - 0.19) / 0.06) - np.square((v - 0.47) / 0.07))
    trachea = edge(0.034 - np.abs(u + 0.01), 0.012) * edge(0.36 - v, 0.03)
    bubble = edge(1 - np.square((u - 0.36) / 0.13) - np.square((v - anatomy.diaphragm - 0.06) / 0.035), 0.3)
    bubble = bubble * float(anatomy.texture_seed % 2)
    return 0.10 * hila * lungs - 0.10 * trachea - 0.12 * bubble * (1 - lungs)


def bones(anatomy: Anatomy, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Spine, ribs, clavicles, humeri."""
    side = np.abs(u)
    spine = edge(0.065 - side, 0.012) * (0.75 + 0.25 * np.cos(2 * np.pi * v / 0.062)) * 0.09
    t = np.clip((side - 0.06) / 0.72, 0, 1.1)
    cage = edge(0.80 - 0.9 * np.square(np.clip(0.32 - v, 0, 1)) / 0.09 - side, 0.02) * edge(side - 0.07, 0.01)
    back = (v - 0.115 + anatomy.rib_slope * (0.055 * np.sin(2.6 * t) - 0.24 * t**3)) / anatomy.rib_spacing
    front = (v - 0.36 + anatomy.rib_slope * (0.22 * t**1.5 - 0.10)) / (1.25 * anatomy.rib_spacing)
    ribs = _rib_row(back, 0.22, 9) + 0.55 * _rib_row(front, 0.20, 5) * edge(t - 0.35, 0.08)
    wall = bump(side - 0.78 + 0.9 * np.square(np.clip(0.32 - v, 0, 1)) / 0.09, 0.02) * edge(0.95 - v, 0.05)
    s = np.clip((side - 0.06) / 0.78, 0, 1)
    clavicle = v - 0.215 - anatomy.clavicle + 0.05 * s + 0.02 * np.sin(2 * np.pi * s)
    clavicle = band(clavicle, 0.017) * edge(side - 0.07, 0.01) * edge(0.84 - side, 0.02)
    humerus = band(side - 1.0 - 0.15 * (v - 0.2), 0.05) * edge(v - 0.20, 0.03)
    bones = spine + anatomy.rib_contrast * (ribs * cage + 0.8 * wall * edge(v - 0.12, 0.03))
    return bones + 0.13 * clavicle + 0.20 * humerus


def _rib_row(phase: np.ndarray, half_width: float, count: int) -> np.ndarray:
    """Bands at phase 0.5, 1.5, ..., one per rib."""
    return band(phase - np.floor(phase) - 0.5, half_width) * edge(phase, 0.05) * edge(count - phase, 0.05)


def lung_texture(anatomy: Anatomy, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Vessels that branch out of the hila, and a fine mottle. Belongs to the patient and moves with the pose."""
    rng = np.random.default_rng(anatomy.texture_seed)
    canvas = np.zeros((192, 192), np.uint8)  # u in [-1, 1], v in [0, 1]
    for sign in (-1, 1):
        for angle in np.linspace(-1.2, 1.3, 8) + rng.normal(0, 0.12, 8):
            start = np.array([sign * rng.uniform(0.15, 0.20), rng.uniform(0.42, 0.52)])
            _branch(canvas, start, sign, angle, rng.uniform(0.16, 0.24), 3.2, rng)
    mottle = cv2.GaussianBlur(rng.standard_normal((192, 192)).astype(np.float32), (0, 0), 1.3)
    cloud = cv2.GaussianBlur(rng.standard_normal((24, 24)).astype(np.float32), (0, 0), 1.2)
    texture = 0.12 * cv2.GaussianBlur(canvas, (0, 0), 0.8).astype(np.float32) / 255 + 0.04 * mottle
    texture += 0.05 * cv2.resize(cloud, (192, 192), interpolation=cv2.INTER_CUBIC)
    return cv2.remap(texture, (u + 1) * 96 - 0.5, v * 192 - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _branch(
    canvas: np.ndarray,
    start: np.ndarray,
    sign: int,
    angle: float,
    length: float,
    width: float,
    rng: np.random.Generator,
) -> None:
    """Draw a vessel and its two smaller branches. Vessels thin out and turn as they go."""
    if length < 0.06:
        return
    end = start + length * np.array([sign * np.cos(angle), 0.75 * np.sin(angle)])
    ends = [tuple(int(c) for c in np.round(16 * (np.array([p[0] + 1, 2 * p[1]]) * 96))) for p in (start, end)]
    cv2.line(canvas, ends[0], ends[1], int(60 + 45 * min(width, 4)), max(1, round(width)), cv2.LINE_AA, shift=4)
    for turn in (-0.35, 0.35):
        _branch(
            canvas, end, sign, angle + turn + rng.normal(0, 0.15), length * rng.uniform(0.55, 0.75), width * 0.6, rng
        )
