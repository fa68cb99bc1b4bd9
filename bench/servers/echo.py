"""An echo server in Python: one thread, non-blocking sockets, epoll.

echo.py tcp|udp PORT [receive]
"""
import select
import socket
import sys


def datagrams(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(("127.0.0.1", port))
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data, peer)


def give(c, data):
    try:
        return c.send(data)
    except BlockingIOError:
        return 0


def streams(port, only_receive):
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    events = select.epoll()
    events.register(listener, select.EPOLLIN)
    peers, unsent = {}, {}
    while True:
        for fd, event in events.poll():
            if fd == listener.fileno():
                c, _ = listener.accept()
                c.setblocking(False)
                c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peers[c.fileno()] = c
                events.register(c, select.EPOLLIN)
                continue
            c = peers[fd]
            try:
                data = unsent.pop(fd, None) or c.recv(65536)
                sent = give(c, data) if data and not only_receive else len(data)
            except ConnectionError:
                data = b""
            if not data:
                del peers[fd]
                c.close()
                continue
            if sent < len(data):
                unsent[fd] = data[sent:]
                events.modify(c, select.EPOLLOUT)
            elif event & select.EPOLLOUT:
                events.modify(c, select.EPOLLIN)


if sys.argv[1] == "udp":
    datagrams(int(sys.argv[2]))
streams(int(sys.argv[2]), len(sys.argv) > 3)
