"""The CDN: attachments by signed address, and avatars."""

import hashlib
import io
from collections.abc import Awaitable, Callable

from aiohttp import web
from PIL import Image, ImageDraw

from sandbox.discord.world import World

GONE = "This content is no longer available."
AVATAR = 128  # pixels
ATTACHMENT_ROUTES = (
    r"/attachments/{channel_id}/{attachment_id:\d+}/{filename}",
    r"/ephemeral-attachments/{channel_id}/{attachment_id:\d+}/{filename}",
)
AVATAR_ROUTES = (r"/avatars/{user_id:\d+}/{hash}.png", r"/embed/avatars/{user_id:\d+}.png")

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


def attachments(world: World) -> Serve:
    async def serve(request: web.Request) -> web.Response:
        attachment = world.attachments.get(int(request.match_info["attachment_id"]))
        if attachment is None or not world.cdn.honours(request.rel_url.raw_path, dict(request.query)):
            return web.Response(status=404, text=GONE)
        headers = {"Content-Type": attachment.content_type, "Access-Control-Allow-Origin": "*"}
        return web.Response(body=attachment.data, headers=headers)

    return serve


def avatars(world: World) -> Serve:
    async def serve(request: web.Request) -> web.Response:
        user = world.users.get(int(request.match_info["user_id"]))
        return web.Response(body=portrait(user.name if user else "?"), content_type="image/png")

    return serve


def portrait(name: str) -> bytes:
    """Return a PNG: the initial on a colour derived from the name."""
    hue = hashlib.sha256(name.encode()).digest()[0] * 360 // 256
    picture = Image.new("RGB", (AVATAR, AVATAR), f"hsl({hue}, 45%, 45%)")
    middle = (AVATAR // 2, AVATAR // 2)
    ImageDraw.Draw(picture).text(middle, name[:1].upper(), fill="white", anchor="mm", font_size=AVATAR // 2)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
