# One image for all: `python -m listener` or `python -m workers` decides.
# Runs as nobody in particular, and needs nothing writable but /tmp and /var/lib/heliograph.
FROM python:3.13-slim-bookworm AS packages
COPY requirements/run.txt /requirements.txt
RUN python -m venv /opt/heliograph \
    && /opt/heliograph/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM python:3.13-slim-bookworm
RUN useradd --system --user-group --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin heliograph \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/heliograph
COPY --from=packages /opt/heliograph /opt/heliograph
COPY heliograph /app/heliograph
COPY listener /app/listener
COPY workers /app/workers
COPY handlers /app/handlers
ENV PATH=/opt/heliograph/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HELIOGRAPH_CONFIG=/etc/heliograph/heliograph.toml \
    HEALTH_URL=http://127.0.0.1:8080/healthz
WORKDIR /app
USER 10001:10001
EXPOSE 8080
# A worker sets HEALTH_URL to its own port. Alive is not ready: orchestrators ask /readyz besides.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=2)"]
CMD ["python", "-m", "listener"]
