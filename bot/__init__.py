"""Cratekeeper's bot. Every process of ours imports this package first, training and audio included."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports usage from 1.29 on, unless told not to

__version__ = "0.1.0"
