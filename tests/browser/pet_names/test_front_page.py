"""The page of names: every control, with JavaScript and without."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Visit, require_accessible, visit


def names_on(tab: Visit) -> list[str]:
    return tab.page.locator(".names li").all_inner_texts()


def drawn(page: Page) -> None:
    expect(page.locator("#status")).to_have_text("")


def test_twenty_names_some_of_them_new(tab: Visit) -> None:
    tab.go("/?seed=7")
    assert len(names_on(tab)) == 20
    assert 1 < tab.page.locator(".names .new").count() < 20
    assert "The model took" in tab.page.locator(".note").inner_text()


def test_more_names_without_a_reload(tab: Visit) -> None:
    page = tab.go("/")
    page.evaluate("window.stayed = true")
    before = names_on(tab)
    page.get_by_role("button", name="More names").click()
    expect(page.locator(".names li").first).not_to_have_text(before[0])
    assert names_on(tab) != before
    assert page.evaluate("window.stayed")


def test_every_control_is_obeyed_and_the_link_keeps_it(tab: Visit) -> None:
    page = tab.go("/")
    page.get_by_label("cats").check()
    drawn(page)
    page.get_by_label("Starts with").fill("mo")
    page.get_by_label("How many").fill("7")
    page.get_by_label("Temperature").fill("0.5")
    expect(page.locator("#temperature-value")).to_have_text("0.5")
    page.get_by_role("button", name="More names").click()
    expect(page.locator(".names li")).to_have_count(7)
    drawn(page)
    names = names_on(tab)
    assert all(name.lower().startswith("mo") for name in names)
    link = page.get_by_role("link", name="Link to these names").get_attribute("href") or ""
    for part in ("species=cat", "prefix=mo", "count=7", "temperature=0.5", "seed="):
        assert part in link
        assert part in page.url

    again = tab.go(link.removeprefix("."))
    assert names_on(tab) == names
    expect(again.get_by_label("cats")).to_be_checked()
    expect(again.get_by_label("Starts with")).to_have_value("mo")
    expect(again.get_by_label("How many")).to_have_value("7")
    expect(again.get_by_label("Temperature")).to_have_value("0.5")


def test_going_back_brings_the_names_back(tab: Visit) -> None:
    page = tab.go("/?seed=7&count=5")
    before = names_on(tab)
    page.get_by_role("button", name="More names").click()
    expect(page.locator(".names li").first).not_to_have_text(before[0])
    page.go_back()
    expect(page.locator(".names li").first).to_have_text(before[0])
    drawn(page)
    assert names_on(tab) == before


def test_copying(tab: Visit) -> None:
    page = tab.go("/?seed=7")
    page.locator(".names button").first.click()
    expect(page.locator("#status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == names_on(tab)[0]
    page.get_by_role("button", name="Copy all").click()
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == names_on(tab)
    page.get_by_role("button", name="Copy curl").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"curl '{tab.server}/names?seed=7'"


def test_the_request_shown_draws_the_names_shown(tab: Visit) -> None:
    page = tab.go("/?count=4&species=dog")
    shown = page.locator(".sample pre").first.inner_text()
    url = re.findall(r"'(.*)'", shown)[0]
    assert page.evaluate("url => fetch(url).then(answer => answer.json())", url) == names_on(tab)


def test_without_javascript(browser: Browser, server: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        tab = visit(context, server)
        page = tab.go("/")
        assert len(names_on(tab)) == 20
        page.get_by_label("dogs").check()
        page.get_by_label("How many").fill("3")
        page.get_by_role("button", name="More names").click()
        assert len(names_on(tab)) == 3
        expect(page.get_by_label("dogs")).to_be_checked()
        names = names_on(tab)
        page.get_by_role("link", name="Link to these names").click()
        assert names_on(tab) == names


def test_by_keyboard_alone(tab: Visit) -> None:
    page = tab.go("/")
    before = names_on(tab)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the names")).to_be_focused()
    for _ in range(30):
        if page.evaluate("document.activeElement.textContent") == "More names":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".names li").first).not_to_have_text(before[0])


def test_a_failing_server_is_told_and_recovered_from(tab: Visit) -> None:
    page = tab.go("/?seed=7")
    before = names_on(tab)
    failing = {"status": 503, "json": {"error": "too busy", "details": []}}
    page.route("**/?*", lambda route: route.fulfill(**failing), times=1)
    page.get_by_role("button", name="More names").click()
    expect(page.locator("#status")).to_contain_text("too busy")
    assert names_on(tab) == before
    tab.complaints.clear()  # the browser itself writes down the 503
    page.route("**/?*", lambda route: route.abort(), times=1)
    page.get_by_role("button", name="More names").click()
    expect(page.locator("#status")).to_contain_text("try again")
    tab.complaints.clear()
    page.get_by_role("button", name="More names").click()
    expect(page.locator(".names li").first).not_to_have_text(before[0])
    drawn(page)


def test_a_slow_server_is_waited_for(tab: Visit) -> None:
    page = tab.go("/?seed=7")
    waiting: list[Route] = []
    page.route("**/?*", lambda route: waiting.append(route), times=1)  # noqa: PLW0108
    page.get_by_role("button", name="More names").click()
    expect(page.locator("#status")).to_have_text("Drawing …")
    expect(page.locator("#result")).to_have_class("busy")
    waiting[0].continue_()
    drawn(page)


def test_people_with_a_screen_reader_or_a_narrow_screen_get_everything(
    browser: Browser, server: str
) -> None:
    require_accessible(browser, server, "/?seed=7&temperature=3")


def test_the_model_is_asked_on_the_page_of_models(tab: Visit) -> None:
    form = tab.go("/models").locator("form[data-model=pet_names]")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("[data-answer]")).to_contain_text("200 OK in")
    expect(form.locator("[data-answer]")).to_contain_text('"model": "pet_names"')
