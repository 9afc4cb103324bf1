"""The Web API: its calls, and its objects as JSON."""
