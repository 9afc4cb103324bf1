"""Health: asks the running bot how it is, as a container's health check or a script would."""

from http.client import HTTPConnection, HTTPException

from bot.config import Settings

TIMEOUT = 5  # seconds
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (an address to listen on: what to call instead)


def ask(settings: Settings) -> int:
    """Print what /health answers; return 0 if the bot is well, 1 if it isn't or doesn't answer."""
    connection = HTTPConnection(
        ANYWHERE.get(settings.http_host, settings.http_host), settings.http_port, timeout=TIMEOUT
    )
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        print(answer.read().decode(errors="replace"))
    except (OSError, HTTPException) as error:
        print(f"no answer on port {settings.http_port}: {error}")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == 200 else 1
