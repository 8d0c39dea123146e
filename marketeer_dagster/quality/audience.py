"""Which texts of an artefact customers read, and which only colleagues and platforms see: as its class declares it."""

from marketeer_dagster.model.artefacts import ArtefactContent


def public_texts(content: ArtefactContent) -> dict[str, str]:
    """The prose that customers read, by path; none for papers. What declares nothing is public."""
    return {p.path: p.text for p in content.passages() if p.public and not p.is_address}


def is_paper(content: ArtefactContent) -> bool:
    """Whether nothing of it is for customers."""
    return not any(passage.public for passage in content.passages())
