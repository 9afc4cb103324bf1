"""The bot with its models in a bucket on an S3 server: the whole main job, the doctor, and a server that's down."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack import BotEnded
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import trained
from tests.s3 import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "s3").mkdir()
    made = Server(tmp_path / "s3")
    made.start()
    yield made
    made.stop()


async def test_p35_the_main_job_goes_as_in_a_folder_and_nothing_is_left(tmp_path: Path, server: Server) -> None:
    """Label, train, sort, delete: the models are in the bucket alone, and then they're gone."""
    name = server.new_bucket()
    async with CheckedStack(tmp_path / "stack", STORAGE_URL=f"s3://{name}/crates", **server.access()) as stack:
        await stack.start_bot()
        ada = await trained(stack)
        before = ada.contents()
        await ada.apply(await ada.dry_run())
        assert ada.contents() != before
        kept = server.folder / name / "crates" / "models"
        assert {path.suffix for path in kept.iterdir()} == {".onnx", ".json", ".png"}
        assert not list((stack.data / "models").glob("*"))
        assert f"models are in s3://{name}/crates/models" in await stack.run("-m", "bot", "doctor")
        deleting = await ada.person.submit(await ada.person.command("data delete"), word="delete")
        await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)
        assert not list(kept.glob("*"))
        assert not list((stack.data / "cache" / "models").glob("*"))


async def test_a_server_that_isnt_there_ends_the_start_in_one_line(tmp_path: Path) -> None:
    nowhere = {
        "STORAGE_URL": "s3://none",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
    }
    async with CheckedStack(tmp_path / "stack", **nowhere) as stack:
        with pytest.raises(BotEnded) as ended:
            await asyncio.wait_for(stack.start_bot(), PATIENCE)
        assert "s3://none/models: the server doesn't answer properly" in str(ended.value)
        assert "hunter2" not in str(ended.value)
        assert "Traceback" not in str(ended.value)
