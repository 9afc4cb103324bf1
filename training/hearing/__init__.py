"""Hearing, learnt and measured: recordings whose truth is known, rivals, and grooves to learn tempo from."""
