"""The container and the system service: linted, confined, and made of what there is (promise P36)."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from prometheus_client import Gauge

from bot import config
from bot.__main__ import parser
from bot.adapters.vault import Vault, load_keys
from bot.config import LONGEST_STOP
from bot.telemetry import metrics

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
UNIT = DEPLOY / "cratekeeper.service"
CLOSING = 7  # seconds that the bot takes to end besides STOP_SECONDS (promise P27)


def instructions(name: str) -> list[str]:
    """Return what follows an instruction, each time the Dockerfile's last stage uses it."""
    stage = DOCKERFILE.read_text().replace("\\\n", " ").rpartition("FROM ")[2]
    return re.findall(rf"^{name} (.+)$", stage, re.MULTILINE)


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    return found or pytest.skip(f"needs {name}")


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    command = [tool("hadolint"), str(DOCKERFILE)]
    ran = subprocess.run(command, cwd=DEPLOY, env={}, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_p36_the_container_runs_as_nobody_in_particular_and_writes_only_its_data() -> None:
    (user,) = instructions("USER")
    assert int(user.partition(":")[0]) >= 10_000, "a number, so that an orchestrator can tell it isn't root"
    assert instructions("VOLUME") == ["/data"]
    (bot,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values()
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert bot["environment"]["DATA_DIR"] == "/data"
    assert all(port.startswith("127.0.0.1:") for port in bot["ports"]), "TLS comes first"


def test_the_images_user_can_read_what_a_strict_umask_closed(tmp_path: Path) -> None:
    """COPY keeps the modes of the checkout, and gives the files to root."""
    for copied in instructions("COPY"):
        if not copied.startswith("--from"):
            source = tmp_path / copied.partition(" ")[0]
            if (ROOT / source.name).is_dir():
                source.mkdir(mode=0o700)
                source /= "file"
            source.touch(mode=0o600)
    (opening,) = (ran for ran in instructions("RUN") if ran.startswith("chmod "))
    subprocess.run([tool("chmod"), *opening.split()[1:]], cwd=tmp_path, env={}, check=True)
    closed = [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o044 != 0o044]
    assert closed == []


@pytest.mark.slow
def test_the_image_holds_all_that_the_bot_needs(tmp_path: Path) -> None:
    """Copy what the Dockerfile copies, and start it from a folder of its own."""
    for copied in instructions("COPY"):
        source, _, target = copied.partition(" ")
        if source.startswith("--from"):
            continue
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, tmp_path / target)
    for command in ("--version", "train --help", "sandbox --help", "run --help"):
        ran = [sys.executable, "-B", "cratekeeper.py", *command.split()]
        subprocess.run(ran, cwd=tmp_path, env={"PATH": ""}, check=True, stdout=subprocess.DEVNULL)
    asked = subprocess.run(
        [sys.executable, "-B", "cratekeeper.py", "health"],
        cwd=tmp_path,
        env={"HTTP_PORT": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert asked.stdout.startswith("no answer on port 1")


def test_compose_and_systemd_wait_as_long_as_the_bot_takes_to_stop() -> None:
    (bot,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values()
    waits = [
        bot["stop_grace_period"].rstrip("s"),
        re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[0],
    ]
    assert all(int(seconds) > LONGEST_STOP + CLOSING for seconds in waits)


def test_systemd_knows_every_line_of_the_service_and_rates_it_confined(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/cratekeeper/.venv/bin/python", "/bin/true"))
    closed = {"PATH": os.environ.get("PATH", "")}
    command = [analyze, "verify", str(unit)]
    verified = subprocess.run(command, cwd=tmp_path, env=closed, capture_output=True, text=True, check=False)
    assert UNIT.name not in verified.stdout + verified.stderr
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", str(unit)],
        cwd=tmp_path,
        env=closed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-300:]


def filled_in() -> dict[str, str]:
    """What an operator's copy of .env.example sets."""
    return {name: value or "" for name, value in dotenv_values(ROOT / ".env.example").items()} | {"DISCORD_TOKEN": "x"}


def test_the_service_keeps_its_data_in_its_state_directory_whatever_the_file_of_settings_says() -> None:
    """EnvironmentFile= overrides Environment=, wherever each is (systemd.exec(5))."""
    unit = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if re.match(r"[A-Z]\w+=", line))
    assigned = dict(word.split("=", 1) for word in shlex.split(unit["ExecStart"]) if re.match(r"[A-Z_]+=", word))
    settings = config.parse({**filled_in(), **assigned})
    assert settings.data_dir == Path("/var/lib") / unit["StateDirectory"]


def test_a_container_keeps_its_data_in_the_volume_whatever_the_file_of_settings_says() -> None:
    (bot,) = compose("compose.yaml").values()
    settings = config.parse({**filled_in(), **bot["environment"]})
    assert settings.data_dir == Path("/data")
    assert settings.database_path.parent == settings.data_dir
    assert settings.http_host == "0.0.0.0"  # noqa: S104 - in its container


def test_p36_each_pod_makes_its_data_folder_in_its_volume_which_is_open_and_root_s() -> None:
    for pod in pods():
        (container,) = pod["containers"]
        (folder,) = (Path(told["value"]) for told in container["env"] if told["name"] == "DATA_DIR")
        assert str(folder.parent) in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_a_pod_that_brings_a_large_database_up_to_date_is_not_killed_meanwhile() -> None:
    for pod in pods():
        (container,) = pod["containers"]
        starting = container["startupProbe"]
        assert starting["periodSeconds"] * starting["failureThreshold"] >= 3600
        assert starting["exec"] == container["livenessProbe"]["exec"]


@pytest.mark.parametrize("file", sorted(DEPLOY.glob("*compose.yaml")), ids=lambda file: file.name)
def test_compose_is_told_where_the_values_are_that_it_fills_in(file: Path) -> None:
    """By itself it looks for .env beside the first file given with -f, which is deploy/."""
    command = file.read_text().splitlines()[0]
    assert ("--env-file .env " in command) == ("${" in file.read_text())


def compose(name: str) -> Mapping[str, Any]:
    services: Mapping[str, Any] = yaml.safe_load((DEPLOY / name).read_text())["services"]
    return services


def configs(name: str) -> Mapping[str, Any]:
    """The files that compose mounts. It can't write inline ones into a read-only container (docker/compose#12531)."""
    files: Mapping[str, Any] = yaml.safe_load((DEPLOY / name).read_text())["configs"]
    return files


def manifests() -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def parts() -> list[Mapping[str, Any]]:
    return [part for part in compose("parts.compose.yaml").values() if part["image"] == "cratekeeper"]


def containers() -> list[Mapping[str, Any]]:
    """The containers of the bot's parts, as the two ways to run them describe them, with what each is told to do."""
    composed = [{**part, "args": part["command"]} for part in parts()]
    return composed + [container for pod in pods() for container in pod["containers"]]


def pods() -> list[Mapping[str, Any]]:
    return [made["spec"]["template"]["spec"] for made in manifests() if made["kind"] == "StatefulSet"]


def test_kubernetes_knows_every_field_of_the_manifests(tmp_path: Path) -> None:
    command = [tool("kubernetes-validate"), "--strict", str(DEPLOY / "kubernetes.yaml")]
    ran = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_each_part_is_told_what_the_command_line_knows() -> None:
    told = [["worker-0" if word == "$(POD)" else word for word in container["args"]] for container in containers()]
    named = [options.part(options) for options in map(parser().parse_args, told)]
    assert {part.kind for part in named} == {"gateway", "worker", None}
    composed = named[: len(told) - 3]
    assert len({part.name for part in composed}) == len(composed), "each has a name of its own"


def test_the_commands_that_make_the_composed_parts_secrets_make_what_the_bot_accepts(tmp_path: Path) -> None:
    tool("openssl")
    head = (DEPLOY / "parts.compose.yaml").read_text().partition("\nname:")[0]
    commands = dict(re.findall(r"^#   ([A-Z_]+) +(.+)$", head, re.MULTILINE))
    path = {"PATH": os.environ["PATH"]}
    told = {
        name: subprocess.run(
            ["sh", "-c", command], env=path, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()
        for name, command in commands.items()
    }
    services = (DEPLOY / "parts.compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?\}", services)) | {"ENCRYPTION_KEYS"} == set(told)
    settings = config.parse({**filled_in(), **told, "DATA_DIR": str(tmp_path)})
    Vault(load_keys(settings))


def test_p36_each_part_runs_confined() -> None:
    for made in manifests():
        if made["kind"] == "StatefulSet":
            pod = made["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"]
            assert pod["terminationGracePeriodSeconds"] >= LONGEST_STOP + CLOSING
            assert made["spec"]["serviceName"] in {each["metadata"]["name"] for each in manifests()}
            assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in pod["containers"])
    for part in compose("parts.compose.yaml").values():
        assert part.get("read_only") or part["image"].startswith("postgres")
        assert all(port.startswith("127.0.0.1:") for port in part.get("ports", ()))


def test_p36_the_composed_parts_settings_are_accepted_and_lead_to_its_bucket(tmp_path: Path) -> None:
    """They share the S3 server's network, so its plain HTTP stays on loopback, and no two listen on one port."""
    keys = {"AWS_ACCESS_KEY_ID": "GK0", "AWS_SECRET_ACCESS_KEY": "x", "SPOTIFY_CLIENT_ID": "0" * 32}
    services = compose("parts.compose.yaml")
    objects = services["objects"]["environment"]
    settings = []
    for part in parts():
        assert part["network_mode"] == "service:objects"
        told = {name: value.replace("${POSTGRES_PASSWORD:?}", "x") for name, value in part["environment"].items()}
        settings.append(config.parse({**keys, **told, "DISCORD_TOKEN": "x", "DATA_DIR": str(tmp_path)}))
    assert {each.storage_url for each in settings} == {f"s3://{objects['GARAGE_DEFAULT_BUCKET']}"}
    assert len({each.http_port for each in settings}) == len(settings)
    (published,) = services["objects"]["ports"]
    (web,) = (each for each in settings if each.http_host == "0.0.0.0")  # noqa: S104 - in its container
    assert published == f"127.0.0.1:{web.http_port}:{web.http_port}"
    (told,) = (tomllib.loads((DEPLOY / each["file"]).read_text()) for each in configs("parts.compose.yaml").values())
    assert {(f"http://{told['s3_api']['api_bind_addr']}", told["s3_api"]["s3_region"])} == {
        (each.aws_endpoint_url, each.aws_region) for each in settings
    }


def expressions() -> Iterator[str]:
    """What the dashboard and the alerts ask Prometheus."""
    for panel in json.loads((DEPLOY / "grafana.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


@pytest.mark.parametrize("gauge", [metrics.LINKED, metrics.COOLDOWN, metrics.JOBS_WAITING, metrics.OLDEST_JOB])
def test_what_every_process_reads_from_the_database_counts_once_however_many_processes_there_are(gauge: Gauge) -> None:
    (family,) = gauge.describe()
    asked = [expression for expression in expressions() if family.name in expression]
    assert asked
    assert [one for one in asked if not re.search(rf"\bmax ?(by \(\w+\) )?\({family.name}\b", one)] == []
