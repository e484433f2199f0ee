"""``signgate send FILE… --to HOST:PORT``: send HL7 files over MLLP and print each acknowledgement."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from plugin.commands.options import files_argument
from plugin.commands.progress import progress_line
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.hl7.acknowledgment import is_awaited
from plugin.hl7.answer import Answer
from plugin.hl7.batch import split
from plugin.hl7.client import Destination, MllpClient
from plugin.hl7.mllp import Block, Deframer
from plugin.hl7.tls import client_context


@click.command("send")
@files_argument
@click.option("--to", metavar="HOST:PORT", default="127.0.0.1:2575", show_default=True, help="Where to send.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=30.0,
    show_default=True,
    help="Seconds to wait for an answer.",
)
@click.option("--tls", is_flag=True, help="Encrypt; the server's certificate is checked.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True),
    help="Authority that signed the server's certificate [default: the system's].",
)
@click.option("--cert", type=click.Path(path_type=Path, exists=True), help="Our client certificate.")
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True), help="Its key [default: in the same file]."
)
@click.option("--server-name", default="", help="Name the server's certificate must bear [default: HOST].")
@click.option("--as-is", is_flag=True, help="Send each file's bytes as one frame, uncut.")
@click.option("--cr", is_flag=True, help="End segments by CR, whatever the file ends its lines with.")
@click.option("--show", is_flag=True, help="Print the whole acknowledgement, not one line of it.")
def command(
    files: Sequence[Path], to: str, timeout: float, tls: bool, ca: Path | None, cert: Path | None, key: Path | None,
    server_name: str, as_is: bool, cr: bool, show: bool,
) -> None:  # fmt: skip
    """Send HL7 messages over MLLP and print each acknowledgement.

    A file holds one message or many: one after another, framed, or in a batch, whose messages
    are sent one by one.  Exit status 1 when any of them is not answered AA or CA.
    """
    host, port = address(to)
    context = client_context(ca, cert, key) if tls else None
    destination = Destination(
        host=host,
        port=port,
        tls=context,
        server_name=server_name,
        answer_s=timeout,
        connect_s=min(timeout, 10.0),
    )
    failed = sent = 0
    with MllpClient(destination) as client, progress_line() as progress:
        for file in files:
            messages = [file.read_bytes()] if as_is else list(messages_in(file.read_bytes()))
            if not messages:
                raise InvalidInput(str(file), "holds no HL7 message (no segment MSH)")
            for number, message in enumerate(messages, 1):
                progress(f"{file.name} {number}/{len(messages)}")
                name = f"{file}" if len(messages) == 1 else f"{file}#{number}"
                taken, line = _send(client, with_cr(message) if cr else message, show)
                click.echo(f"{name}: {line}")
                failed += not taken
                sent += 1
    if failed:
        click.echo(f"signgate: {failed} of {sent} message(s) were not accepted", err=True)
        sys.exit(1)


def address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises
    ------
    click.BadParameter
        When it is neither.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.BadParameter(f"{text!r} is not HOST:PORT", param_hint="--to")
    return host.strip("[]"), int(port)


def messages_in(content: bytes) -> Iterator[bytes]:
    """Messages of a file: framed, in a batch, or one after another; their bytes are not touched.

    The end of a frame that is missing at the end of a file is forgiven.
    """
    if b"\x0b" in content[:4]:
        deframer = Deframer()
        blocks = [found.payload for found in deframer.feed(content) if isinstance(found, Block)]
        if left := deframer.cut():
            blocks.append(left.head)
    elif content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        blocks = [content]
    else:
        blocks = list(split(content).messages)
    for block in blocks:
        if block.strip():
            yield block


def with_cr(message: bytes) -> bytes:
    """Segment ends as CR."""
    return message.replace(b"\r\n", b"\r").replace(b"\n", b"\r")


def _send(client: MllpClient, message: bytes, show: bool) -> tuple[bool, str]:
    """Whether the message was taken, and the line that says so."""
    try:
        answer = client.send(message, expect_answer=is_awaited(message))
    except DeliveryFailed as error:
        return False, f"not delivered: {error}"
    if answer is None:
        return True, "sent; it asks for no acknowledgement (MSH-15, MSH-16)"
    return answer.accepted, _shown(answer, show)


def _shown(answer: Answer, whole: bool) -> str:
    if whole:
        text = answer.raw.decode("utf-8", "replace")
        return "\n  " + text.replace("\r", "\n  ").rstrip()
    return " ".join(
        filter(None, (answer.code or "?", answer.control_id, answer.error, answer.location, answer.text))
    )
