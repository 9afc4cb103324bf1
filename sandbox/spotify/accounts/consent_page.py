"""The consent page: what an app asks for, in plain words, and a button for each account in the sandbox."""

from collections.abc import Collection, Iterable
from html import escape

from sandbox.spotify.model import Account, App

SCOPES = {  # what an app may ask for, as the page words it
    "user-library-read": "See your liked songs",
    "user-library-modify": "Like and unlike songs",
    "playlist-read-private": "See your private playlists",
    "playlist-read-collaborative": "See the playlists you make with others",
    "playlist-modify-private": "Change your private playlists",
    "playlist-modify-public": "Change your public playlists",
    "ugc-image-upload": "Set the pictures of your playlists",
    "user-modify-playback-state": "Play and queue songs on your devices",
    "user-read-playback-state": "See what is playing and on which device",
    "user-read-currently-playing": "See what you are listening to",
    "user-read-recently-played": "See what you played lately",
    "user-top-read": "See what you listen to most",
    "user-follow-read": "See whom you follow",
    "user-follow-modify": "Change whom you follow",
    "user-read-private": "See your profile",
    "user-read-email": "See your e-mail address",
}


def page(app: App, scopes: Collection[str], back: str, accounts: Iterable[Account]) -> str:
    """Return the whole page as HTML; Agree and Cancel post to its own address."""
    return PAGE.format(
        client=escape(app.client_id),
        wanted="\n".join(f"<li>{escape(SCOPES[scope])} <code>{escape(scope)}</code></li>" for scope in sorted(scopes)),
        people="\n".join(_choice(account, app) for account in accounts),
        back=escape(back),
    )


def _choice(account: Account, app: App) -> str:
    seat = "" if account.id in app.users else "<small>no seat in this app: every call will be refused</small>"
    label = f"Agree as {escape(account.display_name)}"
    return f'<li><button name="user" value="{escape(account.id)}">{label}</button> {seat}</li>'


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Give access · sandbox</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b2420; background: #f4f6f4; overflow-wrap: anywhere }}
h1 {{ font-size: 1.5rem }}
ul {{ list-style: none; padding: 0 }}
li {{ margin: .5rem 0 }}
code, small {{ color: #5b6a62; font-size: .8rem }}
button {{ font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: 2rem; cursor: pointer;
  background: #17663f; color: #fff }}
button.quiet {{ background: none; color: #17663f; text-decoration: underline }}
.note {{ border-left: 4px solid #17663f; padding-left: .8rem; color: #5b6a62 }}
</style></head><body>
<p class="note">This is the sandbox's stand-in for Spotify's consent page. No real account is involved.</p>
<h1>{client} asks for access</h1>
<p>It will be able to:</p>
<ul>
{wanted}
</ul>
<form method="post">
<ul>
{people}
</ul>
<button class="quiet" name="decision" value="cancel">Cancel</button>
</form>
<p><small>Either way you go back to {back}</small></p>
</body></html>"""
