"""The listeners that ours is measured beside, each a program of its own as its users write it."""

from __future__ import annotations

NAIVE = """
# A thread a connection, a session a message, a commit a message: SQLAlchemy's ORM, on a SQLite
# file or, given a URL, on PostgreSQL.
import socketserver, sys
from sqlalchemy import Column, Integer, String, LargeBinary, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session

class Base(DeclarativeBase): pass

class Message(Base):
    __tablename__ = "messages"
    id = Column(Integer, primary_key=True)
    control_id = Column(String, index=True)
    raw = Column(LargeBinary)

class Report(Base):
    __tablename__ = "reports"
    id = Column(Integer, primary_key=True)
    accession_number = Column(String, index=True)
    patient = Column(String)
    findings = Column(String)
    impression = Column(String)

if "://" in sys.argv[1]:
    engine = create_engine(sys.argv[1], pool_size=80)
else:
    engine = create_engine("sqlite:///" + sys.argv[1], connect_args={"timeout": 30}, pool_size=80)

    @event.listens_for(engine, "connect")
    def durable(connection, _record):
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")

Base.metadata.create_all(engine)

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data = b""
        while True:
            received = self.request.recv(65536)
            if not received:
                return
            data += received
            while b"\\x1c\\r" in data:
                block, data = data.split(b"\\x1c\\r", 1)
                self.request.sendall(b"\\x0b" + self.one(block.lstrip(b"\\x0b")) + b"\\x1c\\r")

    def one(self, raw):
        segments = [line.split("|") for line in raw.decode().split("\\r") if line]
        first = {segment[0]: segment for segment in reversed(segments)}
        texts = [segment[5] for segment in segments if segment[0] == "OBX"]
        with Session(engine) as session:
            session.add(Message(control_id=first["MSH"][9], raw=raw))
            session.add(Report(accession_number=first["OBR"][3], patient=first["PID"][5],
                               findings="".join(texts[:1]), impression="".join(texts[1:])))
            session.commit()
        return f"MSH|^~\\\\&|X||Y||1||ACK|1|P|2.4\\rMSA|AA|{first['MSH'][9]}\\r".encode()

class Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

server = Server(("127.0.0.1", int(sys.argv[2])), Handler)
print("ready", flush=True)
server.serve_forever()
"""

HL7APY = """
# hl7apy's own server: parse, and answer; nothing is kept.
import sys
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message

class Report(AbstractHandler):
    def reply(self):
        message = parse_message(self.incoming_message)
        control_id = message.msh.msh_10.to_er7()
        return f"\\x0bMSH|^~\\\\&|X||Y||1||ACK|1|P|2.4\\rMSA|AA|{control_id}\\r\\x1c\\r"

server = MLLPServer("127.0.0.1", int(sys.argv[2]), {"ORU^R01": (Report,)})
print("ready", flush=True)
server.serve_forever()
"""

PYTHON_HL7 = """
# python-hl7's asyncio server: parse, and answer; nothing is kept.
import asyncio, sys
from hl7.mllp import start_hl7_server

async def talk(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()

async def main():
    server = await start_hl7_server(talk, host="127.0.0.1", port=int(sys.argv[2]), encoding="utf-8")
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

JOURNAL = """
# What the disk allows: bytes appended to a preallocated file, one fdatasync for all that wait.
import asyncio, os, queue, sys, threading

SIZE = 256 << 20
journal = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
os.posix_fallocate(journal, 0, SIZE)
for at in range(0, SIZE, 1 << 20):
    os.pwrite(journal, bytes(1 << 20), at)
os.fsync(journal)
waiting = queue.SimpleQueue()

def sync(loop):
    at = 0
    while True:
        group = [waiting.get()]
        while not waiting.empty():
            group.append(waiting.get())
        data = b"".join(block for block, _ in group)
        at = 0 if at + len(data) > SIZE else at
        os.pwrite(journal, data, at)
        at += len(data)
        os.fdatasync(journal)
        loop.call_soon_threadsafe(answer, group)

def answer(group):
    for block, transport in group:
        control_id = block.split(b"|", 10)[9]
        transport.write(b"\\x0bMSH|^~\\\\&|X||Y||1||ACK|1|P|2.4\\rMSA|AA|" + control_id + b"\\r\\x1c\\r")

class Listener(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        while b"\\x1c\\r" in self.data:
            block, self.data = self.data.split(b"\\x1c\\r", 1)
            waiting.put((block, self.transport))

async def main():
    loop = asyncio.get_running_loop()
    threading.Thread(target=sync, args=(loop,), daemon=True).start()
    server = await loop.create_server(Listener, "127.0.0.1", int(sys.argv[2]))
    print("ready", flush=True)
    await server.serve_forever()

try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""
