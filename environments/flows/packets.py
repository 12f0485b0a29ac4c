"""Pods as network namespaces of one router, and packets between them.

Reads one JSON object from standard input: `router` (a network namespace), `pods` with `name`, `namespace` (of the network), `address` and
`listens` (port and protocol), and `dials` (index of who asks, address, port, protocol). Writes a list of booleans: whether each dial was answered.
A socket stays in the namespace it was made in, so one process is all of them.
"""

import ctypes
import json
import os
import resource
import selectors
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(path: str) -> None:
    with open(path) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


def listen(protocol: str, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
    server = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    if protocol == "TCP":
        server.listen(512)
    return server


def dial(protocol: str, address: str, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
    client = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    client.connect_ex((address, port))
    if protocol == "UDP":
        client.send(b"?")
    return client


def answer(server: socket.socket) -> None:
    """Connections are closed at once, datagrams are sent back."""
    try:
        while True:
            if server.type & socket.SOCK_DGRAM:
                data, sender = server.recvfrom(64)
                server.sendto(data, sender)
            else:
                server.accept()[0].close()
    except (BlockingIOError, ConnectionError):
        pass


def run(batch: list, pods: list, servers: selectors.BaseSelector, seconds: float) -> list:
    answered = [False] * len(batch)
    clients = selectors.DefaultSelector()
    for index, (pod, address, port, protocol) in enumerate(batch):
        enter(pods[pod]["network"])
        client = dial(protocol, address, port)
        clients.register(client, selectors.EVENT_WRITE if protocol == "TCP" else selectors.EVENT_READ, (index, protocol))
    end = time.monotonic() + seconds
    while time.monotonic() < end and clients.get_map():
        for key, _ in servers.select(timeout=0.01):
            answer(key.fileobj)
        for key, _ in clients.select(timeout=0.01):
            index, protocol = key.data
            failed = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            answered[index] = failed == 0
            clients.unregister(key.fileobj)
            key.fileobj.close()
    for key in list(clients.get_map().values()):
        key.fileobj.close()
    clients.close()
    return answered


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    asked = json.load(sys.stdin)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    servers = selectors.DefaultSelector()
    for pod in asked["pods"]:
        enter(pod["network"])
        for port in pod["listens"]:
            servers.register(listen(port["protocol"], port["port"]), selectors.EVENT_READ)
    answered = []
    dials = asked["dials"]
    for start in range(0, len(dials), asked["atOnce"]):
        answered += run(dials[start : start + asked["atOnce"]], asked["pods"], servers, asked["seconds"])
    libc.setns(home, CLONE_NEWNET)
    json.dump(answered, sys.stdout)


main()
