"""Lesion detectors on mmdet, and their FROC evaluation.

Importing the package makes mmcv's operators usable without mmcv's compiled extension (`detect.mmcv_extension`),
so it has to be imported before `mmcv.ops` or `mmdet.models`; the configs do it by `custom_imports`.
"""

from detect.mmcv_extension import install

install()
