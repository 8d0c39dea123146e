"""Alembic migrations of the store, part of the package so that an installed copy can migrate."""
