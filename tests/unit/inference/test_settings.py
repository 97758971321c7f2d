from inference.settings import Settings


def test_a_server_loads_every_model_at_start() -> None:
    settings = Settings.model_validate({})
    assert (settings.preload_models, settings.verify_models) == ("all", "replay")


def test_lambda_starts_soon() -> None:
    settings = Settings.model_validate({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"})
    assert (settings.preload_models, settings.verify_models) == ("litert", "replay")


def test_both_may_be_chosen() -> None:
    chosen = {"PRELOAD_MODELS": "none", "VERIFY_MODELS": "digest"}
    for place in ({}, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}):
        settings = Settings.model_validate(chosen | place)
        assert (settings.preload_models, settings.verify_models) == ("none", "digest")
