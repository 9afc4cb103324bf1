"""The sandbox: stand-ins for Discord and Spotify on loopback, generated songs to sort, and a page to try it by hand."""
