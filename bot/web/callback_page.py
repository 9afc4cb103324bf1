"""Callback page: what a browser shows when Spotify sends it back, and the member's next step. No script, no request."""

import base64
import hashlib
from html import escape

from bot.flows.account.link import Consent
from bot.messages import _, mentions, spoken
from bot.messages import account as messages

STYLE = """
:root{color-scheme:light dark;--back:#f4f4f6;--card:#fff;--ink:#1b1b1f;--quiet:#55555e;--line:#d9d9de;--tap:#4650c8;
--warn:#b3261e}
@media (prefers-color-scheme:dark){:root{--back:#131316;--card:#1e1e23;--ink:#ececf0;--quiet:#adadb8;--line:#3a3a42;
--tap:#a9b0ff;--warn:#ffb4ab}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:34rem;margin:0 auto;min-height:100vh;padding:1.5rem 1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.25rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
p,ol,aside{margin:.75rem 0}
ol{padding-left:1.5rem}
li{margin:.5rem 0}
output{display:block;margin:.5rem 0;padding:.75rem;border:2px dashed var(--line);border-radius:.75rem;text-align:center;
font:700 clamp(1.4rem,8vw,2.2rem) ui-monospace,monospace;letter-spacing:.08em;user-select:all}
aside{border-left:4px solid var(--warn);padding-left:1rem}
.who{font-size:1.25rem;font-weight:700}
a{display:inline-block;min-height:2.75rem;padding:.6rem 0;color:var(--tap);font-weight:600}
footer{color:var(--quiet);font-size:.9rem;margin-top:1rem}
""".replace("\n", "")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEAD = (
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    f"<title>Cratekeeper</title><style>{STYLE}</style></head>"
)
DISCORD = "https://discord.com/channels/@me"
LONGEST_NAME = 100  # characters of a name that are shown


def agreed(consent: Consent) -> str:
    """Return the page after consent: the two accounts' names, how to go on, and the code."""
    spotify, discord = map(_shown, (consent.profile.name, consent.discord))
    return _page(
        _(messages.ONE_MORE_STEP),
        f"<p>{_(messages.AGREED_AS, name=f'<b><bdi>{spotify}</bdi></b>')}</p>",
        f'<p class="who"><bdi>{discord}</bdi></p>',
        f"<aside><p><b>{_(messages.NOT_YOUR_DISCORD)}</b> {_(messages.GIVE_NOBODY_THE_CODE)}</p></aside>",
        f"<p>{_(messages.IF_IT_IS_YOURS)}</p>",
        _steps(consent.code),
    )


def _steps(code: str) -> str:
    button = f"<b>{_(messages.ENTER_THE_CODE)}</b>"
    steps = (
        _(messages.BACK_TO_DISCORD),
        _(messages.PRESS_THERE, button=button),
        f"{_(messages.TYPE_THIS)}<output>{escape(code)}</output>",
    )
    return f"<ol>{''.join(f'<li>{step}</li>' for step in steps)}</ol>"


def sorry(sentence: str) -> str:
    """Return the page for what didn't work: what happened, and what to do in Discord."""
    return _page(_(messages.GO_ON_IN_DISCORD), f"<p>{mentions.bare(_(sentence))}</p>")


def _page(title: str, *content: str) -> str:
    link = f'<a href="{DISCORD}" rel="noreferrer">{_(messages.OPEN_DISCORD)}</a>'
    inside = f"<h1>{title}</h1>{''.join(content)}{link}"
    footer = f"<footer>{_(messages.CLOSE_THE_PAGE)}</footer>"
    body = f"<main><section>{inside}</section>{footer}</main>"
    return f'<!doctype html><html lang="{spoken()}">{HEAD}<body>{body}'


def _shown(name: str) -> str:
    """Return a name as HTML text, without invisible or direction-changing characters."""
    return escape("".join(filter(str.isprintable, name))[:LONGEST_NAME])
