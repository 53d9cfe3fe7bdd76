"""What turns a bundle into graphs for ONNX, and what compares the two."""
