"""Training, offline: labels and features in, a checked ONNX file out. `python -m training --help`.

Runs in a process of its own. Import it before numpy, so that linear algebra uses one thread: the machine is shared
with the bot, whose heartbeat matters more than a second of training.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
