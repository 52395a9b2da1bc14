# One image for web, worker and beat; the command decides. Built and run without root rights.
FROM python:3.11-slim-bookworm AS packages
COPY pyproject.toml /build/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --quiet pip==26.3 \
    && /opt/venv/bin/pip install --no-cache-dir --group /build/pyproject.toml:locked

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/pocweb pocweb
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY pocweb pocweb
COPY threats threats
COPY strategy strategy
COPY coordination coordination
COPY reporting reporting
COPY templates templates
COPY static static
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 POCWEB_FILES_DIR=/files
# Static files become part of the image, so that every web container serves the same ones. Collecting them makes a
# secret for local use, which is removed again: an installation names its own.
RUN mkdir -p /app/var /files \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && rm -f /app/var/secret-key \
    && chown -R pocweb:pocweb /app/var /files
USER pocweb
VOLUME /files
EXPOSE 8000
CMD ["gunicorn", "pocweb.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
