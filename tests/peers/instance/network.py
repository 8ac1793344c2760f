"""A network of its own for the instance and what runs against it: two of the services serve their
metrics on every interface, one of them on a fixed port; and whoever leaves the machine fails."""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

# Set for the program that was started again inside; none of it is for the command.
_INSIDE = "PYSIGN_OWN_NETWORK"
# Root needs no user namespace; others become root in one, which some systems forbid.
_WAYS = (("unshare", "--net"), ("unshare", "--net", "--map-root-user"))

# linux/sockios.h and linux/if.h.
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1


def enter() -> bool:
    """Starts this program again in a network that has nothing but a loopback interface. False: the
    system forbids it, and the program goes on in the network that it is in."""
    if os.environ.pop(_INSIDE, None):
        _raise_loopback()
        return True
    for way in _WAYS if shutil.which("unshare") else ():
        if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            os.environ[_INSIDE] = "1"
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
    return False


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on; all are held until the last is found."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
