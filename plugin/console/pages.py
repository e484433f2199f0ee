"""Renders a console page with what all of them share: language, person, menu, form token."""

from __future__ import annotations

from datetime import datetime

from flask import g, render_template

from plugin.console.desk import ConsoleDesk
from plugin.console.menu import menu_of
from plugin.console.plain_words import PlainWords


def show(template: str, **values: object) -> str:
    """HTML of `template`."""
    signed_in = g.get("signed_in")
    return render_template(
        template,
        t=g.t,
        language=g.language,
        me=signed_in.account if signed_in else None,
        csrf=signed_in.session.csrf if signed_in else "",
        menu=menu_of(signed_in.account.role) if signed_in else [],
        unseen=g.unseen() if signed_in else 0,
        form_title=g.form_title,
        clock_time=clock_time,
        alarm=g.alarm() if signed_in else None,
        **values,
    )


def plain_words(desk: ConsoleDesk) -> PlainWords:
    """Codes in the language of the current request."""
    return PlainWords(desk.catalogue, g.t, g.form_title)


def clock_time(at: datetime | None) -> str:
    """A stored time as the hospital's clocks show it, to the second."""
    return at.astimezone(g.zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""
