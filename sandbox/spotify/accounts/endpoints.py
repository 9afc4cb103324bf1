"""Spotify's accounts service: the consent page and the token endpoint (authorization code with PKCE, refresh)."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from sandbox.spotify.accounts import consent_page
from sandbox.spotify.accounts.tokens import ACCESS_LIFE, Grant
from sandbox.spotify.errors import OAuthRefused, Refused
from sandbox.spotify.model import App
from sandbox.spotify.wire import FAULT, basic_of, world_of
from sandbox.spotify.world import World


def routes() -> list[web.RouteDef]:
    return [
        web.get("/authorize", ask_consent),
        web.post("/authorize", decide),
        web.post("/api/token", token),
        web.route("*", "/{tail:.*}", unknown),
    ]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app asks for on the consent page, after checking."""

    app: App
    scopes: frozenset[str]
    redirect_uri: str
    state: str
    challenge: str

    def back(self, **parameters: str) -> web.Response:
        """Return the redirect back to the app."""
        answer = parameters | ({"state": self.state} if self.state else {})
        address = f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(answer)}"
        return web.Response(status=302, headers={"Location": address})


async def ask_consent(request: web.Request) -> web.Response:
    world = world_of(request)
    wish = read_wish(request, world)
    page = consent_page.page(wish.app, wish.scopes, wish.redirect_uri, world.accounts.values())
    return web.Response(text=page, content_type="text/html")


async def decide(request: web.Request) -> web.Response:
    """Agree as `user`, or cancel if `decision` says so; both redirect to the app."""
    world = world_of(request)
    wish, form = read_wish(request, world), await request.post()
    if form.get("decision") == "cancel":
        return wish.back(error="access_denied")
    user = str(form.get("user", ""))
    if user not in world.accounts:
        raise Refused(400, "No such account")
    return wish.back(code=world.agree(wish.app, user, wish.scopes, wish.redirect_uri, wish.challenge))


async def token(request: web.Request) -> web.Response:
    """Exchange a code or a refresh token for an access token."""
    world = world_of(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    app = _client(request, world, form)
    match form.get("grant_type"):
        case "authorization_code":
            verifier = form.get("code_verifier", "")
            grant = world.tokens.exchange(app, form.get("code", ""), form.get("redirect_uri", ""), verifier)
        case "refresh_token":
            grant = world.tokens.refresh(app, form.get("refresh_token", ""))
        case _:
            raise OAuthRefused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
    return web.json_response(_granted(grant, keep_refresh=FAULT not in request), headers={"Cache-Control": "no-store"})


async def unknown(_: web.Request) -> web.Response:
    raise Refused(404, "Not found")


def read_wish(request: web.Request, world: World) -> Wish:
    """Check an authorization request.

    Raises Refused 400: nobody is redirected to an unregistered address, not even with an error.
    """
    query = request.query
    app = world.apps.get(query.get("client_id", ""))
    if app is None:
        raise Refused(400, "INVALID_CLIENT: Invalid client")
    if query.get("redirect_uri") not in app.redirect_uris:
        raise Refused(400, "INVALID_CLIENT: Invalid redirect URI")
    scopes = frozenset(query.get("scope", "").split())
    if scopes - consent_page.SCOPES.keys():
        raise Refused(400, "INVALID_SCOPE: Invalid scope")
    if query.get("response_type") != "code":
        raise Refused(400, "response_type must be code")
    challenge = query.get("code_challenge", "")
    if challenge and query.get("code_challenge_method") != "S256":
        raise Refused(400, "code_challenge_method must be S256")
    if not challenge and app.secret is None:
        raise Refused(400, "code_challenge is missing: an app without a secret uses PKCE")
    return Wish(app, scopes, query["redirect_uri"], query.get("state", ""), challenge)


def _client(request: web.Request, world: World, form: dict[str, str]) -> App:
    """Return the app asking for a token, by Basic auth or by client id alone (PKCE). Raises OAuthRefused."""
    client_id, secret = basic_of(request)
    app = world.apps.get(client_id or form.get("client_id", ""))
    if app is None or (client_id and secret != app.secret):
        raise OAuthRefused("invalid_client", "Invalid client")
    if not client_id and form.get("grant_type") == "authorization_code" and not form.get("code_verifier"):
        raise OAuthRefused("invalid_request", "code_verifier required")
    return app


def _granted(grant: Grant, *, keep_refresh: bool) -> dict[str, str | int]:
    answer: dict[str, str | int] = {
        "access_token": grant.access,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "scope": " ".join(sorted(grant.consent.scopes)),
    }
    return answer | ({"refresh_token": grant.refresh} if keep_refresh else {})
