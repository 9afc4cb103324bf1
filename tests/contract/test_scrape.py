"""What Prometheus reads goes on while the database is away, without what only the database knows."""

from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.jobs import Jobs
from bot.adapters.store import Store
from bot.telemetry.scrape import scrape
from tests.databases import migrated_folder

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OF_DATABASE = {"cratekeeper_cooldown_seconds", "cratekeeper_jobs_waiting", "cratekeeper_oldest_job_seconds"}


async def scraped(data: Path, jobs: Jobs) -> dict[str, float]:
    """The first sample of each metric there is."""
    async with Store(f"sqlite+aiosqlite:///{data / 'cratekeeper.db'}") as store:
        text = (await scrape(store, jobs, NOW)).decode()
    families = text_string_to_metric_families(text)
    return {family.name: family.samples[0].value for family in families if family.samples}


async def test_metrics_of_the_process_outlast_the_database(tmp_path: Path) -> None:
    migrated_folder(tmp_path / "data")
    jobs = Jobs(f"sqlite:///{tmp_path / 'data' / 'jobs.db'}")
    await jobs.start(lambda _: None)  # type: ignore[arg-type, return-value]
    try:
        before = await scraped(tmp_path / "data", jobs)
        away = await scraped(tmp_path / "nowhere", jobs)
        after = await scraped(tmp_path / "data", jobs)
    finally:
        await jobs.stop(0)
    assert [seen["cratekeeper_database_up"] for seen in (before, away, after)] == [1, 0, 1]
    assert before.keys() - away.keys() == OF_DATABASE
    assert before.keys() == after.keys()
    assert away["cratekeeper_members_linked"] != away["cratekeeper_members_linked"], "it's NaN: nobody knows"
    assert away["process_open_fds"] > 0
