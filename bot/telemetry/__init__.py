"""Telemetry: what an operator can see of a running bot: logs, health and metrics. Nothing in it is personal (P34)."""
