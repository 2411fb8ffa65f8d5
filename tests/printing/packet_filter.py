# SPDX-License-Identifier: Apache-2.0
"""Sets up the kernel's packet filter in this network namespace; run by the row tests.

``drop``: nothing may leave through the inet output hook. ``nat``: a chain that translates
addresses, with a rule in it; ``nat-empty``: without.
"""

import socket
import struct
import sys

REQUEST, CREATE = 1, 0x400
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEW_TABLE, NEW_CHAIN, NEW_RULE = 0xA00, 0xA03, 0xA06
INET, IPV4 = 1, 2
LOCAL_OUT, POST_ROUTING = 3, 4
DROP, ACCEPT = 0, 1


def attribute(number, value, nested=0x8000):
    if isinstance(value, list):
        number, value = number | nested, b"".join(value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack(">I", value)
    length = 4 + len(value)
    return struct.pack("=HH", length, number) + value + b"\0" * (-length % 4)


def message(kind, family, *attributes, resource=0, flags=CREATE):
    body = struct.pack(">BBH", family, 0, resource) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0) + body


def chain(family, table, hook, policy, kind):
    place = attribute(4, [attribute(1, hook), attribute(2, 100)])
    named = attribute(1, table), attribute(3, "out")
    return message(NEW_CHAIN, family, *named, place, attribute(5, policy), attribute(7, kind))


def commands(what):
    if what == "drop":
        yield message(NEW_TABLE, INET, attribute(1, "wall"))
        yield chain(INET, "wall", LOCAL_OUT, DROP, "filter")
        return
    yield message(NEW_TABLE, IPV4, attribute(1, "nat"))
    yield chain(IPV4, "nat", POST_ROUTING, ACCEPT, "nat")
    if what == "nat":
        counter = attribute(1, [attribute(1, "counter"), attribute(2, [])])
        rule = attribute(1, "nat"), attribute(2, "out"), attribute(4, [counter])
        yield message(NEW_RULE, IPV4, *rule, flags=CREATE | 0x800)


def main(what):
    line = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    line.bind((0, 0))
    line.settimeout(2)
    begin, end = (message(one, 0, resource=10, flags=0) for one in (BATCH_BEGIN, BATCH_END))
    asked = list(commands(what))
    asked[-1] = asked[-1][:6] + struct.pack("=H", REQUEST | CREATE | 0x800 | 4) + asked[-1][8:]
    line.send(begin + b"".join(asked) + end)
    answer = line.recv(1 << 16)
    (code,) = struct.unpack_from("=i", answer, 16)
    if code:
        sys.exit(f"refused: {code}")


if __name__ == "__main__":
    main(sys.argv[1])
