"""What a person does to change a weight, and to say that they may."""

from playwright.sync_api import Locator, Page


def weigh(page: Page, weight: int) -> None:
    page.get_by_role("textbox", name="Weight").fill(str(weight))
    page.get_by_role("button", name="Apply").click()


def asking(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Token of the operator")


def give(question: Locator, token: str) -> None:
    question.get_by_label("Token").fill(token)
    question.get_by_role("button", name="Use it").click()
