#!/usr/bin/env python3
"""A client that says what it is told, and nothing on its own.

    raw.py ADDRESS:PORT|PATH [CA] <script

It knows the protocol of neither pneu nor the smarthost, only lines:

    > TEXT     say TEXT and CRLF (C escapes)
    ~ OCTETS   say these octets (C escapes)
    /          what stands above is one write, what follows another
    < CODE     hear a reply; its code must begin with CODE
    < CODE T   and T must stand somewhere in it
    tls        shake hands (localhost, verified against CA)
    hang up    close without waiting
    eof        the server must close;  reset: it must reset

Consecutive sayings are one write.  Status 0, or 1 and what was wrong.
"""
import socket
import ssl
import sys
from errno import ECONNRESET, ENOTCONN


class Client:
    def __init__(self, where, ca):
        self.ca, self.out, self.file = ca, b"", None
        if where.startswith("/"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(where)
        else:
            host, port = where.rsplit(":", 1)
            self.sock = socket.create_connection((host.strip("[]"), port))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(20)
        self.file = self.sock.makefile("rb")

    def flush(self):
        if self.out:
            self.sock.sendall(self.out)
        self.out = b""

    def tls(self):
        context = ssl.create_default_context(cafile=self.ca)
        self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
        self.file = self.sock.makefile("rb")

    def reply(self):
        text = ""
        while True:
            line = self.file.readline().decode("ascii")
            text += line
            if line[3:4] != "-":
                return text

    def expect(self, wanted):
        code, _, part = wanted.partition(" ")
        text = self.reply()
        if not text.startswith(code) or part not in text:
            sys.exit("expected %r, got %r" % (wanted, text))

    def expect_end(self, wanted):
        try:
            rest = self.file.read()
            got = "eof" if rest == b"" else repr(rest)
            self.sock.getpeername()  # ssl shows a reset as an end
        except ssl.SSLEOFError:
            got = "eof"
        except OSError as e:
            got = "reset" if e.errno in (ECONNRESET, ENOTCONN) else repr(e)
        if got != wanted:
            sys.exit("expected %s, got %s" % (wanted, got))

    def obey(self, line):
        octets = line[2:].encode("utf-8").decode("unicode_escape")
        if line.startswith("> "):
            self.out += octets.encode("latin-1") + b"\r\n"
            return
        if line.startswith("~ "):
            self.out += octets.encode("latin-1")
            return
        self.flush()
        if line.startswith("< "):
            self.expect(line[2:])
        elif line == "tls":
            self.tls()
        elif line in ("eof", "reset"):
            self.expect_end(line)
        elif line == "hang up":
            self.file.close()
            self.sock.close()
        elif line != "/":
            sys.exit("what is %r?" % line)


client = Client(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
for step in sys.stdin.read().splitlines():
    if step:
        client.obey(step)
client.flush()
