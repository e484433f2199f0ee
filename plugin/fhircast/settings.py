"""``[fhircast]`` of ``site.toml``: the hub; without the table nobody is subscribed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from plugin.kit.pinned_call import CalledAddress


class FhircastSettings(CalledAddress):
    """The hub (`url`, `allowed`, `networks`: see :class:`CalledAddress`), and whose session is whose.

    Parameters
    ----------
    allowed
        Holds the place of the subscription and that of the websocket, where they differ.
    token
        Name under which the data folder's ``secrets`` keep the bearer token; empty: none is sent.
    topic
        The topic of a person's session, with ``{staff_id}`` in it.
    topics
        Staff ID to topic, where the pattern does not do.
    lease_s
        Asked of the hub, and renewed before it ends.
    idle_minutes
        A person whose page asks no more is unsubscribed after so long.
    most
        People subscribed at once.
    """

    token: str = ""
    topic: str = "{staff_id}"
    topics: dict[str, str] = {}
    lease_s: Annotated[int, Field(ge=60, le=86_400)] = 3600
    idle_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 10
    most: Annotated[int, Field(ge=1, le=1000)] = 64
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10

    @field_validator("topic")
    @classmethod
    def _pattern(cls, topic: str) -> str:
        try:
            told = topic.format(staff_id="D1") != topic.format(staff_id="D2")
        except (KeyError, IndexError, ValueError):
            told = False
        if not told:
            raise ValueError("holds {staff_id}, and no other field: each person has a session of his own")
        return topic

    def topic_of(self, staff_id: str) -> str:
        return self.topics.get(staff_id) or self.topic.format(staff_id=staff_id)
