/*
 * echo_tcp - a TCP server that echoes, or only receives, and does nothing else: what
 * the machine allows, to measure others against.
 *
 *   echo_tcp PORT [receive] [keep]
 *
 * One thread, level-triggered epoll, one buffer. A connection owns memory only
 * while its peer does not take what is sent back; it is not read meanwhile.
 *
 * With keep, it does the least that a program must do which keeps the last 64 MiB
 * of what crossed its sockets: it reads into a ring, and writes down of every read
 * and every write when it was, and where the bytes are.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct rest { uint8_t *data; size_t from, to; };

static int set, listener;
static bool only_receive;
static struct rest *rests; /* by descriptor; data is NULL when nothing waits */
static uint8_t buffer[256 << 10];

/* What is kept. A record is as large as one of sockeye's journal. */
#define RING (64u << 20)
#define RECORDS (1u << 19)
struct record { uint64_t at, session, peer, detail; uint32_t offset, length; uint8_t kind; };
static uint8_t *ring; /* NULL: nothing is kept */
static struct record *records;
static size_t ring_at;
static uint64_t record_at;

static void check(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void watch(int operation, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };
	check(epoll_ctl(set, operation, fd, &e) == 0, "epoll_ctl");
}

static void hang_up(int fd)
{
	free(rests[fd].data);
	rests[fd].data = NULL;
	close(fd);
}

static void accept_all(void)
{
	for (int fd, one = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		watch(EPOLL_CTL_ADD, fd, EPOLLIN);
	}
}

/* Sends and says how much went, or -1 when the connection is gone. */
static ssize_t give(int fd, const uint8_t *data, size_t n)
{
	ssize_t r = send(fd, data, n, MSG_NOSIGNAL);
	return r < 0 && errno == EAGAIN ? 0 : r;
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void keep(uint64_t at, int fd, const uint8_t *data, size_t n, uint8_t kind)
{
	records[record_at++ % RECORDS] = (struct record){ at, 1, (uint64_t)fd, 0, (uint32_t)(data - ring), (uint32_t)n, kind };
}

static void echo(int fd)
{
	uint8_t *into = buffer;
	uint64_t at = 0;
	if (ring) {
		ring_at = ring_at + sizeof buffer <= RING ? ring_at : 0;
		into = ring + ring_at;
	}
	ssize_t n = recv(fd, into, sizeof buffer, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		hang_up(fd);
		return;
	}
	if (ring) {
		at = now();
		keep(at, fd, into, (size_t)n, 0);
		ring_at += (size_t)n;
	}
	if (only_receive)
		return;
	ssize_t went = give(fd, into, (size_t)n);
	if (ring && went > 0)
		keep(at, fd, into, (size_t)went, 1);
	if (went == n)
		return;
	if (went < 0) {
		hang_up(fd);
		return;
	}
	struct rest *r = &rests[fd];
	*r = (struct rest){ malloc((size_t)(n - went)), 0, (size_t)(n - went) };
	check(r->data, "malloc");
	memcpy(r->data, into + went, r->to);
	watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

static void give_rest(int fd)
{
	struct rest *r = &rests[fd];
	ssize_t went = give(fd, r->data + r->from, r->to - r->from);
	if (went < 0) {
		hang_up(fd);
		return;
	}
	r->from += (size_t)went;
	if (r->from == r->to) {
		free(r->data);
		r->data = NULL;
		watch(EPOLL_CTL_MOD, fd, EPOLLIN);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0")) };
	int one = 1;
	for (int i = 2; i < argc; i++) {
		only_receive |= !strcmp(argv[i], "receive");
		if (strcmp(argv[i], "keep"))
			continue;
		ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		records = mmap(NULL, RECORDS * sizeof *records, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(ring != MAP_FAILED && records != MAP_FAILED, "mmap");
	}
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	rests = calloc(files.rlim_cur, sizeof *rests);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	check(rests && bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
	check(listen(listener, 4096) == 0, "listen");
	set = epoll_create1(EPOLL_CLOEXEC);
	watch(EPOLL_CTL_ADD, listener, EPOLLIN);
	for (;;) {
		struct epoll_event events[512];
		int n = epoll_wait(set, events, 512, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener)
				accept_all();
			else if (rests[fd].data)
				give_rest(fd);
			else
				echo(fd);
		}
	}
}
