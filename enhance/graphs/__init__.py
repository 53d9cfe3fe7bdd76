"""The enhancer as a graph that ONNX can hold."""
