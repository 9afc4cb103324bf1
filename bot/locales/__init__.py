"""Locales: the sentences of the code, and what they are in other languages: `de/LC_MESSAGES/<room>.po` for German.

`make messages` brings the PO files up to date with the code; a translator fills in what is new (any PO editor does).
"""
