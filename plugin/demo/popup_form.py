"""Reads the popup's page as a browser without JavaScript would, and fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class PopupForm:
    """The form's address and its fields as the page came.

    Parameters
    ----------
    fields
        Values that a submit would send as it stands.
    choices
        Radio groups that nothing is chosen of yet: the suggestions that a person must decide on.
    """

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def accept_suggestions(self) -> list[str]:
        """Agree with every suggestion of the rules; return the lines that were suggested."""
        suggested = sorted(self.choices)
        for name in suggested:
            self.fields[name] = "yes"
        return [name.partition(".")[2] for name in suggested]


def read_form(html: str) -> PopupForm:
    """Read the page's form that carries a form token.

    Raises
    ------
    ValueError
        When there is none.
    """
    reader = _Reader()
    reader.feed(html)
    for form in reader.forms:
        if form.fields.get("form_token"):
            return form
    raise ValueError("the page holds no form with a form_token")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PopupForm] = []
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PopupForm(action=given.get("action", "")))
        elif not self.forms or not given.get("name"):
            return
        elif tag == "input":
            self._input(given)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.forms[-1].fields[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data

    def _input(self, given: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], given["name"], given.get("type", "text")
        if kind in {"checkbox", "radio"}:
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
                form.choices.pop(name, None)
            elif kind == "radio" and name not in form.fields:
                form.choices.setdefault(name, []).append(given.get("value", "on"))
        elif kind not in {"submit", "button", "reset", "image", "file"}:
            form.fields[name] = given.get("value", "")
