"""Writes the API's OpenAPI document, of which the frontend makes its types.

python -m logdist_operator.api.openapi > frontend/openapi.json
"""

import json
import sys

from logdist_operator.api.app import Api


def document_text() -> str:
    """Return the document as a file, sorted, so that only what changed differs."""
    return json.dumps(Api().openapi(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document_text())
