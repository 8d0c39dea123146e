"""Paths of sites that live in a folder: `/pricing` of https://a.example/blog is https://a.example/blog/pricing.

Authors and reports name such a page with its folder or without it; both mean the same page.
"""

from urllib.parse import urlsplit


def within(root: str, path: str) -> str:
    """`path` as the site at `root` knows it: without the site's own folder, with one slash at the start."""
    folder = urlsplit(root).path.rstrip("/")
    if folder and (path.rstrip("/") == folder or path.startswith((f"{folder}/", f"{folder}?", f"{folder}#"))):
        path = path[len(folder) :]
    return path if path.startswith("/") else f"/{path}"


def below(root: str, path: str) -> str:
    """The whole address of `path` on the site at `root`."""
    return f"{root.rstrip('/')}{within(root, path)}"
