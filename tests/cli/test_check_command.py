"""`poolhouse check`: whether a server would start here, a line for each thing."""

from pathlib import Path

import pytest
from cli import certificates
from cli.programs import Server, answer, cognito, poolhouse

FINE = {"the settings", "the files"}
TOO_LONG = "x" * 300


def look(folder: Path, *flags: object) -> tuple[int, set[str], set[str]]:
    """The exit status, what is fine, and what isn't."""
    done = poolhouse(folder, "check", *flags)
    assert done.stderr == ""
    lines = [(line[:8].strip(), line[8:]) for line in done.stdout.splitlines()]
    assert {verdict for verdict, _ in lines} <= {"ok", "not ok"}
    fine = {what for verdict, what in lines if verdict == "ok"}
    return done.returncode, fine, {what for verdict, what in lines if verdict == "not ok"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    return tmp_path / ".poolhouse"


def test_check_of_a_usable_store_succeeds(tmp_path: Path, data: Path) -> None:
    status, fine, wrong = look(tmp_path)
    assert (status, wrong) == (0, set())
    assert fine > FINE
    [key] = [line for line in fine if line.startswith("the master key: ")]
    assert key == "the master key: .poolhouse/master.key unseals the store"


def test_check_pools_of_region_that_is_not_served_fails(tmp_path: Path) -> None:
    with Server(tmp_path, "dev") as server:
        for region in ("us-east-1", "eu-west-1", "eu-west-1", "ap-south-1"):
            cognito(server.url, region_name=region).create_user_pool(PoolName="p")
        server.stop()
    status, fine, wrong = look(tmp_path, "--region", "us-east-1,ap-south-1")
    assert status == 1
    assert wrong == {
        "the regions: the store has pools of eu-west-1, which `region` (us-east-1,ap-south-1) lacks"
    }
    served = ("--region", "us-east-1", "--region", "ap-south-1", "--region", "eu-west-1")
    status, fine, wrong = look(tmp_path, *served)
    assert (status, wrong) == (0, set())
    assert "the regions: us-east-1, ap-south-1, eu-west-1" in fine


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_check_host_of_all_addresses_without_public_url_fails(tmp_path: Path, host: str) -> None:
    flags = ("--host", host, "--behind-proxy", "--port", "9229")
    status, _, wrong = look(tmp_path, *flags)
    shown = f"[{host}]" if ":" in host else host
    assert (status, wrong) == (
        1,
        {
            f"the address: tokens and mails would name http://{shown}:9229, which other machines"
            " can't reach: set `public_url`"
        },
    )
    status, _, wrong = look(tmp_path, *flags, "--public-url", "https://id.example.com")
    assert (status, wrong) == (0, set())


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("--domain-url", "http://{domain}.auth.example.com", "--behind-proxy"),
            "the domains: `domain_url` http://{domain}.auth.example.com is without TLS: passwords"
            " and codes would be sent unencrypted",
        ),
        (
            (
                *("--domain-url", "https://{domain}.example.com"),
                *("--public-url", "https://ID.example.com:9229"),
            ),
            "the domains: by `domain_url` https://{domain}.example.com a domain id would have the"
            " host of `public_url`, where no domain answers",
        ),
    ],
)
def test_check_domain_url_that_browsers_cannot_use_fails(
    tmp_path: Path, flags: tuple[str, ...], sentence: str
) -> None:
    status, fine, wrong = look(tmp_path, *flags)
    assert (status, wrong) == (1, {sentence})
    assert fine > FINE


@pytest.mark.parametrize(
    "url",
    [
        "https://auth.example.com",
        "https://{domain}.example.com/path",
        "https://{domain}.{domain}.example.com",
        "https://example.com:{domain}",
        "https://user@{domain}.example.com",
        "https://{domain}.b\u00fccher.example",
        "https://{domain}.example.com:port",
        "ftp://{domain}.example.com",
        "{domain}.example.com",
    ],
)
def test_check_domain_url_of_another_form_fails(tmp_path: Path, url: str) -> None:
    status, _, wrong = look(tmp_path, "--domain-url", url)
    assert status == 1
    [sentence] = wrong
    assert sentence.startswith("`domain_url` must be an http:// or https:// address")


def test_check_domain_url_that_browsers_can_use_succeeds(tmp_path: Path) -> None:
    flags = ("--domain-url", "https://{domain}.auth.example.com:9443")
    status, _, wrong = look(tmp_path, *flags, "--public-url", "https://id.example.com:9229")
    assert (status, wrong) == (0, set())


def test_check_certificate_for_another_host_than_public_url_fails(tmp_path: Path) -> None:
    hosts = ("id.example.com", "*.shop.example")
    certificate, key = certificates.make(tmp_path, "server", hosts=hosts)
    flags = ("--tls-certificate", certificate, "--tls-key", key, "--public-url")
    for host in ("ID.example.com:9229", "id.shop.example", "127.0.0.1:9229"):
        assert look(tmp_path, *flags, f"https://{host}")[::2] == (0, set())
    other = "https://id.example.org"
    assert look(tmp_path, *flags, other)[::2] == (
        1,
        {f"Clients will refuse the TLS certificate {certificate}: it is not for id.example.org."},
    )
    assert look(tmp_path, *flags, other, "--behind-proxy")[::2] == (0, set()), (
        "clients get the proxy's"
    )


def test_check_of_an_empty_folder_creates_nothing(tmp_path: Path) -> None:
    status, fine, wrong = look(tmp_path)
    assert (status, wrong) == (0, set())
    assert fine == {*FINE, "the store: none yet; the first start creates it"}
    assert list(tmp_path.iterdir()) == []


def test_check_reports_each_settings_error_on_a_line(tmp_path: Path) -> None:
    status, fine, wrong = look(tmp_path, "--port", "x", "--region", "y")
    assert (status, fine) == (1, set())
    assert {line.split()[0] for line in wrong} == {"`port`", "`region`"}


def test_files_that_are_open_to_others_are_not_fine(tmp_path: Path, data: Path) -> None:
    (data / "master.key").chmod(0o644)
    status, fine, wrong = look(tmp_path)
    assert (status, "the files" in fine) == (1, False)
    [line] = wrong
    assert (
        line == "Other users can read the file of the master key: chmod o-r .poolhouse/master.key"
    )


def test_check_with_another_master_key_fails(tmp_path: Path, data: Path) -> None:
    answer(poolhouse(tmp_path, "keys", "create", "--user", "bob", "--data", "other"))
    (tmp_path / "other" / "master.key").replace(data / "master.key")
    status, fine, wrong = look(tmp_path)
    assert status == 1
    assert fine > FINE
    [line] = wrong
    assert line.startswith("The master key doesn't unseal the store")


def test_check_of_an_unreachable_store_fails(tmp_path: Path) -> None:
    nowhere = f"postgresql:///d?host={tmp_path}"
    status, fine, wrong = look(tmp_path, "--store", nowhere)
    assert (status, fine) == (1, FINE)
    [line] = wrong
    assert line.startswith("The store can't be used: ")


@pytest.mark.parametrize(
    ("hours", "sentence"), [(-1, "it expired on 2"), (48, "it is not valid before 2")]
)
def test_check_of_certificate_out_of_date_fails(tmp_path: Path, hours: int, sentence: str) -> None:
    certificate, key = certificates.make(tmp_path, hours=hours)
    status, fine, wrong = look(tmp_path, "--tls-certificate", certificate, "--tls-key", key)
    assert (status, "the files" in fine) == (1, False)
    [line] = wrong
    assert line.startswith(f"Clients will refuse the TLS certificate {certificate}: {sentence}")


def test_check_of_certificate_with_other_key_fails(tmp_path: Path) -> None:
    certificate, _ = certificates.make(tmp_path, "one")
    _, key = certificates.make(tmp_path, "other")
    status, _, wrong = look(tmp_path, "--tls-certificate", certificate, "--tls-key", key)
    assert (status, len(wrong)) == (1, 1)
    assert wrong.pop().endswith("the key belongs to another certificate.")


def test_check_of_data_directory_of_impossible_name_fails(tmp_path: Path) -> None:
    """The operating system's refusal is a sentence, as with a folder that may not be read."""
    status, _, wrong = look(tmp_path, "--data", TOO_LONG)
    assert (status, wrong) == (
        1,
        {
            f"The data directory {TOO_LONG} can't be used: File name too long.",
            f"{TOO_LONG}/poolhouse.db can't be used: File name too long.",
        },
    )


def test_check_of_data_directory_below_file_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, _, wrong = look(tmp_path, "--data", tmp_path / "file" / "data")
    where = f"{tmp_path}/file"
    assert (status, wrong) == (
        1,
        {f"The data directory {where}/data can't be used: {where} is a file."},
    )
