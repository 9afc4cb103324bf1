"""The sandbox's page: Discord and Spotify by hand in a browser, beside what goes over the wire.

stage = Stage(discord, spotify, guild, channel, members=[Member(anna, "anna")], tour=Tour(["Link", "Label"]))
app = application(stage)                                    # serves / and /page/…
sandbox.discord.add_routes(app, discord)                    # the stand-ins go on the same server
app.add_subapp("/spotify", sandbox.spotify.application(spotify))
"""

from sandbox.page.application import application
from sandbox.page.stage import Member, Stage
from sandbox.page.tour import TakenOver, Tour
