"""What can go wrong in training, each with the exit code that a caller sees.

TrainingFailed (bot.errors)
├── InputProblem   2  a file, a column or an option is wrong
├── TooFewLabels   4  nothing to tell apart yet
└── NotEqual       5  the ONNX file does not answer as scikit-learn does
"""

from bot.errors import TrainingFailed

PUBLISHED, KEPT = 0, 3  # the new model serves; or it was no better, and the previous one goes on serving


class InputProblem(TrainingFailed):
    """The input cannot be used."""

    code = 2


class NothingToTellApart(TrainingFailed):
    """The labels leave nothing to tell apart: give two playlists a song each, or say "none" to a few."""

    code = 4

    def __init__(self, labels: int) -> None:
        self.labels = labels
        super().__init__()


class NotEqual(TrainingFailed):
    """The exported model does not answer as the trained one does."""

    code = 5
