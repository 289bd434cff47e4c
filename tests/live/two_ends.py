# SPDX-License-Identifier: GPL-2.0-or-later
"""Both ends of a conversation in one program: sockets in two network namespaces, so that what arrives can be compared
with what was sent. Needs root."""
import ctypes
import os
import socket

CLONE_NEWNET = 0x40000000  # linux/sched.h
SIP = 5060


def enter(namespace):
    """What this program opens from now on is there; what it has stays where it is."""
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns", namespace)
    os.close(descriptor)


def opened(namespace, address, kind, port=SIP):
    enter(namespace)
    end = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.bind((address, port))
    return end


def datagram_end(namespace, address):
    return opened(namespace, address, socket.SOCK_DGRAM)


def listener(namespace, address):
    end = opened(namespace, address, socket.SOCK_STREAM)
    end.listen()
    return end


def connection(namespace, address, to):
    """A new one to that listener, from any port: its two ends."""
    near = opened(namespace, address, socket.SOCK_STREAM, 0)
    near.settimeout(5)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    near.connect(to.getsockname()[:2])
    far = to.accept()[0]
    far.settimeout(5)
    return near, far
