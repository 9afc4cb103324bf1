"""musicnn: its ONNX file, built from the weights in its own package."""
