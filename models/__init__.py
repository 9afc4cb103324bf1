"""Exported models. `musicnn.onnx`, which hears songs, is the one that ships."""
