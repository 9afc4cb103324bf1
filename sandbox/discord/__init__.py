"""A stand-in for Discord on loopback: REST, gateway and CDN for an unchanged bot, and people who use it.

world = World(token="sandbox")
anna = world.add_user("anna")
world.add_guild("Record shop", channels=["crates"], members=[anna])
app = application(world)                     # or: add_routes(app, world), next to other stand-ins
...                                          # the bot connects
outcome = await Person(world, anna).command("playlists add", name="Late night")
print((await outcome.reply()).text())
"""

from sandbox.discord.app import add_routes, application
from sandbox.discord.client.outcome import NoAnswer, NotAllowed, NotThere, Outcome, PersonError
from sandbox.discord.client.person import Person
from sandbox.discord.client.slash import Choice, Slash
from sandbox.discord.model import (
    AnswerKind,
    Attachment,
    Channel,
    Guild,
    Interaction,
    InteractionKind,
    Message,
    Modal,
    User,
)
from sandbox.discord.traffic.exchange import Exchange
from sandbox.discord.traffic.limits import Rules
from sandbox.discord.uploads import Upload
from sandbox.discord.watch import Change
from sandbox.discord.world import World
