"""A stand-in for Discord on loopback: REST, gateway and CDN for an unchanged bot, and people who use it.

    world = World(token="sandbox")
    anna = world.add_user("anna")
    world.add_guild("Record shop", channels=["crates"], members=[anna])
    app = application(world)                     # or: add_routes(app, world), next to other stand-ins
    ...                                          # the bot connects
    outcome = await Person(world, anna).command("playlists add", name="Late night")
    print((await outcome.reply()).text())
"""
