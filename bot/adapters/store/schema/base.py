"""What every table is built from: metadata, moments, serial numbers, the reference to a member."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, String, TypeDecorator

E = TypeVar("E", bound=StrEnum)
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NUL = "\x00"
FIRST, LAST = (round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (1, 9999))  # ms


class Moment(TypeDecorator[datetime]):
    """A point in time as whole milliseconds since 1970: sorts, compares and survives every engine alike.

    What lies beyond the years that a date can have, as an older version kept it, is read as the end of them.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(min(max(value, FIRST), LAST) / 1000, UTC)


class Text(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL can't keep: it's left out."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or NUL not in value else value.replace(NUL, "")


class OneOf(TypeDecorator[E]):
    """A member of an enum, stored as its value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key
OPERATOR = 0  # the owner of features that belong to nobody in particular


def of_member(name: str = "member", **options: Any) -> Column[int]:
    """Whose a row is: it goes when they do."""
    return Column(name, BigInteger, ForeignKey("member.member", ondelete="CASCADE"), nullable=False, **options)


def by_member(name: str) -> Column[int]:
    """Whose doing a row was: it stays without a name when they go, for others go on with it."""
    return Column(name, BigInteger, ForeignKey("member.member", ondelete="SET NULL"), index=True)
