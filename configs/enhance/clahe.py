"""CLAHE. Paper 003 applies it to its radiographs and states no parameters."""

enhancer = dict(
    type="CLAHE",
    clip_limit=2.0,  # ours; OpenCV's own default of 40 hardly limits the contrast
    tile_grid=(8, 8),  # OpenCV's default
)
