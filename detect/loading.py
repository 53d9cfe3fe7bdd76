"""Pixels for detectors, by the readers that everything else here uses."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from data.images.declared_size import check_declared_size
from data.images.image_io import read_color


@TRANSFORMS.register_module()
class LoadLesionImage(BaseTransform):
    """Read `img_path` by `data.images.image_io.read_color`: uint8 BGR (H, W, 3), as mmdet's models expect it.

    mmcv's own `LoadImageFromFile` reads a 12-bit PNG as levels 0 to 15, and no DICOM.

    Raises:
        ImageReadError: the image cannot be read.
        UserError: it has another size than its annotation file says.
    """

    def transform(self, results: dict) -> dict:
        image = np.ascontiguousarray(read_color(results["img_path"])[..., ::-1])
        height, width = image.shape[:2]
        if "width" in results:
            check_declared_size(results["img_path"], (width, height), (results["width"], results["height"]))
        return results | {"img": image, "img_shape": (height, width), "ori_shape": (height, width)}
