"""Backup: everything in the data folder that can't be made anew, as one file, and back again (promise P25)."""
