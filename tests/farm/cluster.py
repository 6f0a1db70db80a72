"""A Ray cluster of three nodes on this machine, for tests; the first one has none of our channels."""

from __future__ import annotations

import os
from typing import Any


class RayCluster:
    """A head without cores, on which the farm is, and two nodes for channels. A node's death is seen within seconds."""

    def __init__(self, cores: int = 4) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        self._common = {"object_store_memory": 80 << 20, "include_dashboard": False}
        quick = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 2000,
            "health_check_failure_threshold": 4,
        }
        self._cores = cores
        self._cluster = Cluster(True, head_node_args={"num_cpus": 0, "_system_config": quick, **self._common})
        self.nodes: dict[str, Any] = {}
        for _ in range(2):
            self.add()

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self._cluster.address)

    def add(self) -> str:
        """Another node; its name."""
        node = self._cluster.add_node(num_cpus=self._cores, **self._common)
        name = str(node.node_id)[:8]
        self.nodes[name] = node
        return name

    def kill(self, name: str) -> None:
        """Take a node away, as a power cut does."""
        self._cluster.remove_node(self.nodes.pop(name), allow_graceful=False)

    def close(self) -> None:
        """End all of it."""
        self._cluster.shutdown()
