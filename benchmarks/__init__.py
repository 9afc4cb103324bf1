"""Benchmarks for the speed we promise, on generated libraries."""
