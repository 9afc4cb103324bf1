"""Trouble: explains errors of the system and the network to the operator, and what to do about them."""

import errno
import getpass
import os
import re
from pathlib import Path

import aiohttp

from bot.errors import CratekeeperError

BINDING = re.compile(r"address \('([^']*)', (\d+)")
ELSEWHERE = "or set DATA_DIR to another folder"
SAME = {errno.EPERM: errno.EACCES, errno.EDQUOT: errno.ENOSPC, errno.EEXIST: errno.ENOTDIR}  # in what to do


def words(error: BaseException, elsewhere: str = ELSEWHERE, port: str = "HTTP_PORT") -> str:
    """Return one line: which file or address has a problem, and what to do.

    elsewhere: how to do without that file; port: the setting that says where to listen.
    """
    if isinstance(error, CratekeeperError):
        return str(error)
    if isinstance(error, aiohttp.ClientError | TimeoutError):
        return _of_network(error)
    if isinstance(error, OSError):
        return _of_system(error, elsewhere, port)
    return f"{type(error).__name__}: {error}"


def _of_network(error: aiohttp.ClientError | TimeoutError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"can't look up the name {error.host}: is the network up, and is DNS set on this machine?"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"this machine doesn't trust {error.host}'s certificate: check the clock, ca-certificates, and any proxy"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _of_connection(error)
    if isinstance(error, TimeoutError):
        return "no answer in time: does a firewall drop the connection?"
    return f"the answer broke off or wasn't what we expected ({type(error).__name__}); try again later"


def _of_connection(error: aiohttp.ClientConnectorError) -> str:
    where = f"{error.host}:{error.port}"
    if error.errno == errno.ECONNREFUSED:
        return f"can't reach {where}: it refuses connections. Is the address right?"
    return f"can't reach {where} ({error.strerror}): is the network up?"


def _of_system(error: OSError, elsewhere: str, port: str) -> str:
    if bound := BINDING.search(str(error)):
        return _of_port(error, bound[1], bound[2], port)
    path, code = error.filename or "a file", SAME.get(error.errno or 0, error.errno)
    if code == errno.ENOTDIR:  # looked at only here: what is above a closed file may be closed, too
        return f"{_in_the_way(path)} isn't a folder: move that file, {elsewhere}"
    said = {
        errno.EROFS: f"{path} is on a read-only file system: mount it writable, {elsewhere}",
        errno.EACCES: f"{path} isn't open to the user {_me()}{_owner(path)}: chown it, {elsewhere}",
        errno.ENOSPC: f"the disk with {path} is full: make room",
        errno.ENOENT: f"{path} is missing",
        errno.EIO: f"{path} can't be read or written: its disk reports errors (see dmesg)",
    }
    return said.get(code or 0, f"{path}: {error.strerror or error}")


def _in_the_way(name: str | bytes) -> Path:
    """Return the file that is where a folder should be: the path itself, or one above it."""
    whole = Path(os.fsdecode(name))
    return next((path for path in (whole, *whole.parents) if path.exists() and not path.is_dir()), whole)


def _of_port(error: OSError, host: str, port: str, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program: stop it, or change {setting}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this machine doesn't have the address {host}: change HTTP_HOST"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"the user {_me()} may not use port {port}: set {setting} to one above 1023"
    return f"can't listen on port {port}: {error.strerror}"


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return "that runs this"


def _owner(path: str | bytes) -> str:
    try:
        return f" (it belongs to {Path(str(path)).owner()})"
    except (KeyError, OSError):
        return ""
