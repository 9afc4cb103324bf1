"""What can go wrong in training, each with the exit code that a caller sees.

TrainingFailed (bot.errors)
├── InputProblem        2  a file, a column or an option is wrong
├── NothingToTellApart  4  too few labels
└── ParityError         5  the ONNX file's answers differ from scikit-learn's
"""

from bot.errors import TrainingFailed

PUBLISHED, KEPT = 0, 3  # the new model serves; or it was no better, and the previous one keeps serving


class InputProblem(TrainingFailed):
    """The input can't be used."""

    code = 2


class NothingToTellApart(TrainingFailed):
    """There's nothing to tell apart yet: put a song in each of two playlists, or answer "none" for a few."""

    code = 4

    def __init__(self, labels: int) -> None:
        self.labels = labels
        super().__init__()


class ParityError(TrainingFailed):
    """The exported model's answers differ from the trained one's."""

    code = 5
