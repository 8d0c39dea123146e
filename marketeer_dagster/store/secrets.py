"""Connection secrets at rest: JSON under Fernet, with a key derived from the installation's secret key."""

import base64
import json
from collections.abc import Mapping
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.redaction import keep_out

_SALT = b"marketeer-dagster connection secrets"
"""Fixed, so that every process derives the same key from the same secret; scrypt makes guessing a weak one slow."""


_PUBLIC = ("client_id",)
"""Kept with the secrets though it is none: an account's name, which errors have to be able to tell."""


def _never_tell(secrets: Mapping[str, str]) -> None:
    keep_out(value for name, value in secrets.items() if name not in _PUBLIC)


class SecretBox:
    """Encrypts and decrypts the secrets of connections. Without a key it refuses both."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    def seal(self, secrets: Mapping[str, SecretStr]) -> str | None:
        """An encrypted token of the secrets; None when there are none. ConfigError without a key."""
        if not secrets:
            return None
        plain = {name: secret.get_secret_value() for name, secret in secrets.items()}
        _never_tell(plain)
        return self._fernet.encrypt(json.dumps(plain).encode()).decode()

    def open(self, token: str | None, *, where: str) -> dict[str, SecretStr]:
        """The secrets in a token. ConfigError without a key or with another key than they were stored with."""
        if token is None:
            return {}
        try:
            plain: dict[str, str] = json.loads(self._fernet.decrypt(token.encode()))
        except InvalidToken:
            raise ConfigError(
                "the stored secrets were encrypted with another key",
                where=where,
                hint="restore the former MARKETEER_SECRET_KEY, or connect the tool again",
            ) from None
        _never_tell(plain)
        return {name: SecretStr(value) for name, value in plain.items()}

    @cached_property
    def _fernet(self) -> Fernet:
        if self._key is None or not self._key.get_secret_value():
            raise ConfigError(
                "secrets cannot be stored or read without a key",
                where="MARKETEER_SECRET_KEY",
                expected="any long random text, kept outside the database",
                hint="run `marketeer init`, or set it, for instance to the output of `openssl rand -hex 32`",
            )
        derived = Scrypt(salt=_SALT, length=32, n=2**14, r=8, p=1).derive(self._key.get_secret_value().encode())
        return Fernet(base64.urlsafe_b64encode(derived))
