"""The page of models and the documentation, in a real browser."""

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, require_accessible
from tests.processes import shell_words


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        ("its own", '"model": "iris"'),
        ("TensorFlow Serving", '"predictions"'),
        ("Open Inference V2", '"model_name": "iris"'),
    ],
)
def test_a_model_is_asked_in_every_dialect(tab: Visit, dialect: str, answer: str) -> None:
    page = tab.go("/models")
    form = page.locator("form[data-model=iris]")
    form.get_by_label("Dialect").select_option(dialect)
    expect(form.locator("[data-request]")).to_contain_text(f"curl '{tab.server}/")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("[data-answer]")).to_contain_text("200 OK in")
    expect(form.locator("[data-answer]")).to_contain_text(answer)


def test_the_request_shown_can_be_pasted_into_a_shell(tab: Visit) -> None:
    form = tab.go("/models").locator("form[data-model=iris]")
    body = """@{"instances": ["it's", "$(id)", "\\\\"],\n "signature_name": "\'"}"""
    form.locator("[data-dialect]").evaluate(
        """chosen => { chosen.selectedOptions[0].value = "models/it's/predict"; }"""
    )
    form.get_by_label("Request").fill(body)
    assert shell_words(form.locator("[data-request]").inner_text()) == [
        f"{tab.server}/models/it's/predict",
        "-H",
        "content-type: application/json",
        "--data-raw",
        body,
    ]


def test_a_wrong_request_is_answered_with_the_place(tab: Visit) -> None:
    page = tab.go("/models")
    form = page.locator("form[data-model=iris]")
    form.get_by_label("Request").fill(json.dumps({"instances": [{"flower": ["x"] * 4}]}))
    form.get_by_role("button", name="Send").click()
    expect(form.locator("[data-answer]")).to_contain_text("422")
    expect(form.locator("[data-answer]")).to_contain_text("instances.0.flower")
    tab.complaints.clear()  # the browser itself writes down the 422


def test_the_documentation_keeps_the_policy(tab: Visit) -> None:
    page = tab.go("/docs")
    operation = page.get_by_text("Version, models, engines")
    expect(operation).to_be_visible()
    operation.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text(
        "200"
    )


def test_people_with_a_screen_reader_or_a_narrow_screen_get_everything(
    browser: Browser, server: str
) -> None:
    require_accessible(browser, server, "/models")
