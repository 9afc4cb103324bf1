"""Tokens that tell the application who a member is (RFC 6749, 4.1.3). Not in Discord's OpenAPI description."""

from sandbox.discord.errors import UnsupportedGrant
from sandbox.discord.model import Json
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint

WEEK = 604_800  # seconds


async def token(call: Call) -> Json:
    sent = call.body or {}
    if sent.get("grant_type") != "authorization_code":
        raise UnsupportedGrant
    made = call.world.oauth.exchange(sent.get("code", ""), sent.get("client_id", ""), sent.get("client_secret", ""))
    return {"access_token": made, "token_type": "Bearer", "expires_in": WEEK, "scope": "identify"}


ENDPOINTS = (Endpoint("POST", "/oauth2/token", token, token_in_path=True),)
