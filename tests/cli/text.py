"""text.py SENT STORED: two letters as Python's email package reads them.

The same parts of the same types with the same text, octet for octet but for
line ends, and the same fields but for folds and for those that say how the
text is encoded.  Says what differs, and ends with 1 then.
"""

import email
import email.policy
import re
import sys

OWN = {"content-transfer-encoding", "mime-version", "date", "message-id"}


def read(path):
    with open(path, "rb") as f:
        octets = f.read()
    octets = re.sub(rb"\r\n|\r|\n", rb"\r\n", octets)
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return email.message_from_bytes(octets, policy=email.policy.compat32)


def fields(part):
    own = OWN if "content-type" in part else OWN | {"content-type"}
    return [(name.lower(), re.sub(r"\r\n", "", str(value)).strip())
            for name, value in part.items() if name.lower() not in own]


def compare(number, sent, stored):
    has = dict(fields(sent))
    added = [(n, v) for n, v in fields(stored)
             if n in has or n not in ("content-type", "from")]
    if fields(sent) != added:
        yield f"part {number}: {fields(sent)} became {added}"
    if sent.get_content_type() != stored.get_content_type():
        yield f"part {number}: {stored.get_content_type()}"
    if sent.is_multipart():
        if sent.preamble != stored.preamble:
            yield f"part {number}: the preamble differs"
        if sent.epilogue != stored.epilogue:
            yield f"part {number}: the epilogue differs"
        return
    was = sent.get_payload(decode=True)
    now = stored.get_payload(decode=True)
    if was != now:
        yield f"part {number}: {was[:200]!r} became {now[:200]!r}"


def main():
    sent = list(read(sys.argv[1]).walk())
    stored = list(read(sys.argv[2]).walk())
    found = []
    if len(sent) != len(stored):
        found.append(f"{len(sent)} parts became {len(stored)}")
    for number, pair in enumerate(zip(sent, stored)):
        found += compare(number, *pair)
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
