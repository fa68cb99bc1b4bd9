/*
 * echo_udp - a UDP server that echoes and does nothing else: up to 64 datagrams with
 * one recvmmsg(2), sent back with one sendmmsg(2).
 *
 *   echo_udp PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BATCH 64

int main(int argc, char **argv)
{
	static uint8_t buffers[BATCH][65536];
	static struct mmsghdr batch[BATCH];
	static struct iovec parts[BATCH];
	static struct sockaddr_in peers[BATCH];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0")) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		perror("bind");
		return 1;
	}
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ buffers[i], sizeof buffers[i] };
			batch[i].msg_hdr = (struct msghdr){
				.msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1 };
		}
		int n = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			parts[i].iov_len = batch[i].msg_len;
		for (int sent = 0; sent < n;) {
			int r = sendmmsg(fd, batch + sent, (unsigned)(n - sent), 0);
			sent += r > 0 ? r : 1; /* one that cannot be sent is left out */
		}
	}
}
