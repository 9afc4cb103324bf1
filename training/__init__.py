"""Training, offline: labels and features in, a checked ONNX file out. `python -m training --help`.

Runs in a process of its own.
"""

import bot  # before NumPy, whose sums are to take one thread
