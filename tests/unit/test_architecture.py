"""The project's rules, checked in the source: which module may import which, and what's never used."""

import ast
import base64
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dbos._serialization import deserialize_args, deserialize_value

from bot.adapters import jobs
from sandbox.process import environment

ROOT = Path(__file__).parents[2]
LAYERS = ("bot.core", "bot.errors", "bot.flows", "bot.adapters.store", "bot.messages", "bot.chat")
ROOMS = (
    "sorting",
    "library",
    "account",
    "feed",
    "social",
)  # in every layer, each room imports only from the rooms before it
OURS = ("bot", "training", "sandbox")
DOCSTRING = re.compile(r'"""[\s\S]*?"""')
MODULES = 14  # in one package: "about a dozen"
STDLIB_AND_NUMPY = {"numpy", "bot.core"}
BUT_THE_STORE = sorted(  # flows use the store directly; every other adapter is passed to them as a port
    f"bot.adapters.{path.stem}"
    for path in (ROOT / "bot" / "adapters").iterdir()
    if not path.stem.startswith("__") and path.stem != "store"
)
RULES = {  # folder → prefixes of module names that it must not import
    "bot/core": (
        "bot.messages",
        "bot.flows",
        "bot.adapters",
        "bot.chat",
        "bot.web",
        "bot.ports",
        "bot.telemetry",
        "asyncio",
        "logging",
        "sqlalchemy",
    ),
    "bot/flows": (
        *("bot.messages", "bot.chat", "bot.web", "bot.app", "bot.services", "bot.telemetry", *BUT_THE_STORE),
        *("discord", "spotipy", "sqlalchemy", "aiohttp"),
    ),
    "bot/adapters": ("bot.messages", "bot.flows", "bot.chat", "bot.web", "bot.app", "discord"),
    "bot/messages": ("bot.chat", "bot.web", "bot.app", "bot.adapters", "discord", "sqlalchemy"),
    "bot/errors": ("bot.core", "bot.flows", "bot.adapters", "bot.chat", "bot.web", "bot.messages"),
    "bot/telemetry": ("bot.flows", "bot.chat", "bot.web", "bot.messages", "bot.app", "discord"),
    "bot/web": ("bot.chat", "bot.adapters", "discord", "spotipy", "sqlalchemy"),
    "bot/chat": ("spotipy", "sqlalchemy", "aiohttp.web", "aiohttp.ClientSession", "bot.web", "bot.app"),
    "bot": ("training", "sandbox", "tests", "sklearn", "skl2onnx", "onnx", "matplotlib", "pickle", "joblib", "marshal"),
    "training": (
        "bot.flows.sorting.writing.sort",
        "bot.chat",
        "bot.web",
        "bot.app",
        "sandbox",
        "tests",
        "pickle",
        "joblib",
        "marshal",
    ),
    "sandbox": ("bot.flows", "bot.chat", "bot.adapters", "training", "tests", "pickle", "joblib", "marshal"),
}


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if ".venv" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(module: str, parent: str) -> bool:
    return module == parent or module.startswith(parent + ".")


@pytest.mark.slow
@pytest.mark.parametrize("folder", RULES)
def test_imports_point_inward(folder: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(folder)
        for module in imported(path)
        if any(is_below(module, forbidden) for forbidden in RULES[folder])
    ]
    assert broken == []


def room(module: str) -> int:
    """Return the index of the module's room, or -1 if it's in no room."""
    return next((place for place, name in enumerate(ROOMS) if name in module.split(".")[2:4]), -1)


@pytest.mark.parametrize("layer", LAYERS)
def test_rooms_import_only_earlier_rooms(layer: str) -> None:
    climbing = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(layer.replace(".", "/"))
        for module in imported(path)
        if is_below(module, layer)
        if -1 < room(".".join(path.relative_to(ROOT).parts[:-1])) < room(module.rpartition(".")[0])
    ]
    assert climbing == []


def test_the_core_needs_nothing_but_the_standard_library_and_numpy() -> None:
    foreign = {
        f"{path.name}: {module}"
        for path in sources("bot/core")
        for module in imported(path)
        if module.split(".")[0] not in sys.stdlib_module_names
        and not any(is_below(module, allowed) for allowed in STDLIB_AND_NUMPY)
    }
    assert foreign == set()


@pytest.mark.slow
def test_only_the_chat_knows_discord() -> None:
    others = [path for path in sources("bot") if "chat" not in path.parts]
    assert not [str(path) for path in others if any(is_below(module, "discord") for module in imported(path))]


def test_only_flows_and_adapters_open_transactions() -> None:
    """Others would depend on the store's details, and hold it locked while waiting for Discord."""
    alone = [ROOT / "bot" / name for name in ("worker.py", "upkeep.py", "messenger.py")]
    callers = [*alone, *sources("bot/chat"), *sources("bot/web")]
    opening = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in callers
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("reading", "writing", "writing_first")
    ]
    assert opening == []


@pytest.mark.slow
def test_p30_nothing_that_runs_foreign_bytes_is_called() -> None:
    """No pickle, marshal, eval, exec or yaml.load: an uploaded or damaged file is read, never run."""
    forbidden, unpickling = {"eval", "exec", "compile", "__import__"}, ("yaml.load", "pickle.loads")
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("bot", "training", "sandbox")
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in forbidden)
            or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in unpickling)
            or any(keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False" for keyword in node.keywords)
        )
    ]
    assert calls == []


@pytest.mark.parametrize("read", [deserialize_value, deserialize_args])
def test_p30_a_row_of_jobs_that_says_it_is_pickled_is_refused(read: Callable[..., object]) -> None:
    """DBOS would unpickle it, whatever its serializer."""
    with pytest.raises(ValueError, match="never pickle"):
        read(base64.b64encode(b"I1\n.").decode(), "py_pickle", jobs.tables.Json())


STARTING = ("create_subprocess_exec", "create_subprocess_shell", "run", "Popen", "call", "check_call", "check_output")
LIVES_IN = {"bot": {"env"}, "training": {"env"}, "sandbox": {"env", "cwd"}, "tests": {"env", "cwd"}}
LIVES_IN["benchmarks"] = LIVES_IN["tests"]


def starts_a_process(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return "subprocess" in name and name.split(".")[-1] in STARTING


@pytest.mark.slow
def test_p42_no_process_inherits_an_environment_or_folder() -> None:
    open_ones = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder, wanted in LIVES_IN.items()
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and starts_a_process(node)
        if not wanted <= {keyword.arg for keyword in node.keywords}
    ]
    assert open_ones == []


WHOLE = re.compile(
    r"\*\*os\.environ|os\.environ *\||env=os\.environ|dict\((os\.environ|env|environment)\)|os\.environ\.copy"
)


def test_p42_the_environment_is_never_passed_on_whole() -> None:
    whole = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in (*OURS, "tests", "benchmarks")
        for path in sources(folder)
        for line in path.read_text().splitlines()
        if WHOLE.search(line) and path not in (Path(__file__), ROOT / "tests" / "mutants" / "inside.py")
    ]
    assert whole == ["bot/environment.py: return {**_file(FILE), **os.environ}"], "where the settings are read"


LINUX_ONLY = re.compile(r"(sched|memfd|pidfd|eventfd|timerfd|setres|getres|getrandom|posix_fa|splice|unshare|setns)")
GUARDED = {"bot/audio/process.py: memfd_create", "bot/cli/analyse.py: sched_getaffinity"}  # used only where they exist


@pytest.mark.slow
def test_what_only_linux_has_is_used_behind_a_check() -> None:
    used = {
        f"{path.relative_to(ROOT)}: {node.attr}"
        for folder in ("bot", "training", "sandbox")
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and LINUX_ONLY.match(node.attr)
    }
    assert used == GUARDED


@pytest.mark.slow
def test_the_serving_process_imports_nothing_of_audio(tmp_path: Path) -> None:
    """Libraries that read strangers' files run in a separate process, and cost the bot no time or memory."""
    heavy = {"av", "soundfile", "soxr", "scipy", "mutagen", "PIL", "bot.audio"}
    code = "import sys, bot.app, bot.chat.gateway.client, bot.worker; print(*sys.modules)"
    command, closed = [sys.executable, "-c", code], environment(tmp_path)
    said = subprocess.run(command, cwd=tmp_path, env=closed, capture_output=True, text=True, check=True)
    modules = said.stdout.split()
    assert "bot.app" in modules
    assert [module for module in modules if any(is_below(module, name) for name in heavy)] == []


@pytest.mark.slow
@pytest.mark.parametrize("module", ["bot.core.sorting.learning.active_learning", "training.model.space"])
def test_sums_take_one_thread(module: str, tmp_path: Path) -> None:
    """On cores that others use too, threads that wait for each other take many times as long as one."""
    code = f"import {module}, threadpoolctl; print(*(pool['num_threads'] for pool in threadpoolctl.threadpool_info()))"
    closed = {name: value for name, value in environment(tmp_path).items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=tmp_path, env=closed, capture_output=True, text=True, check=True)
    assert {*said.stdout.split()} == {"1"}


@pytest.mark.slow
def test_a_start_reads_no_facts_about_languages_that_nobody_speaks_yet(tmp_path: Path) -> None:
    """Babel keeps what it reads: two megabytes for a language."""
    code = """if True:
        import sys
        read = []
        sys.addaudithook(lambda event, given: read.append(str(given[0])) if event == "open" else None)
        from bot.chat.gateway.client import all_commands
        from bot.messages import LANGUAGES, language_name, number
        print(number(1000), len(all_commands()), *map(language_name, LANGUAGES), *read, sep="|")
    """
    command, closed = [sys.executable, "-c", code], environment(tmp_path)
    said = subprocess.run(command, cwd=tmp_path, env=closed, capture_output=True, text=True, check=True).stdout
    assert "|Deutsch|" in said
    facts = {name.partition("_")[0] for name in re.findall(r"locale-data/(\w+)\.dat", said)}
    assert facts == {"en", "root"}


def test_no_package_holds_more_modules_than_one_can_take_in() -> None:
    folders = (folder for name in OURS for folder in (ROOT / name, *(ROOT / name).rglob("*")) if folder.is_dir())
    counts = {folder: len(list(folder.glob("[!_]*.py"))) for folder in folders}
    del counts[ROOT / "bot" / "adapters" / "store" / "migrations" / "versions"]
    assert sum(counts.values()) > 400
    assert {str(folder.relative_to(ROOT)): count for folder, count in counts.items() if count > MODULES} == {}


@pytest.mark.slow
def test_every_function_of_the_bot_is_used_by_more_than_its_tests() -> None:
    """A step that nobody calls any more would otherwise be tested for ever. Decorated ones are called by a library."""
    sources = {path: path.read_text() for name in (*OURS, "benchmarks") for path in (ROOT / name).rglob("*.py")}
    named = Counter(word for source in sources.values() for word in re.findall(r"\w+", DOCSTRING.sub("", source)))
    functions = [
        node
        for path, source in sources.items()
        if path.is_relative_to(ROOT / "bot") and "migrations" not in path.parts
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
    ]
    assert len(functions) > 1_000
    assert [function.name for function in functions if named[function.name] < 2] == []
