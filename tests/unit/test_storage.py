"""Permissions, regions and addresses of S3, where AWS is less lenient than an emulator."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from functions import storage
from functions.refusals import NoObjectError, RefusedError, StorageError
from functions.storage import Bucket
from tests.aws import use_credentials
from tests.s3_stub import Answer, Request, denied, error, listing, stubbed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
KEYS = ["a/b", "a/b/c", "a/bb"]


def without_get(request: Request) -> Answer:
    """May list, but not read."""
    return listing(request, KEYS) if "list-type" in request.query else denied("s3:GetObject")


@pytest.mark.parametrize("key", ["a/c", "a/b/", "a"])
def test_what_is_not_there_is_none_though_s3_refuses(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with stubbed(monkeypatch, without_get) as requests:
        assert Bucket("bucket").read(key) is None
        with pytest.raises(NoObjectError, match=f"s3://bucket/{key} is not there"):
            list(Bucket("bucket").lines(key, 10))
    assert requests[1].query["prefix"] == key, "a policy may allow some prefixes alone"


def test_what_is_there_and_refused_is_an_error_that_names_the_permission(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = r"S3 refuses s3:GetObject on s3://bucket/a/b \(User"
    with stubbed(monkeypatch, without_get):
        with pytest.raises(RefusedError, match=refused):
            Bucket("bucket").read("a/b")
        with pytest.raises(RefusedError, match=refused):
            list(Bucket("bucket").lines("a/b", 10))


def test_where_nobody_can_tell_it_is_none_and_the_log_names_both_permissions(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(storage, "logger", logging.getLogger("storage"))
    with stubbed(monkeypatch, lambda _: denied("s3:Anything")):
        assert Bucket("bucket").read("a/b") is None
        assert "s3:GetObject on s3://bucket/a/b" in caplog.text
        assert "s3:ListBucket on s3://bucket/a/b" in caplog.text
        with pytest.raises(RefusedError, match="Or it is not there, but S3 refuses s3:ListBucket"):
            list(Bucket("bucket").lines("a/b", 10))


def test_a_refusal_to_write_names_the_permission_and_the_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with stubbed(monkeypatch, lambda _: denied("s3:PutObject")):
        for write in (Bucket("bucket").write, Bucket("bucket").write_once):
            with pytest.raises(RefusedError, match=r"s3:PutObject on s3://bucket/a .*TargetBucket"):
                write("a", b"")


def test_a_bucket_that_is_not_there_is_no_missing_object(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        stubbed(monkeypatch, lambda _: error(404, "NoSuchBucket")),
        pytest.raises(StorageError, match="there is no bucket of that name"),
    ):
        Bucket("bucket").read("a")


@pytest.mark.parametrize(
    "moved",
    [
        error(301, "PermanentRedirect", more="<Endpoint>b.s3.us-west-2.amazonaws.com</Endpoint>"),
        error(
            400,
            "AuthorizationHeaderMalformed",
            more="<Region>us-west-2</Region>",
        ),
    ],
)
def test_a_bucket_of_another_region_is_found(
    monkeypatch: pytest.MonkeyPatch, moved: Answer
) -> None:
    moved.headers["x-amz-bucket-region"] = "us-west-2"

    def answer(request: Request) -> Answer:
        if "us-west-2" not in request.host:
            return moved
        content = b"content" if request.method == "GET" else b""
        return Answer(200, content, x_amz_bucket_region="us-west-2")

    with stubbed(monkeypatch, answer) as requests:
        bucket = Bucket("bucket")
        assert bucket.read("a") == b"content"
        bucket.write("b", b"")
        url = urlsplit(bucket.address("a"))
    last = next(request for request in reversed(requests) if request.method == "PUT")
    assert last.host == "bucket.s3.us-west-2.amazonaws.com"
    assert "/us-west-2/s3/" in last.signature
    assert url.netloc == "bucket.s3.us-west-2.amazonaws.com"
    assert "/us-west-2/s3/" in parse_qs(url.query)["X-Amz-Credential"][0]


@pytest.mark.parametrize(
    ("region", "name", "host", "path"),
    [
        ("eu-central-1", "bucket", "bucket.s3.eu-central-1.amazonaws.com", "/k"),
        ("us-east-1", "bucket", "bucket.s3.us-east-1.amazonaws.com", "/k"),
        ("cn-north-1", "bucket", "bucket.s3.cn-north-1.amazonaws.com.cn", "/k"),
        ("us-gov-west-1", "bucket", "bucket.s3.us-gov-west-1.amazonaws.com", "/k"),
        # A certificate of AWS holds for one subdomain.
        ("eu-central-1", "my.bucket", "s3.eu-central-1.amazonaws.com", "/my.bucket/k"),
    ],
)
def test_an_address_is_that_of_the_region(
    monkeypatch: pytest.MonkeyPatch, region: str, name: str, host: str, path: str
) -> None:
    def answer(_: Request) -> Answer:  # to whoever may not even list
        return error(403, "AccessDenied", x_amz_bucket_region=region)

    with stubbed(monkeypatch, answer, region):
        url = urlsplit(Bucket(name).address("k"))
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", host, path)
    assert query["X-Amz-Credential"][0].endswith(f"/{region}/s3/aws4_request")
    assert query["X-Amz-Expires"] == ["3600"]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_emulator_has_no_host_for_each_bucket(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    use_credentials(monkeypatch)
    monkeypatch.setenv(variable, "http://localhost:9000")
    monkeypatch.setattr(storage, "region_of", lambda _: None)
    storage.s3_client.cache_clear()
    url = urlsplit(Bucket("bucket").address("k"))
    storage.s3_client.cache_clear()
    assert (url.netloc, url.path) == ("localhost:9000", "/bucket/k")


def test_a_list_of_folders_asks_once_for_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [f"names/2026{number:04}" for number in range(1000)]
    keys = [f"{folder}/{file}" for folder in folders for file in ("a", "b", "c")]
    with stubbed(monkeypatch, lambda request: listing(request, keys)) as requests:
        assert list(Bucket("bucket").folders("names/2")) == folders
        assert len(requests) == 1
        keys += ["names/20261000/a", "names/20261000/b"]
        assert list(Bucket("bucket").folders("names/2")) == [*folders, "names/20261000"]
        assert len(requests) == 3
