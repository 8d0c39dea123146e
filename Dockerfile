# syntax=docker/dockerfile:1
# One image for code location, webserver, daemon and sandbox. Every dependency is pinned by constraints.txt.
FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/marketeer
RUN python -m venv /opt/venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY marketeer_dagster marketeer_dagster
COPY assets assets
COPY sensors sensors
COPY resources resources
# Editable: the catalog reads skills/ beside the packages, and the image holds one copy of the code.
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/python -m pip install --disable-pip-version-check -c constraints.txt -e . \
    && /opt/venv/bin/python -m compileall -q marketeer_dagster assets sensors resources

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DAGSTER_HOME=/opt/dagster \
    DAGSTER_STORAGE=/var/lib/dagster \
    MARKETEER_HOME=/var/lib/marketeer
# The folders that volumes are mounted on belong to the user, so that a new volume does too. Dagster makes (empty)
# folders in its home at every start.
RUN useradd --system --uid 10001 --create-home marketeer \
    && install -d -o marketeer -g marketeer -m 0700 /var/lib/marketeer /var/lib/dagster \
    && install -d -o marketeer /opt/dagster \
    && install -d /etc/marketeer
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/marketeer /opt/marketeer
COPY skills /opt/marketeer/skills
COPY examples /opt/marketeer/examples
COPY dagster.yaml /opt/dagster/dagster.yaml
WORKDIR /opt/marketeer
USER marketeer
CMD ["marketeer", "--help"]
