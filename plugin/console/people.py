"""Signing in and out, the first administrator, one's own password, and the accounts page."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import COOKIE, ConsoleDesk
from plugin.console.gatekeeper import (
    PRE_SESSION_COOKIE,
    allow,
    form_text,
    local_path,
    set_session_cookie,
    signed_in,
    speak,
)
from plugin.console.pages import show
from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Role
from plugin.kit.totp import address, new_secret
from plugin.workflow.sign_in import same


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/sign-in")
    def sign_in() -> BaseResponse:
        if not desk.accounts.any():
            return redirect(url_for("console.set_up"))
        return _door(desk, "console_sign_in.html", next=request.args.get("next", ""))

    @console.post("/sign-in")
    def sign_in_post() -> BaseResponse:
        _check_door()
        target = form_text("next", needed=False)
        try:
            opened = desk.sign_in.open(
                form_text("login", limit=64),
                form_text("password", limit=256),
                request.remote_addr or "",
                form_text("code", needed=False, limit=20),
            )
        except NotAuthentic:
            return _door(desk, "console_sign_in.html", 401, next=target, refused=True)
        if old := request.cookies.get(COOKIE):
            desk.sign_in.close(old)  # the place's earlier session ends with the new one
        response = make_response(redirect(local_path(target, url_for("console.home")), 303))
        set_session_cookie(desk, response, opened.secret)
        response.delete_cookie(PRE_SESSION_COOKIE, path="/console")
        return response

    @console.post("/sign-out")
    def sign_out() -> BaseResponse:
        desk.sign_in.close(request.cookies.get(COOKIE, ""))
        response = make_response(redirect(url_for("console.sign_in"), 303))
        response.delete_cookie(COOKIE, path="/console")
        return response

    @console.get("/setup")
    def set_up() -> BaseResponse:
        if desk.accounts.any():
            return redirect(url_for("console.sign_in"))
        return _door(desk, "console_set_up.html", key_file=desk.setup_key.path.name)

    @console.post("/setup")
    def set_up_post() -> BaseResponse:
        _check_door()
        if desk.accounts.any():
            raise GateConflict("the first administrator exists already; sign in instead")
        if not desk.setup_key.matches(form_text("key", limit=200)):
            t = speak()
            return _set_up_again(desk, 401, t("people.wrong_key"))
        try:
            desk.accounts.create_first(
                form_text("login", limit=64), form_text("name", limit=64), _new_password()
            )
        except InvalidInput as error:
            return _set_up_again(desk, 400, str(error))
        desk.setup_key.discard()
        return redirect(url_for("console.sign_in"), 303)

    @console.get("/password")
    def password() -> str:
        return show("console_password.html", problem="")

    @console.get("/second-factor")
    def second_factor() -> str:
        return _second_factor(new_secret(secrets.token_bytes(20)))

    @console.post("/second-factor")
    def second_factor_post() -> BaseResponse | tuple[str, int]:
        secret = form_text("secret", limit=64)
        try:
            desk.accounts.set_second_factor(signed_in().account.login, secret, form_text("code", limit=20))
        except InvalidInput as error:
            return _second_factor(secret, str(error)), 400
        return redirect(url_for("console.sign_in"), 303)

    @console.post("/password")
    def password_post() -> BaseResponse | tuple[str, int]:
        try:
            desk.accounts.change_own_password(
                signed_in().account.login, form_text("old", limit=256), _new_password()
            )
        except (InvalidInput, NotAuthentic) as error:
            return show("console_password.html", problem=str(error)), 400
        return redirect(url_for("console.sign_in"), 303)

    @console.get("/people")
    def people() -> str:
        allow(desk, "people")
        return _people(desk)

    @console.post("/people")
    def people_post() -> BaseResponse | tuple[str, int]:
        allow(desk, "people")
        try:
            _change(desk, form_text("do", limit=20), form_text("login", limit=64))
        except (InvalidInput, NotAllowed) as error:
            return _people(desk, str(error)), 400
        return redirect(url_for("console.people"), 303)


def _change(desk: ConsoleDesk, what: str, login: str) -> None:
    actor = signed_in().account.login
    if what == "add":
        desk.accounts.add(
            actor,
            login,
            form_text("name", limit=64),
            _role(),
            form_text("password", limit=256),
            staff_id=form_text("staff_id", needed=False, limit=64),
            department=form_text("department", needed=False, limit=64),
        )
    elif what == "passwd":
        desk.accounts.change_password(actor, login, form_text("password", limit=256))
    elif what == "second_factor":
        desk.accounts.drop_second_factor(actor, login)
    elif what in {"disable", "enable"}:
        desk.accounts.set_disabled(actor, login, what == "disable")
    elif what == "role":
        desk.accounts.change_role(actor, login, _role())
    else:
        raise InvalidInput("do", f"{what!r} is nothing this page does")


def _people(desk: ConsoleDesk, problem: str = "") -> str:
    return show(
        "console_people.html",
        accounts=desk.reading.accounts(),
        roles=list(Role),
        problem=problem,
        now=desk.clock(),
    )


def _second_factor(secret: str, problem: str = "") -> str:
    link = address(secret, signed_in().account.login)
    return show("console_second_factor.html", secret=secret, link=link, problem=problem)


def _role() -> Role:
    try:
        return Role(form_text("role", limit=30))
    except ValueError:
        raise InvalidInput("role", f"is one of {', '.join(Role)}") from None


def _new_password() -> str:
    new = form_text("password", limit=256)
    if new != form_text("again", limit=256):
        raise InvalidInput("again", "the two new passwords differ")
    return new


def _set_up_again(desk: ConsoleDesk, status: int, problem: str) -> BaseResponse:
    return _door(desk, "console_set_up.html", status, problem=problem, key_file=desk.setup_key.path.name)


def _door(desk: ConsoleDesk, template: str, status: int = 200, **values: object) -> Response:
    """A page before any session: its form carries the value of a short-lived cookie (login CSRF)."""
    token = request.cookies.get(PRE_SESSION_COOKIE) or secrets.token_urlsafe(24)
    response = make_response(show(template, door=token, **values), status)
    response.set_cookie(
        PRE_SESSION_COOKIE,
        token,
        max_age=3600,
        path="/console",
        secure=desk.secure_cookie,
        httponly=True,
        samesite="Strict",
    )
    return response


def _check_door() -> None:
    cookie = request.cookies.get(PRE_SESSION_COOKIE, "")
    if not cookie or not same(form_text("door", needed=False), cookie):
        raise NotAllowed("the form was not opened here; load the page again (cookies must be allowed)")
