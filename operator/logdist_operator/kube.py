"""The Kubernetes API as the operator uses it: plain JSON in, plain JSON out, every failure one kind of error.

Blocking: call it by `asyncio.to_thread`. The client's typed models are left aside: building them costs more than all
the rest of a listing, and an Analyser has none.
"""

import json
from pathlib import Path
from typing import Any, Final

import urllib3
from kubernetes import client, config

from logdist_operator.errors import LogdistError

TIMEOUT_S: Final = (3.0, 20.0)  # to connect, between two bytes
OWN_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
MANAGER: Final = "logdist-operator"  # owner of the fields the operator writes

Json = dict[str, Any]


class KubeError(LogdistError):
    """The API server said no, or nothing. `status` is the HTTP status, 0 when there was no answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Kube:
    """A connection by the pod's service account or, outside of a cluster, by $KUBECONFIG (else ~/.kube/config).

    `namespace` is the operator's own: the pod's, or the one of the kubeconfig's current context.
    """

    def __init__(self) -> None:
        """Raise KubeError when neither is there."""
        try:
            if OWN_NAMESPACE.exists():
                config.load_incluster_config()  # type: ignore[no-untyped-call]
                self.namespace = OWN_NAMESPACE.read_text(encoding="utf-8").strip()
            else:
                config.load_kube_config()  # type: ignore[no-untyped-call]
                _, context = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
                self.namespace = str(context["context"].get("namespace") or "default")
        except config.ConfigException as error:
            message = f"no access to Kubernetes: not in a pod, and no usable kubeconfig ({error})"
            raise KubeError(0, " ".join(message.split())) from error
        self._client = client.ApiClient()

    @property
    def host(self) -> str:
        return str(self._client.configuration.host)

    def get(self, path: str, **query: str) -> Json:
        """Return the object, or the list, at `path`."""
        return self._call("GET", path, None, query)

    def create(self, path: str, body: Json, **query: str) -> Json:
        """Make an object; 409 when it is there already."""
        return self._call("POST", path, body, query)

    def replace(self, path: str, body: Json) -> Json:
        """Replace the object; 409 when `metadata.resourceVersion` is not its present one."""
        return self._call("PUT", path, body, {})

    def delete(self, path: str) -> Json:
        return self._call("DELETE", path, None, {})

    def apply(self, path: str, body: Json, *, manager: str = MANAGER) -> Json:
        """Apply `body` server-side: it becomes all that `manager` says of the object, others keep their fields.

        Takes fields over from other managers (`force`), and unknown fields are errors.
        """
        query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        return self._call("PATCH", path, body, query, "application/apply-patch+yaml")

    def _call(
        self, method: str, path: str, body: Json | None, query: dict[str, str], kind: str = "application/json"
    ) -> Json:
        headers = {"Accept": "application/json", "Content-Type": kind}
        request = self._client.param_serialize(
            method, path, query_params=list(query.items()), header_params=headers, auth_settings=["BearerToken"]
        )
        data = None if body is None else body if kind == "application/json" else json.dumps(body)
        try:
            response = self._client.call_api(method, request[1], request[2], data, _request_timeout=TIMEOUT_S)
            content: bytes = response.read()  # type: ignore[no-untyped-call]
        except (client.ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise KubeError(0, f"no answer from {self.host}: {_cause(error)}") from error
        if not 200 <= response.status < 300:
            raise KubeError(response.status, _said(response.status, content))
        decoded: Json = json.loads(content)
        return decoded


def _cause(error: BaseException) -> str:
    """Return what is at the bottom of it: `Connection refused`, not four classes that wrap it."""
    while below := getattr(error, "reason", None) or error.__cause__ or error.__context__:
        if not isinstance(below, BaseException):
            break
        error = below
    return str(getattr(error, "strerror", "") or error or type(error).__name__)[:200]


def _said(status: int, content: bytes) -> str:
    """Return the message of a Status object, or the text as it is."""
    try:
        message = json.loads(content)["message"]
    except (ValueError, KeyError, TypeError):
        message = content[:300].decode("utf-8", "replace")
    return f"{status}: {' '.join(str(message).split())}"
