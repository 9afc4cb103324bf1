"""What can go wrong with a backup, for the operator who makes or restores one.

BackupError
├── NotABackup           a file that's something else
├── DamagedBackup        a backup that's cut short or altered
├── NewerBackup          made by a newer Cratekeeper
├── WrongPassphrase      the keys in it stay sealed
├── NothingToBackUp      no database yet
├── DataThere            restoring would replace what's in the data folder
└── BackupFailed         the process that makes the daily one ended without it
"""

from bot.errors import CratekeeperError


class BackupError(CratekeeperError):
    """The backup can't be made or restored."""


class NotABackup(BackupError):
    """That file isn't a backup made by Cratekeeper."""


class DamagedBackup(BackupError):
    """That backup is damaged. Nothing was changed; try another one."""


class NewerBackup(BackupError):
    """That backup was made by a newer Cratekeeper. Upgrade first; nothing was changed."""


class WrongPassphrase(BackupError):
    """The keys in that backup don't open with this passphrase. Nothing was changed."""


class NothingToBackUp(BackupError):
    """There's no database to back up."""


class DataThere(BackupError):
    """There's data already. With --replace, it's kept aside and the backup takes its place."""


class BackupFailed(BackupError):
    """The daily backup wasn't made."""
