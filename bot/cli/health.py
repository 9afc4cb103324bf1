"""Health: asks the running bot how it is, as a container's health check or a script would."""

from http.client import OK, HTTPConnection, HTTPException

from bot.config import Settings

TIMEOUT = 5  # seconds
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (an address to listen on: what to call instead)
HEALTH, LIVE = "/health", "/health/live"


def ask(settings: Settings, path: str = HEALTH) -> int:
    """Print what the bot answers; return 0 if it's well, 1 if it isn't or doesn't answer."""
    try:
        status, said = answer(settings, path)
    except (OSError, HTTPException) as error:
        print(f"no answer on port {settings.http_port}: {error}")
        return 1
    print(said)
    return 0 if status == OK else 1


def answer(settings: Settings, path: str) -> tuple[int, str]:
    """Return the status and the body of the running bot's answer. Raises OSError, HTTPException."""
    host = ANYWHERE.get(settings.http_host, settings.http_host)
    connection = HTTPConnection(host, settings.http_port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        got = connection.getresponse()
        return got.status, got.read().decode(errors="replace")
    finally:
        connection.close()
