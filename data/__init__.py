"""From files on disk to arrays and COCO, and back."""
