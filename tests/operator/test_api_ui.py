"""The web UI comes from the operator: its files, its page for every address of its own, and nothing foreign in it."""

from pathlib import Path

import pytest
from api_harness import api

from logdist_operator.api.reach import ApiSettings
from logdist_operator.errors import SettingsError
from logdist_operator.settings import parse_settings

pytestmark = pytest.mark.anyio
OPENED = {"accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def ui(tmp_path: Path) -> Path:
    """Return a built UI."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the page</title>")
    (folder / "assets/index-a1b2c3.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    return folder


async def test_the_page_is_there_for_every_address_of_its_own(folder: Path, ui: Path) -> None:
    async with api(folder, settings=ApiSettings(ui=ui)) as (client, _):
        for path in ("/", "/index.html", "/analysers", "/analysers/default/a.b"):
            page = await client.get(path, headers=OPENED)
            assert (page.status_code, page.text) == (200, "<title>the page</title>")
            assert page.headers["cache-control"] == "no-cache"
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'self'; ")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["referrer-policy"] == "no-referrer"
        asset = await client.get("/assets/index-a1b2c3.js")
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "javascript" in asset.headers["content-type"]


async def test_what_is_missing_is_missing_and_routes_stay(folder: Path, ui: Path) -> None:
    async with api(folder, settings=ApiSettings(ui=ui)) as (client, _):
        for path in ("/assets/gone.js", "/favicon.ico", "/api/v1/nothing", "/..%2fsecret"):
            missing = await client.get(path, headers=OPENED if path.startswith(("/a", "/.")) else {})
            assert missing.status_code == 404 or missing.text == "<title>the page</title>", path
            assert "secret" not in missing.text.replace(path, "")
        unknown = await client.get("/api/v1/nothing", headers=OPENED)
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "NotFound")
        wrong = await client.put("/api/v1/state")
        assert (wrong.status_code, wrong.json()["reason"]) == (405, "MethodNotAllowed")
        assert "swagger" in (await client.get("/docs")).text
        assert (await client.get("/api/v1/state")).status_code == 200


def test_a_folder_without_a_page_is_refused_at_start(tmp_path: Path) -> None:
    flags = ["--analysers", str(tmp_path), "--distributor", "http://d:1", "--ui", str(tmp_path)]
    with pytest.raises(SettingsError, match=r"--ui: there is no .*index\.html"):
        parse_settings(flags, {"HOME": str(tmp_path)})
