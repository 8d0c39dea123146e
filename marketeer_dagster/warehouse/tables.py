"""What a warehouse table is: its columns with types, units and meaning, and the statements that make it so."""

from dataclasses import dataclass
from typing import Literal

Type = Literal["VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "DECIMAL(18,9)"]


@dataclass(frozen=True)
class Column:
    """One column. `comment` says what it means and in which unit."""

    name: str
    type: Type
    comment: str
    key: bool = False
    """Part of what makes a row unique."""
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the warehouse."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that are never null."""
        return tuple(column.name for column in self.columns if not column.nullable)

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)

    def create(self) -> str:
        """The CREATE TABLE statement.

        There is no PRIMARY KEY: its index would slow bulk loads several times over, and DuckDB cannot delete and
        insert one key in a transaction. The writer checks keys instead.
        """
        lines = (f'"{c.name}" {c.type}{"" if c.nullable else " NOT NULL"}' for c in self.columns)
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({", ".join(lines)})'

    def comments(self) -> list[str]:
        """The statements that attach the comments."""
        return comments(self.name, self.comment, {column.name: column.comment for column in self.columns})


def comments(table: str, comment: str, columns: dict[str, str]) -> list[str]:
    """COMMENT ON statements for a table and its columns."""
    on_columns = [f'COMMENT ON COLUMN "{table}"."{name}" IS {quoted(text)}' for name, text in columns.items()]
    return [f'COMMENT ON TABLE "{table}" IS {quoted(comment)}', *on_columns]


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


TENANT = Column("tenant", "VARCHAR", "Tenant's id.", key=True)
SIMULATED = Column("simulated", "BOOLEAN", "True for figures of the sandbox's market, false for real ones.")


def day(comment: str) -> Column:
    """The date column of a daily fact."""
    return Column("date", "DATE", comment, key=True)


def name(name: str, comment: str) -> Column:
    """A text that is part of the key."""
    return Column(name, "VARCHAR", comment, key=True)


def text(name: str, comment: str, *, nullable: bool = False) -> Column:
    """A text."""
    return Column(name, "VARCHAR", comment, nullable=nullable)


def count(name: str, comment: str, *, nullable: bool = False) -> Column:
    """A whole number of things."""
    return Column(name, "BIGINT", comment, nullable=nullable)


def number(name: str, comment: str, *, nullable: bool = False) -> Column:
    """A measured amount."""
    return Column(name, "DOUBLE", comment, nullable=nullable)


def usd(name: str, comment: str, *, nullable: bool = False) -> Column:
    """Exact US dollars."""
    return Column(name, "DECIMAL(18,9)", comment, nullable=nullable)


def moment(name: str, comment: str, *, key: bool = False, nullable: bool = False) -> Column:
    """A point in time. Without zone, in UTC: a zoned type would need an extension to be read."""
    return Column(name, "TIMESTAMP", comment, key=key, nullable=nullable)


def date_of(name: str, comment: str, *, nullable: bool = False) -> Column:
    """A calendar day."""
    return Column(name, "DATE", comment, nullable=nullable)
