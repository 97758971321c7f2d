import re

import pytest
from starlette.testclient import TestClient

from model.pet_names.vocabulary import CHARACTERS, MAX_LENGTH


def names(names_client: TestClient, **query: str | float) -> list[str]:
    response = names_client.get("/names", params=query)
    assert response.status_code == 200, response.text
    answer: list[str] = response.json()
    return answer


def test_the_r_services_clients_get_what_they_always_got(names_client: TestClient) -> None:
    response = names_client.get("/names")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert len(response.json()) == 20
    assert all(isinstance(name, str) for name in response.json())


def test_names_are_spelled_as_the_r_project_spells_them(names_client: TestClient) -> None:
    allowed = set(CHARACTERS.removesuffix("+"))
    for name in names(names_client, count=1000, temperature=2, seed=1):
        assert 1 <= len(name) <= MAX_LENGTH
        assert set(name.lower()) <= allowed
        assert name[0].isalpha()
        assert name == name.strip()
        assert not re.search(r"\b[a-z]", name), f"{name}: a word starts with a small letter"


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_count_is_how_many(names_client: TestClient, count: int) -> None:
    assert len(names(names_client, count=count)) == count


def test_a_low_temperature_repeats_itself_more_than_a_high_one(names_client: TestClient) -> None:
    cold = names(names_client, count=500, temperature=0.1, seed=1)
    warm = names(names_client, count=500, temperature=1.5, seed=1)
    assert len(set(cold)) < len(set(warm)) / 2


@pytest.mark.parametrize("prefix", ["a", "Zo", "sir", "QXJZKWVBPF"])
def test_every_name_starts_with_the_prefix(names_client: TestClient, prefix: str) -> None:
    drawn = names(names_client, count=100, prefix=prefix, seed=1)
    assert all(name.lower().startswith(prefix.lower()) for name in drawn)
    assert len(set(drawn)) > 1


def test_an_empty_prefix_is_none(names_client: TestClient) -> None:
    assert names(names_client, prefix="", seed=1) == names(names_client, seed=1)


def test_a_seed_draws_the_same_names_again_and_another_seed_does_not(
    names_client: TestClient,
) -> None:
    assert names(names_client, seed=7) == names(names_client, seed=7)
    assert names(names_client, seed=7) != names(names_client, seed=8)
    assert names(names_client, seed=-1) != names(names_client, seed=1)


def test_without_a_seed_names_are_fresh_and_the_header_repeats_them(
    names_client: TestClient,
) -> None:
    first, second = names_client.get("/names"), names_client.get("/names")
    assert first.json() != second.json()
    assert names(names_client, seed=int(first.headers["x-seed"])) == first.json()


@pytest.mark.parametrize("bound", [-(2**63), 2**63 - 1])
def test_seeds_may_be_any_64_bit_integer(names_client: TestClient, bound: int) -> None:
    assert len(names(names_client, seed=bound)) == 20


def test_the_models_own_limits_hold(names_client: TestClient) -> None:
    for rows, steps, status in ((1024, 1, 200), (1025, 1, 413), (1024, 120, 413)):
        body = {"instances": [{"characters": [31] * steps}] * rows}
        response = names_client.post("/models/pet_names/predict", json=body)
        assert response.status_code == status


def test_a_server_without_a_bucket_says_that_it_keeps_no_batches(names_client: TestClient) -> None:
    answer = names_client.get("/names/batches")
    assert answer.status_code == 404
    assert "BATCHES_BUCKET is not set" in answer.json()["error"]
