"""Bytes → meaning: header, profile, text, consequence; and the answer to it.  Nothing is kept here.

The listener, a replay from the archive and its preview read a message the same way.
"""

from __future__ import annotations

from plugin.domain.archive import Envelope
from plugin.domain.errors import MessageRejected
from plugin.hl7 import charset
from plugin.hl7 import header as msh
from plugin.hl7.acknowledgment import acknowledge
from plugin.hl7.header import Header
from plugin.hl7.meaning import Consequence, Journeys, check, reader_for
from plugin.hl7.mention import mentioned
from plugin.hl7.profile import Profile, Profiles
from plugin.hl7.reader import Message
from plugin.hl7.refusals import refusal
from plugin.hl7.session import Peer
from plugin.workflow.ports.surroundings import Surroundings

_NO_PROFILE = Profile()


class Opened:
    """A block as far as it has been read."""

    __slots__ = ("block", "codec", "guessed", "header", "peer", "profile", "received_at", "rejected")

    def __init__(self, block: bytes, peer: Peer, around: Surroundings) -> None:
        self.block, self.peer = block, peer
        self.received_at = around.clock()
        self.header: Header | None = None
        self.profile = _NO_PROFILE
        self.rejected: MessageRejected | None = None
        self.codec, self.guessed = "", False

    @property
    def control_id(self) -> str:
        return self.header.text(10) if self.header else ""

    @property
    def message_type(self) -> str:
        if self.header is None:
            return ""
        return "^".join(filter(None, (self.header.code, self.header.event)))

    def needed_header(self) -> Header:
        """The header of a block that was not refused for it."""
        if self.header is None:
            raise refusal("no_msh")
        return self.header

    def envelope(self) -> Envelope:
        header = self.header
        return Envelope(
            raw=self.block,
            peer=str(self.peer),
            received_at=self.received_at,
            sender=header.sender if header else "",
            control_id=self.control_id,
            message_type=self.message_type,
            message_time=header.text(7) if header else "",
            charset=self.codec,
            charset_guessed=self.guessed,
            profile=self.profile.name,
            reliable_control_id=self.profile.message.control_id == "reliable",
        )


class Interpreter:
    """Reads messages by the profiles of a site.

    Parameters
    ----------
    refuse_unknown
        A sender that no profile is for is answered AR instead of read by the cautious default.
    """

    def __init__(
        self, profiles: Profiles, journeys: Journeys, around: Surroundings, *, refuse_unknown: bool = False
    ) -> None:
        self.profiles = profiles
        self._journeys, self._around, self._refuse_unknown = journeys, around, refuse_unknown

    def opened(self, block: bytes, peer: Peer, start: int = 0) -> Opened:
        """Read the header that begins at `start`; what is wrong with it is kept as ``rejected``."""
        opened = Opened(block, peer, self._around)
        try:
            opened.header = msh.read(block[start:])
            opened.profile = self.profiles.select(opened.header, peer.listener)
            msh.require(opened.header)
        except MessageRejected as rejected:
            opened.rejected = rejected
        return opened

    def read(self, opened: Opened, codec: str = "") -> Message:
        """The message as text that may be taken apart; `codec` is believed whatever it declares.

        Raises
        ------
        MessageRejected
            For its header, its sender, or bytes that do not decode.
        """
        if opened.rejected:
            raise opened.rejected
        header, profile = opened.needed_header(), opened.profile
        if self._refuse_unknown and not self.profiles.is_known(header, opened.peer.listener):
            raise refusal("sender", "MSH^1^3", found=header.sender)
        reader_for(header)
        check(header, profile)
        if codec:
            decoded = charset.decode_as(opened.block, codec)
        else:
            decoded = charset.decode(opened.block, header.codec, profile.message.codec)
        opened.codec, opened.guessed = decoded.codec, decoded.guessed
        return Message(decoded.text, header.delimiters, decoded.codec)

    def understand(self, opened: Opened, codec: str = "") -> Consequence:
        """Read a message to its meaning.

        Raises
        ------
        MessageRejected
            Saying which segment and field is wrong.
        """
        message = self.read(opened, codec)
        read = reader_for(opened.needed_header())
        return read(message, opened.profile, self._journeys, self._around)

    def mentioned(self, opened: Opened) -> tuple[str, str]:
        """Accession number and patient ID that the archive finds a refused block by."""
        if opened.header is None:
            return "", ""
        return mentioned(opened.block, opened.header, opened.profile)

    def acknowledge(self, opened: Opened, rejected: MessageRejected | None) -> bytes | None:
        """The answer to a message, accepted or `rejected`; ``None`` when its sender wants none."""
        return acknowledge(
            opened.header,
            rejected,
            now=self._around.clock(),
            # MSH-10 has twenty characters up to v2.6.
            control_id=self._around.mint.id()[:20],
            codec=opened.codec,
            always=opened.profile.message.acknowledge == "always",
            zone=self._around.zone,
        )
