"""A real WordPress for contract tests: Debian's packages, a database of its own, gone when the test session ends.

Needs the packages wordpress, wordpress-theme-twentytwentythree, php-cli, php-mysql and mariadb-server. No file outside
`folder` is written, no service is started, and nothing listens but PHP's own server on 127.0.0.1.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId

CORE = Path("/usr/share/wordpress")
THEME = "twentytwentythree"
PHP_FILES = Path(__file__).with_name("wordpress_site")
STARTS_WITHIN_S = 120.0


@dataclass(frozen=True)
class RealWordPress:
    """A running site. Both users have an application password; only the administrator may post unfiltered HTML."""

    url: str
    administrator: str
    administrator_password: str
    writer: str
    writer_password: str

    def connection(self, tenant: str = "acme", *, as_writer: bool = False, **settings: str) -> Connection:
        """How the publisher reaches this site."""
        username, password = (
            (self.writer, self.writer_password) if as_writer else (self.administrator, self.administrator_password)
        )
        return Connection(
            tenant=TenantId(tenant),
            tool="wordpress",
            settings={"base_url": self.url, "user": username, **settings},
            secrets={"application_password": SecretStr(password)},
        )


def missing_packages() -> list[str]:
    """What must be installed for a real WordPress and is not."""
    needed = {
        "wordpress": (CORE / "wp-includes" / "version.php").exists(),
        f"wordpress-theme-{THEME}": (CORE / "wp-content" / "themes" / THEME).exists(),
        "php-cli": shutil.which("php") is not None,
        "mariadb-server": shutil.which("mariadbd") is not None and shutil.which("mariadb-install-db") is not None,
    }
    return [name for name, present in needed.items() if not present]


def require_packages() -> None:
    """Skip the test when packages are missing; in CI that is a failure, never a silent skip."""
    missing = missing_packages()
    if not missing:
        return
    message = f"a real WordPress needs: apt-get install {' '.join(missing)} php-mysql"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


@contextlib.contextmanager
def running_wordpress(folder: Path) -> Iterator[RealWordPress]:
    """Install and serve a fresh site in `folder` (short path: it holds a socket)."""
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(_running_database(folder))
        port = _free_port()
        site = _site_folder(folder, database, port)
        passwords = _install(site)
        stack.enter_context(_running_php(site, port))
        yield RealWordPress(url=f"http://127.0.0.1:{port}", **passwords)


@contextlib.contextmanager
def _running_database(folder: Path) -> Iterator[Path]:
    """MariaDB with an empty database `wordpress`, reachable by its socket alone; yields the socket."""
    data, sock = folder / "db", folder / "db.sock"
    owner = f"--user={_owner()}"
    subprocess.run(
        [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            owner,
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        capture_output=True,
    )
    # A test's database may be lost: no flush to disk, small buffers.
    arguments = [
        "--skip-networking",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=32M",
        "--skip-log-bin",
    ]
    with _running(
        [
            "mariadbd",
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={sock}",
            f"--pid-file={folder / 'db.pid'}",
            owner,
            *arguments,
        ],
        folder / "db.log",
    ):
        _wait_for(
            lambda: _sql(sock, "CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4"), folder / "db.log"
        )
        yield sock


def _sql(sock: Path, statement: str) -> bool:
    command = ["mariadb", "--no-defaults", f"--socket={sock}", "-uroot", "-e", statement]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _site_folder(folder: Path, database: Path, port: int) -> Path:
    """A WordPress root made of links to Debian's core, with a configuration, content folder and theme of its own."""
    site, content = folder / "site", folder / "site" / "wp-content"
    site.mkdir()
    for entry in CORE.iterdir():
        if entry.name not in {"wp-config.php", "wp-content"}:
            (site / entry.name).symlink_to(entry)
    (content / "themes").mkdir(parents=True)
    (content / "themes" / THEME).symlink_to(CORE / "wp-content" / "themes" / THEME)
    shutil.copytree(PHP_FILES / "mu-plugins", content / "mu-plugins")
    for name in ("wp-config.php", "install.php", "router.php"):
        text = (PHP_FILES / name).read_text(encoding="utf-8")
        (site / name).write_text(
            text.replace("{{SITE}}", f"{site}/").replace("{{SOCKET}}", str(database)).replace("{{PORT}}", str(port)),
            encoding="utf-8",
        )
    return site


def _install(site: Path) -> dict[str, str]:
    done = subprocess.run(["php", str(site / "install.php")], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip().startswith("{"):
        raise RuntimeError(f"wp_install failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def _running_php(site: Path, port: int) -> Iterator[None]:
    command = [
        "php",
        "-d",
        "opcache.enable_cli=1",
        "-S",
        f"127.0.0.1:{port}",
        "-t",
        str(site),
        str(site / "router.php"),
    ]
    with _running(command, site.parent / "php.log", {"PHP_CLI_SERVER_WORKERS": "4"}):
        _wait_for(lambda: _answers(f"http://127.0.0.1:{port}/wp-json/"), site.parent / "php.log")
        yield


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == 200
    except httpx.HTTPError:
        return False


@contextlib.contextmanager
def _running(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A server and whatever it forks, in a process group of its own that is ended with the test session."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, env={**os.environ, **(environment or {})}
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for(ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _owner() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
