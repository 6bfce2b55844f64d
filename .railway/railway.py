"""Two services on Railway: `railway config plan` shows what this makes, `railway config apply` makes it."""

from typing import Any

from railway_sdk import Project, define_railway, github, preserve, project, service, volume

REPOSITORY = "your-name/memory-bridge"  # your fork

BUILD = {"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"}
DEPLOY = {"restartPolicyType": "ON_FAILURE", "restartPolicyMaxRetries": 5, "drainingSeconds": 15}


@define_railway
def main(_context: Any = None) -> Project:
    """The memory service keeps its volume and has no public address; the bridge is what clients reach."""
    source = github(REPOSITORY, branch="main")
    data = volume("memory-data", {"sizeMB": 5000})
    memory_api = service(
        "memory-api",
        source=source,
        build=BUILD,
        start="python -m memory_api",
        healthcheck="/health",
        healthcheckTimeout=120,
        deploy=DEPLOY,
        volumeMounts={"/data": data},
        env={
            "HOST": "::",
            "PORT": "8001",
            "MEMORY_API_DATA_DIR": "/data",
            "AUTOMEM_API_TOKEN": preserve(),
            # Railway mounts volumes as root, and the image runs as another user.
            "RAILWAY_RUN_UID": "0",
        },
    )
    bridge = service(
        "bridge",
        source=source,
        build=BUILD,
        start="memory-bridge serve",
        healthcheck="/health",
        healthcheckTimeout=120,
        deploy=DEPLOY,
        env={
            "HOST": "::",
            "PORT": "8080",
            "AUTOMEM_API_URL": "http://${{memory-api.RAILWAY_PRIVATE_DOMAIN}}:8001",
            "AUTOMEM_API_TOKEN": memory_api.env.AUTOMEM_API_TOKEN,
            # Without it every deployment ends the connections of Claude.ai and ChatGPT: this service has no volume.
            "OAUTH_SECRET": preserve(),
        },
    )
    return project("memory-bridge", resources=[memory_api, bridge, data])
