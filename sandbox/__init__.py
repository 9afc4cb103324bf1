"""The sandbox: stand-ins for Discord and Spotify on loopback, songs to sort, and a page to use them by hand."""
