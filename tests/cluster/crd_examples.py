"""For every rule of the CRD what it refuses and takes at its very edge, and specs that nobody would think of."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st
from ruamel.yaml import YAML

from logdist_operator import crd

Json = dict[str, Any]

HOST: Final = "must be a URL with a host name or an IP address"
START: Final = "must start with http:// or https://"
AT: Final = "must not contain @, hence no user name or password"
QUERY: Final = "must not carry a query or a fragment; the path of requests is spec.path"
PORT: Final = "must have a port from 1 to 65535"
COMPRESSION: Final = "compression needs protocol otlp or ndjson"
TLS: Final = "tls needs an https endpoint, or a serviceRef with scheme https"
WRITTEN: Final = "must not be a header that the distributor itself writes"
ONE: Final = "set exactly one of endpoint and serviceRef"
REF: Final = {"name": "a", "port": 1}
MANY_HEADERS: Final = [{"name": "a", "value": "b"}] * 33
MANY_HEADERSFROM: Final = [{"name": "a", "secretKeyRef": {"name": "a", "key": "b"}}] * 17
# Lists whose members' fields have rules of their own, and what stands around the fields of an object.
AROUND: Final[dict[str, Any]] = {
    "headers": [MANY_HEADERS[0]],
    "headersFrom": [MANY_HEADERSFROM[0]],
    "basicAuth": {"secretRef": {"name": "a"}},
    "tls": {"caSecretRef": {"name": "a"}, "certSecretRef": {"name": "a"}},
}
ABSENT: Final = object()
CONDITION: Final = {
    "type": "Ready",
    "status": "True",
    "reason": "Ready",
    "message": "",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}

# field, rule (a keyword of the schema, or the message of a CEL rule), refused, taken at the edge
SPECS: Final[tuple[tuple[str, str, Any, Any], ...]] = (
    ("spec", "type", "x", {"endpoint": "http://a"}),
    ("spec", "required", ABSENT, {"endpoint": "http://a"}),
    ("spec", ONE, {}, {"endpoint": "http://a", "serviceRef": None}),
    ("spec", ONE, {"endpoint": "http://a", "serviceRef": REF}, {"endpoint": None, "serviceRef": REF}),
    (
        "spec",
        COMPRESSION,
        {"endpoint": "http://a", "compression": "gzip"},
        {"endpoint": "http://a", "compression": "gzip", "protocol": "otlp"},
    ),
    ("spec", TLS, {"endpoint": "http://a", "tls": {}}, {"endpoint": "https://a", "tls": {}}),
    (
        "spec",
        TLS,
        {"serviceRef": REF, "tls": {"serverName": "a"}},
        {"serviceRef": {**REF, "scheme": "https"}, "tls": {"serverName": "a"}},
    ),
    ("spec.weight", "type", "1", 1.0),
    ("spec.weight", "minimum", -1, 0),
    ("spec.weight", "maximum", 1001, 1000),
    ("spec.endpoint", "type", 1, "http://a"),
    ("spec.endpoint", "minLength", "", "http://a"),
    ("spec.endpoint", "maxLength", "http://a/" + 2040 * "x", "http://a/" + 2039 * "x"),
    ("spec.endpoint", "pattern", "http://a\n", "http://a/!~"),
    ("spec.endpoint", "pattern", "http://ä", "http://a_-.b"),
    ("spec.endpoint", START, "HTTP://a", "https://a"),
    ("spec.endpoint", START, "ftp://http://", "http://ftp"),
    ("spec.endpoint", HOST, "http:///x", "http://0/"),
    ("spec.endpoint", HOST, "http://:80", "http://a:"),
    ("spec.endpoint", HOST, "http://::1", "http://[::1]"),
    ("spec.endpoint", HOST, "http://[1.2.3.4]", "http://[::ffff:1.2.3.4]:80"),
    ("spec.endpoint", HOST, "http://[fe80::1%25en0]", "http://[fe80::1]"),
    ("spec.endpoint", HOST, "http://a!b/://c/", "http://ab/://c/"),
    ("spec.endpoint", HOST, "http://a%41", "http://a/%41"),
    ("spec.endpoint", HOST, "http://a/%zz", "http://a/[|]"),
    ("spec.endpoint", AT, "http://u:p@a", "http://u.p.a"),
    ("spec.endpoint", AT, "http://a/@", "http://a/%40"),
    ("spec.endpoint", QUERY, "http://a?", "http://a/%3F"),
    ("spec.endpoint", QUERY, "http://a/#", "http://a/%23"),
    ("spec.endpoint", PORT, "http://a:0", "http://a:1"),
    ("spec.endpoint", PORT, "http://a:65536", "http://a:65535"),
    ("spec.endpoint", PORT, "http://a:99999999999999999999", "http://a:00001"),
    ("spec.serviceRef", "type", [], REF),
    ("spec.serviceRef.name", "type", 1, "a"),
    ("spec.serviceRef.name", "required", ABSENT, "a"),
    ("spec.serviceRef.name", "minLength", "", "a"),
    ("spec.serviceRef.name", "maxLength", 64 * "a", 63 * "a"),
    ("spec.serviceRef.name", "pattern", "a-", "a-0"),
    ("spec.serviceRef.name", "pattern", "a\n", "a0"),
    ("spec.serviceRef.port", "type", "http", 80),
    ("spec.serviceRef.port", "required", ABSENT, 80),
    ("spec.serviceRef.port", "minimum", 0, 1),
    ("spec.serviceRef.port", "maximum", 65536, 65535),
    ("spec.serviceRef.scheme", "type", 1, "http"),
    ("spec.serviceRef.scheme", "enum", "HTTP", "https"),
    ("spec.protocol", "type", True, "packets"),
    ("spec.protocol", "enum", "", "packet"),
    ("spec.compression", "type", 1, "none"),
    ("spec.compression", "enum", "", None),
    ("spec.headers", "type", {}, []),
    ("spec.headers", "maxItems", MANY_HEADERS, MANY_HEADERS[1:]),
    ("spec.headers[0]", "type", "a", MANY_HEADERS[0]),
    ("spec.headers[0].name", "type", 1, "X-A"),
    ("spec.headers[0].name", "required", ABSENT, "X-A"),
    ("spec.headers[0].name", "maxLength", 257 * "a", 256 * "a"),
    ("spec.headers[0].name", "pattern", "a b", "a~"),
    ("spec.headers[0].name", "pattern", "a\n", "`"),
    ("spec.headers[0].name", WRITTEN, "Host", "X-Host"),
    ("spec.headers[0].name", WRITTEN, "CONTENT-LENGTH", "content-lengths"),
    ("spec.headers[0].value", "type", 1, "1"),
    ("spec.headers[0].value", "required", ABSENT, "1"),
    ("spec.headers[0].value", "maxLength", 4097 * "a", 4096 * "a"),
    ("spec.headers[0].value", "pattern", "a\r\nb: c", "a b"),
    ("spec.headers[0].value", "pattern", "a ", "~"),
    ("spec.headersFrom", "type", {}, []),
    ("spec.headersFrom", "maxItems", MANY_HEADERSFROM, MANY_HEADERSFROM[1:]),
    ("spec.headersFrom[0]", "type", "a", MANY_HEADERSFROM[0]),
    ("spec.headersFrom[0].name", "type", 1, "X-A"),
    ("spec.headersFrom[0].name", "required", ABSENT, "X-A"),
    ("spec.headersFrom[0].name", "maxLength", 257 * "a", 256 * "a"),
    ("spec.headersFrom[0].name", "pattern", "a b", "a~"),
    ("spec.headersFrom[0].name", "pattern", "a\n", "`"),
    ("spec.headersFrom[0].name", WRITTEN, "Host", "X-Host"),
    ("spec.headersFrom[0].name", WRITTEN, "CONTENT-LENGTH", "content-lengths"),
    ("spec.headersFrom[0].prefix", "type", 1, None),
    ("spec.headersFrom[0].prefix", "maxLength", 65 * "a", 64 * "a"),
    ("spec.headersFrom[0].prefix", "pattern", " a", "Bearer "),
    ("spec.headersFrom[0].secretKeyRef", "type", "a", {"name": "a", "key": "b"}),
    ("spec.headersFrom[0].secretKeyRef", "required", ABSENT, {"name": "a", "key": "b"}),
    ("spec.headersFrom[0].secretKeyRef.name", "type", 1, "a"),
    ("spec.headersFrom[0].secretKeyRef.name", "required", ABSENT, "a"),
    ("spec.headersFrom[0].secretKeyRef.name", "maxLength", 254 * "a", 253 * "a"),
    ("spec.headersFrom[0].secretKeyRef.name", "pattern", "a.", "a.b-c"),
    ("spec.headersFrom[0].secretKeyRef.key", "type", 1, "a"),
    ("spec.headersFrom[0].secretKeyRef.key", "maxLength", 254 * "a", 253 * "a"),
    ("spec.headersFrom[0].secretKeyRef.key", "pattern", "a/b", "a_.-b"),
    ("spec.headersFrom[0].secretKeyRef.key", "required", ABSENT, "a"),
    ("spec.basicAuth", "type", "a", {"secretRef": {"name": "a"}}),
    ("spec.basicAuth.secretRef", "type", "a", {"name": "a"}),
    ("spec.basicAuth.secretRef", "required", ABSENT, {"name": "a"}),
    ("spec.basicAuth.secretRef.name", "type", 1, "a"),
    ("spec.basicAuth.secretRef.name", "required", ABSENT, "a"),
    ("spec.basicAuth.secretRef.name", "maxLength", 254 * "a", 253 * "a"),
    ("spec.basicAuth.secretRef.name", "pattern", "a.", "a.b-c"),
    ("spec.tls", "type", [], None),
    ("spec.tls.caSecretRef", "type", "a", {"name": "a"}),
    ("spec.tls.caSecretRef.name", "type", 1, "a"),
    ("spec.tls.caSecretRef.name", "required", ABSENT, "a"),
    ("spec.tls.caSecretRef.name", "maxLength", 254 * "a", 253 * "a"),
    ("spec.tls.caSecretRef.name", "pattern", "a.", "a.b-c"),
    ("spec.tls.caSecretRef.key", "type", 1, "a"),
    ("spec.tls.caSecretRef.key", "maxLength", 254 * "a", 253 * "a"),
    ("spec.tls.caSecretRef.key", "pattern", "a/b", "a_.-b"),
    ("spec.tls.certSecretRef", "type", "a", {"name": "a"}),
    ("spec.tls.certSecretRef.name", "type", 1, "a"),
    ("spec.tls.certSecretRef.name", "required", ABSENT, "a"),
    ("spec.tls.certSecretRef.name", "maxLength", 254 * "a", 253 * "a"),
    ("spec.tls.certSecretRef.name", "pattern", "a.", "a.b-c"),
    ("spec.tls.serverName", "type", 1, "a"),
    ("spec.tls.serverName", "maxLength", 254 * "a", 253 * "a"),
    ("spec.tls.serverName", "pattern", "a/b", "::1"),
    ("spec.tls.insecureSkipVerify", "type", "no", True),
    ("spec.path", "type", {}, None),
    ("spec.path", "maxLength", "/" + 1024 * "x", "/" + 1023 * "x"),
    ("spec.path", "pattern", "", "/"),
    ("spec.path", "pattern", "/x\n", "/!~"),
    ("spec.suspend", "type", "no", False),
    ("spec.timeoutSeconds", "type", 1.5, 1.0),
    ("spec.timeoutSeconds", "minimum", 0, 1),
    ("spec.timeoutSeconds", "maximum", 61, 60),
    ("spec.maxInFlight", "type", [1], 1),
    ("spec.maxInFlight", "minimum", 0, 1),
    ("spec.maxInFlight", "maximum", 65, 64),
    ("spec.batch", "type", [], None),
    ("spec.batch.maxPackets", "type", "1", 1),
    ("spec.batch.maxPackets", "minimum", 0, 1),
    ("spec.batch.maxPackets", "maximum", 10_001, 10_000),
    ("spec.batch.maxBytes", "type", "1Ki", 1024),
    ("spec.batch.maxBytes", "minimum", 1023, 1024),
    ("spec.batch.maxBytes", "maximum", 67_108_865, 67_108_864),
    ("spec.healthCheck", "type", False, {}),
    ("spec.healthCheck.path", "type", 0, None),
    ("spec.healthCheck.path", "maxLength", "/" + 1024 * "x", "/" + 1023 * "x"),
    ("spec.healthCheck.path", "pattern", "heartbeat", ""),
    ("spec.healthCheck.intervalSeconds", "type", "1s", 1),
    ("spec.healthCheck.intervalSeconds", "minimum", 0, 1),
    ("spec.healthCheck.intervalSeconds", "maximum", 301, 300),
    ("spec.healthCheck.unhealthyThreshold", "type", "1", 1),
    ("spec.healthCheck.unhealthyThreshold", "minimum", 0, 1),
    ("spec.healthCheck.unhealthyThreshold", "maximum", 101, 100),
    ("spec.healthCheck.healthyThreshold", "type", "1", 1),
    ("spec.healthCheck.healthyThreshold", "minimum", 0, 1),
    ("spec.healthCheck.healthyThreshold", "maximum", 101, 100),
    ("spec.healthCheck.slowStartSeconds", "type", "1", 1),
    ("spec.healthCheck.slowStartSeconds", "minimum", -1, 0),
    ("spec.healthCheck.slowStartSeconds", "maximum", 3601, 3600),
)
STATUSES: Final[tuple[tuple[str, str, Any, Any], ...]] = (
    ("status", "type", [], {}),
    ("status.observedGeneration", "type", "1", 1),
    ("status.endpoints", "type", "1", 1),
    ("status.share", "type", "1", {}),
    ("status.share.wanted", "type", 25.0, "25.00"),
    ("status.share.got", "type", 25.0, "25.00"),
    ("status.delivered", "type", "1", 2**63 - 1),
    ("status.registry", "type", 7, {}),
    ("status.registry.generation", "type", "7", 7),
    ("status.registry.acked", "type", "7", 7),
    ("status.registry.desired", "type", "7", 7),
    ("status.conditions", "type", {}, []),
    ("status.conditions", "x-kubernetes-list-map-keys", [CONDITION, CONDITION], [CONDITION]),
    ("status.conditions[0]", "type", "Ready", CONDITION),
    ("status.conditions[0].type", "type", 1, "Ready"),
    ("status.conditions[0].type", "required", ABSENT, ""),
    ("status.conditions[0].type", "maxLength", 317 * "x", 316 * "x"),
    ("status.conditions[0].status", "type", True, "True"),
    ("status.conditions[0].status", "required", ABSENT, "False"),
    ("status.conditions[0].status", "enum", "true", "Unknown"),
    ("status.conditions[0].reason", "type", 1, ""),
    ("status.conditions[0].reason", "required", ABSENT, ""),
    ("status.conditions[0].reason", "maxLength", 1025 * "x", 1024 * "x"),
    ("status.conditions[0].message", "type", 1, ""),
    ("status.conditions[0].message", "required", ABSENT, ""),
    ("status.conditions[0].message", "maxLength", 32769 * "x", 32768 * "x"),
    ("status.conditions[0].lastTransitionTime", "type", 0, "2026-01-01T00:00:00Z"),
    ("status.conditions[0].lastTransitionTime", "required", ABSENT, "2026-01-01T00:00:00Z"),
    ("status.conditions[0].lastTransitionTime", "format", "yesterday", "2026-01-01T00:00:00.5+01:00"),
    ("status.conditions[0].observedGeneration", "type", "1", 1),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One rule. `refused` and `taken`: a whole `spec` or `status`, or ABSENT."""

    field: str
    rule: str
    refused: Any
    taken: Any

    def __str__(self) -> str:
        return f"{self.field}, {self.rule}"


def examples(table: tuple[tuple[str, str, Any, Any], ...]) -> list[Example]:
    return [Example(field, rule, _part(field, refused), _part(field, taken)) for field, rule, refused, taken in table]


def _part(field: str, value: Any) -> Any:
    """A spec or status, good but for `value` in `field`."""
    top, *path = field.replace("[0]", ".0").split(".")
    if not path:
        return value
    part: Any = {"conditions": [dict(CONDITION)]} if path[1:2] == ["0"] else {}
    if top == "spec":
        part = {"serviceRef": dict(REF)} if path[0] == "serviceRef" else {"endpoint": "http://a"}
        if path[0] in AROUND:
            part = {"endpoint": "https://a", path[0]: deepcopy(AROUND[path[0]])}
    *parents, last = (int(key) if key == "0" else key for key in path)
    at = part
    for key in parents:
        at = at[key] if isinstance(key, int) else at.setdefault(key, {})
    if value is ABSENT:
        del at[last]
    else:
        at[last] = value
    return part


def rules() -> Iterator[tuple[str, str, str]]:
    """Every rule of the CRD: the field, the rule as the tables name it, and what the API server says."""
    version = YAML(typ="safe", pure=True).load(crd.crd_text())["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    yield from ((name, "required", "Required value") for name in schema["required"])
    for name in ("spec", "status"):
        yield from _rules(schema["properties"][name], name)


def _rules(schema: Json, field: str) -> Iterator[tuple[str, str, str]]:
    said = {
        "type": "must be of type {}",
        "minimum": "should be greater than or equal to {}",
        "maximum": "should be less than or equal to {}",
        "minLength": "should be at least {} chars long",
        "maxLength": "Too long: may not be more than {} bytes",
        "pattern": "should match '{}'",
        "format": "must be of type {}",
        "enum": "Unsupported value",
        "maxItems": "must have at most {} items",
        "x-kubernetes-list-map-keys": "Duplicate value",
    }
    known = {"description", "default", "properties", "items", "required", "x-kubernetes-list-type"}
    assert schema.keys() <= known | said.keys() | {"x-kubernetes-validations"}, f"a rule of a new kind at {field}"
    for keyword, words in said.items():
        if keyword in schema and (keyword, schema[keyword]) != ("format", "int64"):
            is_dated = keyword == "type" and schema.get("format") == "date-time"
            yield field, keyword, words.format(schema["format" if is_dated else keyword])
    yield from ((field, rule["message"], rule["message"]) for rule in schema.get("x-kubernetes-validations", ()))
    yield from ((f"{field}.{name}", "required", "Required value") for name in schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        yield from _rules(inner, f"{field}.{name}")
    if "items" in schema:
        yield from _rules(schema["items"], f"{field}[0]")


# ---- specs that nobody would think of

PIECES: Final = (
    *("a", "b-c.d", "1", "127.0.0.1", "::1", "[::1]", "ffff:", "80", "65535", "65536", "000001", "25", "41", "é"),
    *'[]:/@?#%.-_~!$&"<>|\\^{}` \n\t\0',
)
SCHEMES: Final = ("http://", "https://", "http://", "http:", "HTTP://", "//", "")
TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=5)
JUNK: Final = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS, st.just([])
)


def urls() -> st.SearchStrategy[str]:
    rest = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
    return st.builds("{}{}".format, st.sampled_from(SCHEMES), rest)


def specs() -> st.SearchStrategy[Json]:
    """Specs of which about half are good."""
    schema = crd.spec_schema()["properties"]
    target = st.one_of(
        st.fixed_dictionaries({"endpoint": st.just("http://a") | urls()}),
        st.fixed_dictionaries({"serviceRef": st.just(REF) | _values(schema["serviceRef"])}),
    )
    others = st.sets(st.sampled_from([*schema, "unknown"]), max_size=3)
    fields = others.flatmap(lambda names: st.fixed_dictionaries({name: _field(schema, name) for name in names}))
    return st.builds(lambda some, more: {**some, **more}, target, fields)


def _field(schema: Json, name: str) -> st.SearchStrategy[Any]:
    return _values(schema[name]) if name in schema else JUNK


def _values(rule: Json) -> st.SearchStrategy[Any]:
    """What the rule allows and just does not, and now and then something else altogether."""
    if "enum" in rule:
        return st.sampled_from(rule["enum"]) | JUNK
    if rule["type"] == "integer":
        low, high = rule["minimum"], rule["maximum"]
        return st.sampled_from([low - 1, low, float(low), low + 0.5, high, high + 1]) | st.integers(low, high) | JUNK
    if rule["type"] == "boolean":
        return st.booleans() | JUNK
    if rule["type"] == "array":
        return st.lists(_values(rule["items"]), max_size=2) | JUNK
    if rule["type"] == "object":
        inner = {name: _values(each) for name, each in rule["properties"].items()}
        return st.fixed_dictionaries({}, optional=inner) | JUNK
    good = st.from_regex(rule["pattern"], fullmatch=True)
    return good | st.builds("{}{}".format, good, TEXTS) | JUNK
