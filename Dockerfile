# One image, two commands: `memory-bridge serve` (the default) and `python -m memory_api`.
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/memory-bridge
ENV PATH=/opt/memory-bridge/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY licenses licenses
COPY scripts scripts
COPY bridge bridge
COPY memory_api memory_api
# Installed twice: the model is built with the runtime's own libraries, and then goes into the wheel.
# With Redis' client, so that STATE_URL works.
RUN pip install '.[redis]' && python scripts/build_model.py && pip install --force-reinstall --no-deps .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 memory && mkdir /data && chown memory /data
COPY --from=build /opt/memory-bridge /opt/memory-bridge
ENV PATH=/opt/memory-bridge/bin:$PATH PYTHONUNBUFFERED=1 \
    HOST=:: PORT=8080 MEMORY_API_DATA_DIR=/data
USER memory
EXPOSE 8080 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["memory-bridge", "serve"]
