"""The gateway: the WebSocket that tells the bot what happens, its sessions, and its events."""
