import pickle
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.settings import ClientSecret, Secret, Settings

GUID = "11111111-2222-3333-4444-555555555555"
ROOT = b64encode(b"r" * 32).decode()

TENANT = f"""
[tenants.contoso]
tenant_id = "{GUID}"
client_id = "{GUID}"
client_secret = {{ env = "CLIENT_SECRET" }}
"""
LISTENER = """
[listener]
public_url = "https://heliograph.example.com"
"""


class Place:
    """A folder with settings in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "secrets").mkdir()
        self.write("secrets/root", ROOT + "\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def load(self, text: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = self.write("heliograph.toml", text)
        return Settings.load(path, {"CLIENT_SECRET": "s3cret"} | dict(environ or {}))

    def faults(self, text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(SettingsInvalid) as invalid:
            self.load(text, environ)
        return invalid.value.faults


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def a_wish(**keys: str) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return TENANT + LISTENER + "\n[[subscriptions]]\n" + lines


def test_a_small_file_is_enough(place: Place) -> None:
    settings = place.load(TENANT)
    assert settings.tenants["contoso"].credential == ClientSecret(secret=Secret("s3cret"))
    assert settings.listener.port == 8080
    assert settings.workers.lease == timedelta(seconds=15)
    assert not settings.redis.url
    assert settings.audit.url.reveal() == f"sqlite:///{place.folder}/audit.db"
    assert settings.root_keys == (b"r" * 32,)
    assert settings.directory == place.folder


def test_the_environment_goes_before_the_file(place: Place) -> None:
    environ = {"HELIOGRAPH_LISTENER__PORT": "9090", "HELIOGRAPH_WORKERS__LEASE": "20s"}
    settings = place.load("[listener]\nport = 1", environ)
    assert settings.listener.port == 9090
    assert settings.workers.lease == timedelta(seconds=20)


def test_each_setting_tells_where_it_came_from(place: Place) -> None:
    settings = place.load("[listener]\nport = 1", {"HELIOGRAPH_LISTENER__HOST": "0.0.0.0"})  # noqa: S104 (not bound)
    origins = {one.key: (one.shown, one.origin) for one in settings.effective}
    assert origins["listener.port"] == ("1", "heliograph.toml")
    assert origins["listener.host"] == ("0.0.0.0", "environment HELIOGRAPH_LISTENER__HOST")  # noqa: S104 (not bound)
    assert origins["workers.lease"] == ("15s", "default")
    assert origins["secrets.root"] == ("********", "file secrets/root")


def test_a_tenant_can_come_from_the_environment_alone(place: Place) -> None:
    head = "HELIOGRAPH_TENANTS__CONTOSO__"
    place.write("secret", "from a file\n")
    environ = {f"{head}TENANT_ID": GUID, f"{head}CLIENT_ID": GUID.upper()}
    environ |= {f"{head}CLIENT_SECRET_FILE": "secret"}
    tenant = place.load("", environ).tenants["contoso"]
    assert (tenant.tenant_id, tenant.client_id) == (GUID, GUID)
    assert tenant.credential == ClientSecret(secret=Secret("from a file"))


def test_a_dash_in_a_name_is_an_underscore_in_the_environment(place: Place) -> None:
    text = TENANT.replace("contoso", "contoso-eu")
    settings = place.load(text, {"HELIOGRAPH_TENANTS__CONTOSO_EU__CLOUD": "usgov"})
    assert settings.tenants["contoso-eu"].cloud == "usgov"


def test_subscriptions_can_come_from_the_environment(place: Place) -> None:
    environ = {"HELIOGRAPH_SUBSCRIPTIONS": '[{"resource": "users"}, {"resource": "groups"}]'}
    wishes = place.load(TENANT + LISTENER, environ).subscriptions
    assert [wish.resource for wish in wishes] == ["users", "groups"]


def test_one_value_of_a_subscription_can_be_overridden(place: Place) -> None:
    environ = {"HELIOGRAPH_SUBSCRIPTIONS__0__FOR_EACH": "a@b.example, c@d.example"}
    text = a_wish(resource='"users/{id}/events"', for_each='["x@y.example"]')
    assert place.load(text, environ).subscriptions[0].for_each == ("a@b.example", "c@d.example")


def test_all_faults_are_reported_at_once(place: Place) -> None:
    text = """
        colour = "blue"
        [tenants.contoso]
        tenant_id = "none"
        client_secret = "in plain sight"
        [listener]
        port = 70000
        [workers]
        lease = "soon"
    """
    faults = place.faults(text, {"HELIOGRAPH_WORKERS__CONCURENCY": "3"})
    keys = [fault.split(":")[0] for fault in faults]
    assert keys == [
        "tenants.contoso.tenant_id",
        "tenants.contoso.client_id",
        "tenants.contoso.client_secret",
        "listener.port",
        "workers.lease",
        "colour",
        "HELIOGRAPH_WORKERS__CONCURENCY",
    ]


def test_a_fault_holds_key_expectation_value_and_origin(place: Place) -> None:
    (fault,) = place.faults("", {"HELIOGRAPH_LISTENER__PORT": "80a"})
    expected = 'listener.port: expected a whole number from 0 to 65535, got "80a" '
    assert fault == expected + "(environment HELIOGRAPH_LISTENER__PORT)"


@pytest.mark.parametrize(
    ("text", "environ", "hint"),
    [
        ("[listener]\nprot = 1", {}, "did you mean port?"),
        ("[redys]\nurl = ''", {}, "did you mean redis?"),
        ("", {"HELIOGRAPH_REDIS__URI": "x"}, "did you mean HELIOGRAPH_REDIS__URL?"),
        (TENANT + "clientsecret = 1", {}, "did you mean client_secret?"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(
    place: Place, text: str, environ: dict[str, str], hint: str
) -> None:
    (fault,) = place.faults(text, environ)
    assert hint in fault


def test_variables_of_orchestrators_are_left_alone(place: Place) -> None:
    environ = {"HELIOGRAPH_LISTENER_PORT": "tcp://10.0.0.1:80", "HELIOGRAPH_CONFIG": "x"}
    assert place.load("", environ).listener.port == 8080


@pytest.mark.parametrize(
    "reference",
    ['"plain"', "{ env = 'UNSET' }", "{ file = 'missing' }", "{ vault = 'x' }", "7", "{}"],
)
def test_a_secret_that_cannot_be_had_is_a_fault(place: Place, reference: str) -> None:
    (fault,) = place.faults(TENANT.replace('{ env = "CLIENT_SECRET" }', reference))
    assert fault.startswith("tenants.contoso.client_secret: expected ")


def test_a_secret_given_twice_is_a_fault(place: Place) -> None:
    head = "HELIOGRAPH_TENANTS__CONTOSO__CLIENT_SECRET"
    (fault,) = place.faults(TENANT, {head: "a", f"{head}_FILE": "secrets/root"})
    assert "expected only one of it" in fault


def test_an_empty_secret_file_is_a_fault(place: Place) -> None:
    place.write("empty", "\n")
    (fault,) = place.faults("[secrets]\nroot = { file = 'empty' }")
    assert "a file with a secret in it" in fault


@pytest.mark.parametrize("root", ["short", b64encode(b"r" * 16).decode(), "é"])
def test_a_root_secret_that_is_no_32_bytes_is_a_fault(place: Place, root: str) -> None:
    faults = place.faults("", {"HELIOGRAPH_SECRETS__ROOT": root})
    assert [fault.split(":")[0] for fault in faults] == ["secrets.root"]
    assert root not in faults[0]


def test_two_root_secrets_are_kept_newest_first(place: Place) -> None:
    place.write("secrets/new", b64encode(b"n" * 32).decode())
    text = "[secrets]\nroot = [{ file = 'secrets/new' }, { file = 'secrets/root' }]"
    assert place.load(text).root_keys == (b"n" * 32, b"r" * 32)


def test_three_root_secrets_are_one_too_many(place: Place) -> None:
    (fault,) = place.faults("", {"HELIOGRAPH_SECRETS__ROOT": ",".join([ROOT] * 3)})
    assert fault == "secrets.root: expected one secret, or two to rotate, got 3"


@pytest.mark.parametrize("url", ["redis://:pw@h/0", "redis://u:pw@h", "redis://h/0?password=pw"])
def test_a_url_with_a_password_must_be_a_reference(place: Place, url: str) -> None:
    (fault,) = place.faults(f"[redis]\nurl = '{url}'")
    assert "pw" not in fault
    assert place.load("[redis]\nurl = { env = 'R' }", {"R": url}).redis.url.reveal() == url


def test_a_url_is_shown_without_its_password(place: Place) -> None:
    settings = place.load(
        "", {"HELIOGRAPH_REDIS__URL": "rediss://app:pw@cache.example:6380/1?client_name=y"}
    )
    shown = {one.key: one.shown for one in settings.effective}["redis.url"]
    assert shown == "rediss://app:********@cache.example:6380/1?********"


def test_no_secret_is_in_any_text_of_the_settings(place: Place) -> None:
    """Threat S19: representations and error texts are scanned for every secret."""
    environ = {"HELIOGRAPH_REDIS__URL": "redis://:redispw@h/0", "CLIENT_SECRET": "clientpw"}
    environ |= {"HELIOGRAPH_AUDIT__URL": "postgresql://u:auditpw@h/a", "HOOK": "hookpw"}
    text = TENANT + "[handlers.x]\nsettings = { key = { env = 'HOOK' } }\n"
    settings = place.load(text, environ)
    everything = f"{settings!r} {settings} {settings.effective!r}"
    faults = place.faults(text + "[listener]\nport = -1", environ)
    for secret in ("redispw", "clientpw", "auditpw", "hookpw", ROOT):
        assert secret not in everything
        assert secret not in " ".join(faults)
    assert settings.handlers["x"].settings["key"] == Secret("hookpw")


def test_a_secret_prints_as_stars() -> None:
    secret = Secret("word")
    assert f"{secret} {secret!r} {[secret]}" == "******** Secret('********') [Secret('********')]"
    assert pickle.loads(pickle.dumps(secret)).reveal() == "word"  # noqa: S301 (our own)
    assert not Secret("")


def test_handlers_get_their_own_settings(place: Place) -> None:
    text = "[handlers.greet]\nmodule = 'mine.greet'\nsettings = { after = 3, words = ['a'] }"
    environ = {"HELIOGRAPH_HANDLERS__GREET__SETTINGS__AFTER": "4"}
    handler = place.load(text, environ).handlers["greet"]
    assert handler.module == "mine.greet"
    assert handler.settings == {"after": 4, "words": ["a"]}


def test_paths_are_relative_to_the_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    place.write("ca.pem", "x")
    text = TENANT + "ca_file = 'ca.pem'\n[audit]\nurl = 'sqlite:///logs/audit.db'"
    settings = place.load(text)
    assert settings.tenants["contoso"].ca_file == place.folder / "ca.pem"
    assert settings.audit.url.reveal() == f"sqlite:///{place.folder}/logs/audit.db"


def test_a_certificate_needs_its_key(place: Place) -> None:
    place.write("c.pem", "x")
    (fault,) = place.faults("[listener]\ntls_certificate = 'c.pem'")
    assert fault == "listener.tls_key: expected a file to go with tls_certificate, got nothing"


def test_subscriptions_need_an_address_that_graph_can_reach(place: Place) -> None:
    (fault,) = place.faults(TENANT + "[[subscriptions]]\nresource = 'users'")
    assert fault.startswith("listener.public_url: expected the https address")


@pytest.mark.parametrize(
    "url",
    ["http://h", "https://", "https://u:p@h", "https://h?x", "https://h/#f", "h", "https://h:x"],
)
def test_an_address_that_graph_would_refuse_is_a_fault(place: Place, url: str) -> None:
    (fault,) = place.faults(f"[listener]\npublic_url = '{url}'")
    assert "https://host" in fault


WISHES: list[tuple[str, dict[str, str], str]] = [
    ("created users", {"resource": '"users"', "change_types": '["created"]'}, "change_types"),
    ("rich users", {"resource": '"users"', "rich": "true", "select": '["id"]'}, "rich"),
    ("no select", {"resource": '"users/a@b.c/messages"', "rich": "true"}, "select"),
    ("select alone", {"resource": '"users/a@b.c/messages"', "select": '["id"]'}, "select"),
    (
        "body",
        {"resource": '"users/a@b.c/messages"', "rich": "true", "select": '["Body"]'},
        "select",
    ),
    ("no users", {"resource": '"users/{id}/messages"'}, "for_each"),
    ("needless users", {"resource": '"users"', "for_each": '["a@b.c"]'}, "for_each"),
    ("bad user", {"resource": '"users/{id}/events"', "for_each": '["o\'hara@b.c"]'}, "for_each"),
    ("unknown", {"resource": '"teams"'}, "resource"),
    ("query", {"resource": '"users?$select=id"'}, "resource"),
    ("too short", {"resource": '"users"', "lifetime": '"10m"'}, "lifetime"),
    ("too long", {"resource": '"groups"', "lifetime": '"30d"'}, "lifetime"),
    ("too long for mail", {"resource": '"users/a@b.c/events"', "lifetime": '"7d"'}, "lifetime"),
    ("no tenant", {"resource": '"users"', "tenant": '"fabrikam"'}, "tenant"),
    ("twice", {"resource": '"users"', "change_types": '["updated", "updated"]'}, "change_types"),
]


@pytest.mark.parametrize(
    ("keys", "key"), [wish[1:] for wish in WISHES], ids=[wish[0] for wish in WISHES]
)
def test_a_wish_that_graph_would_refuse_is_a_fault(
    place: Place, keys: dict[str, str], key: str
) -> None:
    (fault,) = place.faults(a_wish(**keys))
    assert fault.startswith(f"subscriptions[0].{key}: expected ")


@pytest.mark.parametrize(
    "resource",
    [
        "users",
        "/groups",
        f"users/{GUID}",
        f"users/{GUID}/messages",
        "users/a@b.example/mailFolders('inbox')/messages",
        "users/a@b.example/mailFolders/AAMk=/messages",
        "users/a@b.example/events",
        "users/a@b.example/contacts",
    ],
)
def test_a_resource_that_graph_can_watch_is_taken(place: Place, resource: str) -> None:
    (wish,) = place.load(a_wish(resource=f'"{resource}"')).subscriptions
    assert wish.resource == resource.lstrip("/")
    assert wish.tenant == "contoso"


def test_rich_mail_may_live_a_day(place: Place) -> None:
    keys = {"resource": '"users/a@b.c/messages"', "rich": "true", "select": '["subject"]'}
    assert place.load(a_wish(**keys, lifetime='"24h"')).subscriptions[0].rich
    (fault,) = place.faults(a_wish(**keys, lifetime='"25h"'))
    assert "from 45m to 1d" in fault


def test_a_resource_that_is_watched_twice_is_a_fault(place: Place) -> None:
    text = a_wish(resource='"users/{id}/events"', for_each='["a@b.c", "d@e.f"]')
    text += "\n[[subscriptions]]\nresource = 'users/D@e.f/events'"
    (fault,) = place.faults(text)
    assert fault.startswith("subscriptions[1].resource: expected a resource that stands once")


def test_a_tenant_that_stands_twice_is_a_fault(place: Place) -> None:
    (fault,) = place.faults(TENANT + TENANT.replace("contoso", "again"))
    assert fault.startswith("tenants.again.tenant_id: expected a tenant that stands once")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="`heliograph init` writes one"):
        Settings.load(tmp_path / "heliograph.toml", {})


def test_broken_toml_names_the_line(place: Place) -> None:
    (fault,) = place.faults("[listener]\nport = \n")
    assert "line 2" in fault


def test_foreign_text_in_a_fault_is_one_line_and_cut(place: Place) -> None:
    (fault,) = place.faults("", {"HELIOGRAPH_LOG__LEVEL": "\x1b[31m\r\nx\u2028" + "y" * 500})
    assert fault.isprintable()
    assert len(fault) < 250


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("1.5m", 90), ("1500ms", 1.5)]
)
def test_durations_are_written_as_people_do(place: Place, text: str, seconds: float) -> None:
    if seconds > 600:
        assert place.faults(f"[workers]\nlease = '{text}'")
        return
    lease: Any = place.load(f"[workers]\nlease = '{text}'").workers.lease
    assert lease == timedelta(seconds=seconds)
