"""Cratekeeper's bot. Imported before anything else of ours, also by training and by the process that hears."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime's wheels report to their maker from 1.29 on, unless told not to
