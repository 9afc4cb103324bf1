"""Commands of `python -m training`. Each prints what it did and returns an exit code; `problems` lists the codes."""
