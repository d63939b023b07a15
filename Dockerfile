# The mock server, `docker build -t accounts-mock .`, and the suite, `docker build --target conformance .`
# Each has the packages of its lock, by their hashes, and nothing else of an index.
FROM python:3.13-slim AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

FROM base AS build-conformance
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements-run.lock .
RUN python -m pip --python /opt/venv install --require-hashes --requirement requirements-run.lock
COPY . .
RUN python -m pip --python /opt/venv install --no-deps --no-build-isolation .

FROM base AS build-mockserver
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements-serve.lock .
RUN python -m pip --python /opt/venv install --require-hashes --requirement requirements-serve.lock
COPY . .
RUN python -m pip --python /opt/venv install --no-deps --no-build-isolation .

# The folder of the target file, its restore file and the reports is given at /work:
# docker run --rm --user "$(id -u)" -v "$PWD:/work" accounts-conformance run target.yaml
FROM base AS conformance
COPY --from=build-conformance /opt/venv /opt/venv
WORKDIR /work
USER 10001
ENTRYPOINT ["conformance"]
CMD ["--help"]

# docker run --rm -p 127.0.0.1:8080:8080 -e MOCKSERVER_CONTROL_TOKEN=choose-one accounts-mock
FROM base AS mockserver
COPY --from=build-mockserver /opt/venv /opt/venv
ENV MOCKSERVER_HOST=0.0.0.0 MOCKSERVER_PORT=8080
WORKDIR /work
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['MOCKSERVER_PORT']}/_mock/health\", timeout=2)"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]
