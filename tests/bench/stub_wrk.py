"""A load of 12 requests one after another, with the command line and the last line of output of `wrk`."""

import http.client
import json
import sys
from urllib.parse import urlsplit

url = urlsplit(next(each for each in sys.argv if each.startswith("http://")))
run_id, packets = sys.argv[sys.argv.index("--") + 1 :]
assert url.hostname is not None
connection = http.client.HTTPConnection(url.hostname, url.port)
for number in range(12):
    lines = [
        json.dumps({"id": f"{run_id}-{number}-{each}", "timestamp": 0, "messages": []}) for each in range(int(packets))
    ]
    connection.request("POST", url.path, "\n".join(lines))
    connection.getresponse().read()
print("Running a stub")
print(
    '{"requests": 12, "duration_s": 0.5, "p50_us": 100, "p99_us": 200, "max_us": 300,'
    ' "errors_status": 0, "errors_socket": 0, "errors_timeout": 0}'
)
