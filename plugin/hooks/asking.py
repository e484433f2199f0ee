"""What every signed hook asks of its request: the answer kept, a strict body, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.urls import iri_to_uri

from plugin.domain.errors import InvalidInput
from plugin.hooks.calls import Call, Prepare, SignedCalls
from plugin.hooks.payload import text_of
from plugin.kit.strict_json import read_json


def answered(calls: SignedCalls, prepare: Prepare) -> Response:
    """Answer the current request by :meth:`SignedCalls.answer`.

    Raises
    ------
    InvalidInput
        With the pointer of what is wrong in the body, also where a journey knows the field by its name alone.
    """
    call = Call(
        method=request.method,
        path_and_query=iri_to_uri(request.full_path.removesuffix("?")),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
    )
    try:
        status, text = calls.answer(call, prepare)
    except InvalidInput as error:
        if call.body and error.where.isidentifier():
            raise InvalidInput(f"/{error.where}", error.text) from error
        raise
    return Response(text, status, content_type="application/json; charset=utf-8")


def json_body() -> dict[str, Any]:
    """Body of the current request.

    Raises
    ------
    InvalidInput
        When its type is not JSON in UTF-8, or it is not what :func:`read_json` takes.
    """
    if request.mimetype != "application/json":
        raise InvalidInput("content-type", "must be application/json")
    if request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise InvalidInput("content-type", "JSON is UTF-8; leave the charset out or say utf-8")
    return read_json(request.get_data())


def person(data: Mapping[str, Any], caller: str) -> str:
    """Who acts (``who``, or ``signer.id``) as ``person@caller``: the caller vouches for the person."""
    signer = data.get("signer")
    person = text_of(data, "who", needed=False, limit=64) or (
        text_of(signer, "id", needed=False, limit=64) if isinstance(signer, dict) else ""
    )
    return f"{person}@{caller}" if person else ""


def someone(data: Mapping[str, Any], caller: str) -> str:
    who = person(data, caller)
    if not who:
        raise InvalidInput("/who", "is missing: name the person who acts")
    return who


def body_about(key: str, value: str) -> dict[str, Any]:
    """The body; when it names its subject, that must be the path's."""
    data = json_body()
    if data.get(key) not in (None, value):
        raise InvalidInput(f"/{key}", "differs from the path")
    return data
