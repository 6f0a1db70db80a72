"""The channels of a plan as objects for a Kubernetes cluster, which then keeps them running instead of a farm.

Each channel is a StatefulSet of one pod with a volume for its state, a Service for its page and a Secret with its
settings; a disruption budget lets a node be drained by moving one channel after the other. Pure.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from dreamstream.core.errors import UsageError
from dreamstream.farm.channel import START_WITHIN
from dreamstream.farm.plan import ChannelPlan, Plan, settings_of

PORT = 8080
STATE, CACHE, SETTINGS = "/var/lib/dreamstream", "/var/cache/dreamstream", "/etc/dreamstream"
# What a channel asks of its node where the plan says nothing: two cores make a good show, half a one a small one.
CPU, MEMORY_MIB, STATE_GIB, CACHE_GIB = "500m", 1024, 1, 2
GPU = "nvidia.com/gpu"
# A show closes its files within 5 s; the rest is for a slow volume.
END_WITHIN = 40
# The user of the images in docker/.
USER = 1000


def objects(plan: Plan, image: str, namespace: str = "") -> dict[str, Any]:
    """A List of all objects, as JSON that `kubectl apply -f` takes. namespace: "" for the one that kubectl is set to.

    Raises UsageError for a channel whose name or settings a cluster cannot take.
    """
    items: list[dict[str, Any]] = []
    for channel in plan.channels.values():
        items += [_secret(channel), _service(channel), _stateful_set(channel, image)]
    items.append(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": _named("dreamstream", {}),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "dreamstream"}}},
        }
    )
    if namespace:
        for item in items:
            item["metadata"]["namespace"] = namespace
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _secret(channel: ChannelPlan) -> dict[str, Any]:
    """The channel's settings, which hold stream keys."""
    settings = settings_of(channel)
    if "_" in channel.name or channel.name.endswith("-"):
        raise UsageError(f"[channels.{channel.name}]: in a cluster a name has small letters, digits and - inside only.")
    for key in channel.settings:
        if isinstance(path := getattr(settings, key), Path) and path.is_absolute():
            raise UsageError(
                f"{key} in [channels.{channel.name}] is {path}, which a pod has not; a relative path is meant from the "
                "channel's volume."
            )
    written: Mapping[str, Any] = {
        **channel.settings,
        "channel": channel.name,
        "host": "0.0.0.0",
        "port": PORT,
        "state": f"{STATE}/state",
        "allowed_host": [*settings.allowed_host, _object(channel)],
    }
    data = base64.b64encode(tomli_w.dumps(dict(written)).encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": _named(_object(channel), _labels(channel)),
        "data": {"settings.toml": data},
    }


def _service(channel: ChannelPlan) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _named(_object(channel), _labels(channel)),
        "spec": {"selector": _labels(channel), "ports": [{"name": "page", "port": PORT, "targetPort": "page"}]},
    }


def _stateful_set(channel: ChannelPlan, image: str) -> dict[str, Any]:
    claim = {
        "metadata": {"name": "state"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{STATE_GIB}Gi"}}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": _named(_object(channel), _labels(channel)),
        "spec": {
            # Never two: both would send to the same stream key. A StatefulSet waits until the one before has ended.
            "replicas": 1,
            "serviceName": _object(channel),
            "selector": {"matchLabels": _labels(channel)},
            "volumeClaimTemplates": [claim],
            "template": {
                "metadata": {
                    "labels": _labels(channel),
                    "annotations": {
                        "prometheus.io/scrape": "true",
                        "prometheus.io/port": str(PORT),
                        "prometheus.io/path": "/metrics",
                    },
                },
                "spec": _pod(channel, image),
            },
        },
    }


def _pod(channel: ChannelPlan, image: str) -> dict[str, Any]:
    memory = channel.memory_mib or MEMORY_MIB
    limits: dict[str, Any] = {"memory": f"{channel.memory_mib}Mi"} if channel.memory_mib else {}
    limits |= {GPU: len(channel.devices)} if channel.devices else {}
    token = {"name": f"{_object(channel)}-token", "key": "token", "optional": True}
    return {
        "terminationGracePeriodSeconds": END_WITHIN,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "show",
                "image": image,
                "args": ["serve", "--config", f"{SETTINGS}/settings.toml"],
                "workingDir": STATE,
                "ports": [{"name": "page", "containerPort": PORT}],
                "env": [
                    {"name": "DREAMSTREAM_CACHE", "value": CACHE},
                    {"name": "DREAMSTREAM_CONTROL_TOKEN", "valueFrom": {"secretKeyRef": token}},
                ],
                "resources": {"requests": {"cpu": CPU, "memory": f"{memory}Mi"}, "limits": limits},
                # Pictures move: else it is started anew. Dreams are made: else its page gets no visitors yet.
                "startupProbe": _probe("/healthz", 5, int(START_WITHIN // 5)),
                "livenessProbe": _probe("/healthz", 10, 3),
                "readinessProbe": _probe("/readyz", 5, 3),
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "state", "mountPath": STATE},
                    {"name": "cache", "mountPath": CACHE},
                    {"name": "settings", "mountPath": SETTINGS, "readOnly": True},
                    {"name": "tmp", "mountPath": "/tmp"},
                ],
            }
        ],
        "volumes": [
            {"name": "settings", "secret": {"secretName": _object(channel), "defaultMode": 0o440}},
            {"name": "cache", "emptyDir": {"sizeLimit": f"{CACHE_GIB}Gi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    }


def _probe(path: str, every: int, failures: int) -> dict[str, Any]:
    # The page answers to names that it knows; a pod's address is none.
    get = {"path": path, "port": "page", "httpHeaders": [{"name": "Host", "value": "localhost"}]}
    return {"httpGet": get, "periodSeconds": every, "timeoutSeconds": 4, "failureThreshold": failures}


def _object(channel: ChannelPlan) -> str:
    return f"dreamstream-{channel.name}"


def _labels(channel: ChannelPlan) -> dict[str, str]:
    return {"app.kubernetes.io/name": "dreamstream", "app.kubernetes.io/instance": channel.name}


def _named(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "labels": {"app.kubernetes.io/name": "dreamstream", **labels}}
