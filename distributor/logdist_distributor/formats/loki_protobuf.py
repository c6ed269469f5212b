"""Loki's push request in protobuf, told to protobuf's own parser without generated code.

Lines are read as bytes: Loki takes any, and protobuf's strings would refuse what is not UTF-8.
Source: pkg/push/push.proto in https://github.com/grafana/loki
"""

from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

PACKAGE: Final = "logdist.loki"
Field = FieldDescriptorProto
STRING: Final = Field.TYPE_STRING
FIELDS: Final[dict[str, dict[str, tuple[int, Any]]]] = {  # a name of another message: that one, repeated
    "Time": {"seconds": (1, Field.TYPE_INT64), "nanos": (2, Field.TYPE_INT32)},
    "Pair": {"name": (1, STRING), "value": (2, STRING)},
    "Entry": {"timestamp": (1, "Time"), "line": (2, Field.TYPE_BYTES), "metadata": (3, "Pair")},
    "Stream": {"labels": (1, STRING), "entries": (2, "Entry")},
    "PushRequest": {"streams": (1, "Stream")},
}
SINGLE: Final = frozenset({"timestamp"})


def _build() -> Any:
    file = FileDescriptorProto(name="logdist/loki.proto", package=PACKAGE, syntax="proto3")
    for message, fields in FIELDS.items():
        described = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            is_repeated = isinstance(kind, str) and name not in SINGLE
            field = described.field.add(name=name, number=number)
            field.label = Field.LABEL_REPEATED if is_repeated else Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                field.type = kind
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.PushRequest"))


PushRequest: Final = _build()
