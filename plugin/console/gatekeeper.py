"""At the console's door: the session, the role, and where a form came from.

The session lives in the database; the cookie is only its secret.  A form is taken when it
carries the session's own token, comes from our own pages, and is an ordinary form: three
fences, because old engines know only the first.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.alarm import alarm_of
from plugin.console.desk import COOKIE, ConsoleDesk, may
from plugin.domain.errors import InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Role
from plugin.domain.scoring import ScoringForm
from plugin.kit.messages import Translate
from plugin.workflow.sign_in import SignedIn, same

LANGUAGE_COOKIE = "signgate_language"
PRE_SESSION_COOKIE = "signgate_door"

MAX_FORM_BYTES = 64 * 1024
"""No form of ours is longer; taking apart a hundred thousand fields would cost a second."""

MAX_FILE_BYTES = 8 * 1024 * 1024
"""A structured report is a few hundred kilobytes; images have no business here."""

_TAKES_A_FILE = frozenset({"console.sr_upload", "console.staff_upload"})

_OPEN_TO_ALL = frozenset({"console.static", "console.sign_in", "console.sign_in_post", "console.set_up",
                          "console.set_up_post", "console.language"})  # fmt: skip

_ASKED_BY_SCRIPTS = frozenset({"console.alerts_news", "console.alarm"})
"""A script is told that the session has ended; it has no use for the sign-in page."""


def signed_in() -> SignedIn:
    """Who is at the other end of the current request."""
    return cast(SignedIn, g.signed_in)


def speak() -> Translate:
    """The catalogue in the current request's language."""
    return cast(Translate, g.t)


def check_in(desk: ConsoleDesk) -> BaseResponse | None:
    """Before each console request: load the session, or lead to the sign-in page."""
    request.max_content_length = MAX_FILE_BYTES if request.endpoint in _TAKES_A_FILE else MAX_FORM_BYTES
    g.language = desk.catalogue.language(request.cookies.get(LANGUAGE_COOKIE))
    g.zone = desk.zone
    g.t = desk.catalogue.speak(g.language)
    titles = {form.form_id: form for form in desk.forms}
    g.form_title = lambda form_id: _title(titles.get(form_id), form_id)
    g.alarm = lambda: alarm_of(desk)
    g.unseen = lambda: _unseen(desk)
    g.signed_in = desk.sign_in.session(request.cookies.get(COOKIE, ""))
    if request.method not in {"GET", "HEAD"}:
        _check_origin(desk)
    if request.endpoint in _OPEN_TO_ALL or request.endpoint is None:
        return None
    if g.signed_in is None:
        if request.method not in {"GET", "HEAD"} or request.endpoint in _ASKED_BY_SCRIPTS:
            raise NotAuthentic("the session has ended; sign in again")
        return redirect(url_for("console.sign_in", next=request.full_path.removesuffix("?")))
    if request.method not in {"GET", "HEAD"}:
        offered = request.form.get("csrf", "")
        if not same(offered, signed_in().session.csrf):
            raise NotAllowed("the form does not belong to this session; load the page again")
    own_password = request.endpoint in {"console.password", "console.password_post", "console.sign_out"}
    if signed_in().account.must_change_password and not own_password:
        return redirect(url_for("console.password"))
    return None


def _unseen(desk: ConsoleDesk) -> int:
    """How many notices the signed-in person has not read; stands in the menu."""
    account = signed_in().account
    return desk.store.read(lambda uow: uow.person_notices.unseen(account.staff_id, account.name))


def _title(form: ScoringForm | None, form_id: str) -> str:
    """What a form is called in the page's language; one that is no more in use by its ID."""
    if form is None:
        return form_id
    return form.title_en if g.language == "en" else form.title


def allow(desk: ConsoleDesk, page: str) -> None:
    """Let the current person onto `page`; a refusal is audited.

    Raises
    ------
    NotAllowed
        When the role has no right to it.
    """
    account = signed_in().account
    if not may(account.role, page):
        desk.store.write(
            lambda uow: uow.audit.append(
                desk.clock(), account.login, "page.refused", page, {"role": account.role.value}
            )
        )
        raise NotAllowed("your role has no right to this page")


def needs_role(*roles: Role) -> None:
    """Let only these roles do what the current request asks.

    Raises
    ------
    NotAllowed
        When the person has another.
    """
    if signed_in().account.role not in roles:
        raise NotAllowed("your role has no right to do this")


def local_path(target: str, otherwise: str) -> str:
    """`target` when it is a path of the console, else `otherwise` (no open redirect)."""
    parts = urlsplit(target)
    plain = target.isprintable() and not any(part in target for part in ("\\", "//", ".."))
    if plain and not parts.scheme and not parts.netloc and target.startswith("/console/"):
        return target
    return otherwise


def form_text(name: str, *, needed: bool = True, limit: int = 500) -> str:
    """One text of the posted form.

    Raises
    ------
    InvalidInput
        Missing, given twice, too long, or holding what cannot be stored.
    """
    values = request.form.getlist(name)
    if len(values) > 1:
        raise InvalidInput(name, "is given more than once")
    text = values[0].strip() if values else ""
    if needed and not text:
        raise InvalidInput(name, "must be filled in")
    if len(text) > limit or "\x00" in text:
        raise InvalidInput(name, f"is longer than {limit} characters or holds NUL")
    return text


def set_session_cookie(desk: ConsoleDesk, response: Response, secret: str) -> None:
    """The cookie lasts as long as the session may; scripts cannot read it, other sites cannot post with it."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(desk.sign_in.absolute.total_seconds()),
        path="/console",
        secure=desk.secure_cookie,
        httponly=True,
        samesite="Lax",
    )


def _check_origin(desk: ConsoleDesk) -> None:
    """Refuse a form that another site's page, or no page at all, has sent."""
    file = request.endpoint in _TAKES_A_FILE
    if request.mimetype != ("multipart/form-data" if file else "application/x-www-form-urlencoded"):
        raise InvalidInput("content-type", "the console takes ordinary forms only")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise NotAllowed("the form came from another site")
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in {desk.origin, request.host_url.rstrip("/").lower()}:
        raise NotAllowed("the form came from another site")
