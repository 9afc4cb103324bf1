"""Exported models. `musicnn.onnx`, which hears songs, and `prior.npz`, which knows artists, ship."""
