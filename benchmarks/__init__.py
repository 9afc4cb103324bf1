"""Benchmarks: what is promised of speed, measured on generated libraries."""
