"""The gateway: the WebSocket that sends the bot its events, and its sessions."""
