"""The public sites: published pages as visitors see them, each marked as simulated."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.world import World

_STYLE = """
:root{color-scheme:light}body{margin:0;font:17px/1.6 system-ui,sans-serif;color:#1a2233;background:#fff}
.simulated{background:#fff4d6;color:#5c4400;padding:.4rem 1rem;font-size:.85rem;text-align:center}
nav{display:flex;gap:1.2rem;padding:1rem 1.5rem;border-bottom:1px solid #e5e8ef}nav b{margin-right:auto}
main{max-width:66rem;margin:2rem auto;padding:0 1.5rem}h1{font-size:2.3rem;line-height:1.15}h2{margin-top:2.4rem}
a.cta,a.wp-block-button__link,button{display:inline-block;background:#2547d0;color:#fff;padding:.7rem 1.3rem;border:0;
border-radius:.4rem;text-decoration:none;font:inherit;font-weight:600}
blockquote{border-left:3px solid #2547d0;margin-left:0;padding-left:1rem;color:#3a4560}
input{display:block;width:100%;max-width:22rem;padding:.5rem;margin:.3rem 0 .8rem;font:inherit}
"""

_LOCKED = '<form class="post-password-form" method="post"><label>Password <input type="password"></label></form>'
"""What visitors see of a page that a password protects."""


def _document(page: Page, site_name: str, nav: str, today: str) -> str:
    description = page.excerpt.replace("<p>", "").replace("</p>", "").strip()
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
        f'<meta name="description" content="{escape(description)}"><meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head><body>'
        '<div class="simulated" role="note">Simulated: this page exists only in the sandbox market '
        f"(day {today}).</div>"
        f"<nav><b>{escape(site_name)}</b>{nav}</nav><main>{page.content}</main></body></html>"
    )


def routes(world: World) -> list[BaseRoute]:
    """The public sites, below /sites/{tenant}."""

    def show(request: Request) -> Response:
        tenant, path = request.path_params["tenant"], request.path_params.get("path", "")
        try:
            account = world.account(tenant)
        except NotFound as error:
            return HTMLResponse(f"<h1>404</h1><p>{escape(str(error))}</p>", status_code=404)
        pages = world.site(tenant).pages
        page = pages.by_path(path)
        if page is None:
            return HTMLResponse(f"<h1>404</h1><p>Nothing is published at /{escape(path)}.</p>", status_code=404)
        links = [
            f'<a href="/sites/{tenant}/{p.path.strip("/")}">{escape(p.path)}</a>'
            for p in pages.list(status="publish")[:8]
        ]
        if page.meta.get("_password"):
            page = page.model_copy(update={"content": _LOCKED})
        html = _document(page, account.spec.name, "".join(links), world.clock.day.isoformat())
        return HTMLResponse(html, headers={"X-Simulated": "true"})

    return [Route("/sites/{tenant}", show), Route("/sites/{tenant}/", show), Route("/sites/{tenant}/{path:path}", show)]
