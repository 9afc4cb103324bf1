"""Cratekeeper's bot. Every process of ours imports this package first, training and audio included."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports usage from 1.29 on, unless told not to
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # NumPy reads them when it's imported
    os.environ.setdefault(_variable, "1")  # threads that wait for each other on busy cores use 60 times the time

__version__ = "0.1.0"
