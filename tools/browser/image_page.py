"""The page of an image: gray, attention, color, both fused, and what the bundle's detector finds."""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from data.images.image_io import read_grayscale
from data.phantom.body import draw_anatomy
from data.phantom.radiograph import render
from tools.browser.look import MOST_PROBABLE, Bench, Look, Picture
from tools.browser.serving import said

PHANTOMS = {f"Synthetic {number}": number for number in range(1, 7)}
"""Name to seed."""
PHANTOM_SIDE, PHANTOM_CONTRAST = 512, 0.5
ALPHA = 0.5
"""Paper 002."""
RATE = 1.0
"""False positives an image at first, as of tools/predict.py."""


def phantom(name: str) -> Picture:
    """One of `PHANTOMS`, gray (512, 512) uint8, with one to three lesions."""
    rng = np.random.default_rng([7, PHANTOMS[name]])
    shot = render(draw_anatomy(rng), int(rng.integers(1, 4)), PHANTOM_SIDE, rng, PHANTOM_CONTRAST)
    return np.rint(shot.image * 255).astype(np.uint8)


class ImagePage:
    """Builds the page into the `gr.Blocks` that is open.

    Args:
        bench: what looks at the images.
        page: these `gr.Blocks`.
    """

    def __init__(self, bench: Bench, page: gr.Blocks) -> None:
        self.bench = bench
        self.look = gr.State(None)
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                self._controls()
            with gr.Column(scale=3, min_width=300):
                self._pictures()
        self._events(page)

    def _controls(self) -> None:
        methods, rates = [*self.bench.methods], self.bench.rates() or [RATE]
        rate = min(max(RATE, rates[0]), rates[-1])
        self.file = gr.File(label="A radiograph: PNG, JPEG, TIFF or DICOM", height=170)
        self.phantom = gr.Radio([*PHANTOMS], value=[*PHANTOMS][0], label="or a synthetic one")
        with gr.Group(visible=bool(methods)):
            self.method = gr.Dropdown(methods, value=methods[0] if methods else None, label="Attention method")
            self.label = gr.Dropdown([("most probable", MOST_PROBABLE)], value=MOST_PROBABLE, label="Class of the map")
            self.alpha = gr.Slider(
                0, 1, ALPHA, step=0.05, label="α of eq. (7)", info="1: the map darkens nothing", buttons=[]
            )
        with gr.Group():
            self.rate = gr.Slider(
                *(rates[0], rates[-1], rate),
                step=0.05,
                label="False positives an image, at most",
                info="on the validation images of the bundle; sets the score",
                buttons=[],
            )
            threshold = self.bench.point(rate).threshold
            self.score = gr.Slider(0, 1, threshold, step=0.0001, label="Boxes from a score of", buttons=[])
        self.worth = gr.Markdown()

    def _pictures(self) -> None:
        shown: dict[str, Any] = dict(format="png", interactive=False, buttons=["download", "fullscreen"])
        attends, colors = bool(self.bench.methods), self.bench.colors
        with gr.Row():
            self.gray = gr.Image(label="Gray", image_mode="L", alt_text="the gray image", **shown)
            self.attention = gr.Image(label="Attention", alt_text="the attention map", visible=attends, **shown)
            self.color = gr.Image(label="Colorized", alt_text="the colorized image", visible=colors, **shown)
        with gr.Row():
            self.fused = gr.Image(label="Enhanced", alt_text="the enhanced image", visible=attends, **shown)
            self.found = gr.Image(label="Found", alt_text="what the detector saw, with the boxes it found", **shown)

    def _events(self, page: gr.Blocks) -> None:
        mapped, boxed = [self.look, self.method, self.label], [self.look, self.score, self.rate]
        quick: dict[str, Any] = dict(trigger_mode="always_last", show_progress="hidden")
        opened = [
            page.load(self.open_phantom, self.phantom, self.look),
            self.phantom.input(self.open_phantom, self.phantom, self.look),
            self.file.upload(self.open_file, self.file, self.look),
        ]
        self.file.upload(lambda: None, None, self.phantom)  # none of these is shown then
        for event in opened:
            event.success(lambda look: look.gray, self.look, self.gray)
            if self.bench.colors:
                event.success(self.color_picture, self.look, self.color)
            event.success(self.found_picture, boxed, [self.found, self.worth])
            if self.bench.methods:
                labeled = event.success(self.classes, self.look, self.label)
                labeled.success(self.attention_picture, mapped, [self.attention, self.label])
                labeled.success(self.fused_picture, [*mapped, self.alpha], self.fused)
        for menu in (self.method, self.label):
            menu.input(self.attention_picture, mapped, [self.attention, self.label])
            menu.input(self.fused_picture, [*mapped, self.alpha], self.fused)
        self.alpha.input(self.fused_picture, [*mapped, self.alpha], self.fused, **quick)
        set_score = self.rate.input(lambda rate: self.bench.point(rate).threshold, self.rate, self.score, **quick)
        set_score.success(self.found_picture, boxed, [self.found, self.worth], **quick)
        self.score.input(self.found_picture, [self.look, self.score], [self.found, self.worth], **quick)

    def open_phantom(self, name: str) -> Look:
        """A synthetic image on the bench."""
        return Look(self.bench, phantom(name))

    @said
    def open_file(self, file: str) -> Look:
        """An uploaded image on the bench."""
        return Look(self.bench, read_grayscale(Path(file)))

    def classes(self, look: Look) -> Any:
        """The menu of classes, with what the classifier gives to each."""
        named = [
            (f"{name}, {share:.0%}", place)
            for place, (name, share) in enumerate(zip(self.bench.label_names, look.probabilities, strict=True))
        ]
        most = ("most probable: " + self.bench.label_names[look.most_probable], MOST_PROBABLE)
        return gr.update(choices=[most, *named], value=MOST_PROBABLE)

    @said
    def attention_picture(self, look: Look, method: str, label: int) -> tuple[Picture, Any]:
        """The map, and the menu of classes, which only some methods know."""
        knows = self.bench.knows_classes(method)
        about = "" if knows else f"{method} has one map for all classes"
        return look.attention_picture(method, label), gr.update(interactive=knows, info=about)

    @said
    def color_picture(self, look: Look) -> Picture:
        return look.color_picture

    @said
    def fused_picture(self, look: Look, method: str, label: int, alpha: float) -> Picture:
        return look.fused(method, label, alpha)

    @said
    def found_picture(self, look: Look, score: float, rate: float | None = None) -> tuple[Picture, str]:
        """The boxes, how many they are, and what their rate was worth where it chose the score."""
        picture, number = look.found(score)
        worth = "" if rate is None else f" On its validation images: {self.bench.point(rate).sentence}."
        boxes = "1 box" if number == 1 else f"{number} boxes"
        return picture, f"**{boxes}**, in the image as the bundle enhances it.{worth}"
