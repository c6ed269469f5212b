"""JSON schemas of what the charts render, for kubeconform: made of what a real API server says of itself.

    python tests/chart/schemas.py      writes schemas/ anew, from the cluster that $KUBECONFIG leads to,
                                       and that of cert-manager's Certificate, from its Go module

tests/cluster/test_chart.py holds the files of schemas/ to the API server of the tests.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent / "schemas"
CERT_MANAGER: Final = "github.com/cert-manager/cert-manager@v1.21.2"
CERTIFICATE: Final = Path(__file__).parent / "certificate-cert-manager-v1.json"
DEFINITIONS: Final = "definitions.json"
REF: Final = "#/components/schemas/"
DROPPED: Final = ("description", "default", "format")  # beside all x-kubernetes-*
KINDS: Final = {  # of each document: the kinds that charts render
    "api/v1": ["ConfigMap", "Namespace", "Pod", "Secret", "Service", "ServiceAccount"],
    "apis/apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
    "apis/apps/v1": ["DaemonSet", "Deployment", "StatefulSet"],
    "apis/autoscaling/v2": ["HorizontalPodAutoscaler"],
    "apis/batch/v1": ["CronJob", "Job"],
    "apis/networking.k8s.io/v1": ["Ingress", "NetworkPolicy"],
    "apis/policy/v1": ["PodDisruptionBudget"],
    "apis/rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
}


def schemas(read: Callable[[str], Any]) -> dict[str, str]:
    """File name -> text: a file for each kind, and one for what they have in common. `read` gets a document by path."""
    files, needed, known = {}, [], {}
    for path, kinds in KINDS.items():
        found = read(f"/openapi/v3/{path}")["components"]["schemas"]
        known |= found
        for kind in kinds:
            name = root(found, path, kind)
            needed.append(name)
            files[file_name(path, kind)] = text({"$ref": f"{DEFINITIONS}#/definitions/{name}"})
    definitions: dict[str, Any] = {}
    while needed:
        name = needed.pop()
        if name not in definitions:
            definitions[name] = strict(known[name])
            needed += referred(known[name])
    return files | {DEFINITIONS: text({"definitions": definitions})}


def root(found: dict[str, Any], path: str, kind: str) -> str:
    """The name of a kind's own schema."""
    group, _, version = path.removeprefix("apis/").removeprefix("api/").rpartition("/")
    wanted = {"group": group, "version": version, "kind": kind}
    return next(name for name, schema in found.items() if wanted in schema.get("x-kubernetes-group-version-kind", ()))


def file_name(path: str, kind: str) -> str:
    """As kubeconform asks for it by `{{.ResourceKind}}{{.KindSuffix}}`: the first word of the group, the version."""
    group, _, version = path.removeprefix("apis/").removeprefix("api/").rpartition("/")
    return "-".join(filter(None, (kind.lower(), group.partition(".")[0], version))) + ".json"


def strict(schema: Any) -> Any:
    """The schema, with nothing in it but rules, and unknown fields refused."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: strict(inner) for name, inner in value.items()}
            kept["additionalProperties"] = False
        elif key == "$ref":
            kept[key] = f"{DEFINITIONS}#/definitions/{value.removeprefix(REF)}"
        elif key not in DROPPED and not key.startswith("x-kubernetes-"):
            kept[key] = strict(value)
    return kept


def custom(crd: str) -> str:
    """The schema of what a CRD defines, status aside: charts render none."""
    (version,) = yaml.safe_load(crd)["spec"]["versions"]
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"].pop("status")
    return text(schema | {"properties": schema["properties"] | {"metadata": {"type": "object"}}})


def certificate() -> str:
    """The schema of a Certificate."""
    done = subprocess.run(["go", "mod", "download", "-json", CERT_MANAGER], check=True, stdout=subprocess.PIPE)
    return custom(Path(json.loads(done.stdout)["Dir"], "deploy/crds/cert-manager.io_certificates.yaml").read_text())


def referred(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in referred(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix(REF)] if isinstance(schema.get("$ref"), str) else []
    return own + [name for value in schema.values() for name in referred(value)]


def text(schema: Any) -> str:
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)

    def read(path: str) -> Any:
        return json.loads(subprocess.run(["kubectl", "get", "--raw", path], check=True, stdout=subprocess.PIPE).stdout)

    for name, content in schemas(read).items():
        (FOLDER / name).write_text(content)
    CERTIFICATE.write_text(certificate())


if __name__ == "__main__":
    main()
