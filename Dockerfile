# syntax=docker/dockerfile:1
# One image for every process of the platform; docker-compose.yml says which command runs where. Where builds are to be
# the same to the byte, pin the base by digest too: docker build --build-arg PYTHON=python:3.11-slim-bookworm@sha256:…
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 DBT_SEND_ANONYMOUS_USAGE_STATS=false
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements-image.lock ./
# Wheels only: there is no compiler here, and nothing of a package runs while it is installed.
RUN pip install --require-hashes --no-deps --only-binary :all: --requirement requirements-image.lock
COPY pyproject.toml README.md dagster.yaml workspace.yaml ./
COPY growthleads_assets growthleads_assets
COPY dbt_project dbt_project
# The dbt project is parsed for the warehouse's name in docker-compose.yml; for another one a container parses it itself.
RUN pip install --no-deps --no-build-isolation --editable . \
    && python -m compileall -q growthleads_assets \
    && python -m growthleads_assets.commands.parse growthleads

FROM ${PYTHON}
LABEL org.opencontainers.image.title="GrowthLeads" \
      org.opencontainers.image.description="Affiliate-commission data platform: landed CSV files to published commission marts"
# Any user of group 0 can be the one that it runs as, so that files in the zones can belong to a user of the host.
RUN useradd --uid 10001 --gid 0 --no-create-home --home-dir /var/lib/growthleads --shell /usr/sbin/nologin growthleads \
    && mkdir -p /var/lib/growthleads /srv/landing_zone /srv/archive_zone \
    && chown 10001:0 /var/lib/growthleads /srv/landing_zone /srv/archive_zone \
    && chmod 770 /var/lib/growthleads /srv/landing_zone /srv/archive_zone
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    GROWTHLEADS_HOME=/var/lib/growthleads \
    GROWTHLEADS_LANDING_ZONE=/srv/landing_zone \
    GROWTHLEADS_ARCHIVE_ZONE=/srv/archive_zone
WORKDIR /app
USER 10001:0
CMD ["growthleads", "--help"]
