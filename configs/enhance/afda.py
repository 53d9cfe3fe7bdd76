"""The row "AFDA" of paper 002, table 1: adaptive fractional differential sharpening (Li & Xie 2015).

Paper 002 says "default parameters". The pieces of the order function are the source's, these numbers are our reading
(docs/classical.md).
"""

enhancer = dict(
    type="AFDA",
    flat_below=1.0,  # gray levels; below it the order is 0
    texture_order=0.3,  # highest order of texture
    edge_order=0.4,  # lowest order of an edge
    max_order=0.5,  # of the strongest edges; must stay below 1
)
