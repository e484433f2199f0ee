"""What tables are made of: the one `metadata`, and a kind of column for each kind of value."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only where the key is spelt INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")


def number() -> Column[int]:
    return Column("id", Number, primary_key=True, autoincrement=True)


def words(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)
