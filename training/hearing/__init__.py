"""Hearing, learned and measured: recordings with known answers, rivals, and grooves to learn tempo from."""
