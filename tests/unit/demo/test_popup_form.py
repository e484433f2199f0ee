"""The form is read as a browser reads it: what is checked is sent, what is not is not."""

from __future__ import annotations

import pytest

from plugin.demo.popup_form import read_form

PAGE = """
<form action="/elsewhere"><input name="q"></form>
<form method="post" action="/qc">
 <input type="hidden" name="form_token" value="t0ken">
 <input type="checkbox" name="m.A" value="1">
 <input type="checkbox" name="m.B" value="1" checked>
 <input type="radio" name="s.C" value="yes"><input type="radio" name="s.C" value="no">
 <input type="radio" name="s.D" value="yes"><input type="radio" name="s.D" value="no" checked>
 <input name="r.C" value="&#24038;&#21491;"><textarea name="comment">备注</textarea>
 <button type="submit" name="go" value="1">go</button><input type="submit" name="go2" value="1">
</form>"""


def test_fields_are_those_that_a_submit_would_send():
    form = read_form(PAGE)

    assert form.action == "/qc"
    assert form.fields == {
        "form_token": "t0ken",
        "m.B": "1",
        "s.D": "no",
        "r.C": "左右",
        "comment": "备注",
    }


def test_only_undecided_suggestions_are_accepted():
    form = read_form(PAGE)

    assert form.accept_suggestions() == ["C"]
    assert form.fields["s.C"] == "yes"
    assert form.fields["s.D"] == "no"


def test_a_page_without_a_form_is_told():
    with pytest.raises(ValueError, match="form_token"):
        read_form("<html><form><input name=q></form></html>")
