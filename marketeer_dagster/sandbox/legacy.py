"""The site a tenant has before anything is improved: pages as such companies often have them, honest but vague."""

from html import escape

from marketeer_dagster.sandbox.accounts import AccountSpec, SeedPage

_SHARES = {"/": 0.5, "/pricing": 0.22, "/features": 0.28}


def seed_pages(spec: AccountSpec) -> tuple[SeedPage, ...]:
    """The account's own seed pages, or three generated ones; each with its share of landing sessions, summing to 1."""
    pages = spec.pages or _generated(spec)
    wanted = [page.share or _SHARES.get(page.path, 1 / (2 + rank)) for rank, page in enumerate(pages)]
    return tuple(
        page.model_copy(update={"share": share / sum(wanted)}) for page, share in zip(pages, wanted, strict=True)
    )


def _generated(spec: AccountSpec) -> tuple[SeedPage, ...]:
    name, subject = escape(spec.name), escape(spec.one_liner or spec.name)
    signup = (
        '<form action="#signup"><input name="first_name"><input name="last_name"><input name="email" type="email">'
        '<input name="company"><input name="phone"><input name="size"><button type="submit">Submit</button></form>'
    )
    home = (
        f"<h1>Welcome to {name}</h1><p>{subject}</p>"
        '<p><a class="cta" href="#signup">Learn more</a> <a class="button" href="/features">See features</a></p>'
        f"<h2>Why {name}?</h2><p>{name} is an innovative, world-class solution for modern businesses. Our team is "
        "passionate about helping you succeed and reach your full potential with a seamless experience!</p>"
        "<h2>Everything in one place</h2><p>Whether you are large or small, we have something for you. Get in touch to "
        f"hear more about what we offer.</p>{signup}"
    )
    features = (
        f"<h1>{name} features</h1><p>Powerful, flexible and easy to use.</p>"
        f"<h2>What you get</h2><p>{subject} Our robust platform comes with all the tools you expect, and we add new "
        "ones all the time!</p><ul><li>Dashboard</li><li>Reports</li><li>Integrations</li><li>Support</li></ul>"
        f'<p><a class="cta" href="#signup">Learn more</a></p>{signup}'
    )
    plans = "".join(f"<li>{escape(plan.name)}: ${plan.monthly_usd:g} a month</li>" for plan in spec.plans)
    pricing = (
        f"<h1>Pricing</h1><p>Choose the plan that is right for you.</p><ul>{plans}</ul>"
        f'<h2>Questions?</h2><p>Contact our sales team.</p><p><a class="cta" href="#signup">Learn more</a></p>{signup}'
    )
    return (
        SeedPage(path="/", title=f"{spec.name} | Home", html=home),
        SeedPage(path="/pricing", title=f"Pricing | {spec.name}", html=pricing),
        SeedPage(path="/features", title=f"Features | {spec.name}", html=features),
    )
