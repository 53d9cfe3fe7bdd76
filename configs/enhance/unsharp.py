"""Unsharp masking, a floor for enhancers that sharpen."""

enhancer = dict(
    type="UnsharpMask",
    sigma=2.0,  # ours, in pixels
    amount=1.0,  # ours, scikit-image's default
)
