/* The modes echo, beside and receive: connections that stay open under load. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

static int set;
static bool finishing; /* begin no new message */
static const struct layer *layer = layers;
static bool quiet_counts; /* mode beside: only the answers of connection 0 are timed */
static uint8_t buffer[256 << 10];

static struct connection *open_all(void)
{
	struct connection *all = calloc(opt.connections, sizeof *all);
	while (layer->name && strcmp(layer->name, opt.layer))
		layer++;
	if (!layer->name)
		fail("unknown layer %s", opt.layer);
	set = epoll_create1(EPOLL_CLOEXEC);
	if (!all || set < 0)
		fail("out of memory or descriptors");
	for (unsigned i = 0; i < opt.connections; i++) {
		struct connection *c = &all[i];
		*c = (struct connection){ .fd = dial(SOCK_STREAM, i), .id = i, .size = opt.size, .asked = calloc(opt.depth, sizeof *c->asked) };
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
		layer->open(c);
		if (!c->asked || epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &e) < 0)
			fail("out of memory or descriptors");
	}
	return all;
}

static void wait_until_writable(struct connection *c, bool on)
{
	if (c->full == on)
		return;
	c->full = on;
	struct epoll_event e = { .events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = c };
	epoll_ctl(set, EPOLL_CTL_MOD, c->fd, &e);
}

/* Sends up to n bytes in one call and says how many went. */
static size_t send_some(struct connection *c, size_t n)
{
	ssize_t r = layer->send(c, n);
	if (r < 0 && errno != EAGAIN)
		fail("connection %u: send: %s", c->id, strerror(errno));
	r = r < 0 ? 0 : r;
	c->sent += (uint64_t)r;
	result.sent_bytes += (uint64_t)r;
	return (size_t)r;
}

/* Brings the messages in flight up to depth. */
static void ask(struct connection *c)
{
	uint64_t begun = (c->sent + c->size - 1) / c->size;
	uint64_t limit = (finishing ? begun : c->received / c->size + opt.depth) * c->size;
	uint64_t at = now();
	bool full = false;
	while (c->sent < limit && !full) {
		size_t n = limit - c->sent < MOST ? (size_t)(limit - c->sent) : MOST;
		full = send_some(c, n) < n;
	}
	for (; begun * c->size < c->sent; begun++)
		c->asked[begun % opt.depth] = at;
	wait_until_writable(c, full);
}

/* Takes one read's worth of answers. */
static void take(struct connection *c)
{
	ssize_t r = layer->receive(c, buffer, sizeof buffer);
	if (r < 0 && errno == EAGAIN)
		return;
	if (r <= 0)
		fail("connection %u ended after %llu bytes: %s", c->id, (unsigned long long)c->received, r ? strerror(errno) : "closed");
	if (c->received + (uint64_t)r > c->sent)
		fail("connection %u: more came back than was sent", c->id);
	uint64_t at = now(), message = c->received / c->size;
	check(c->id, c->received, buffer, (size_t)r);
	c->received += (uint64_t)r;
	for (; (message + 1) * c->size <= c->received; message++)
		if (!quiet_counts || c->id == 0)
			answered(c->asked[message % opt.depth], at);
}

/* What was begun must still come back, and be right. */
static void finish(struct connection *all)
{
	struct epoll_event events[512];
	finishing = true;
	uint64_t late = now() + 5 * SECOND;
	for (unsigned i = 0; i < opt.connections; i++)
		for (struct connection *c = &all[i]; c->received < (c->sent + c->size - 1) / c->size * c->size;) {
			if (now() > late)
				fail("connection %u: %llu bytes did not come back", i, (unsigned long long)(c->sent - c->received));
			int n = epoll_wait(set, events, 512, 100);
			for (int k = 0; k < n; k++) {
				take(events[k].data.ptr);
				ask(events[k].data.ptr);
			}
		}
}

/* Each connection asks at its own times, evenly apart: opt.rate questions a second in
 * all. A question that is due while the one before is unanswered waits for it. */
static void run_paced(struct connection *all)
{
	struct epoll_event events[512];
	const uint64_t apart = (uint64_t)(SECOND / opt.rate);
	uint64_t due = now();
	begin();
	for (unsigned next = 0; running();) {
		for (; now() >= due; due += apart, next = (next + 1) % opt.connections)
			if (all[next].sent == all[next].received)
				ask(&all[next]);
		uint64_t at = now(), left = due > at ? due - at : 0;
		struct timespec pause = { .tv_nsec = (long)(left < SECOND / 1000 ? left : SECOND / 1000) };
		int n = epoll_pwait2(set, events, 512, &pause, NULL);
		for (int i = 0; i < n; i++)
			take(events[i].data.ptr);
	}
}

void run_echo(void)
{
	struct connection *all = open_all();
	if (opt.rate > 0) {
		run_paced(all);
		finish(all);
		return;
	}
	struct epoll_event events[512];
	begin();
	for (unsigned i = 0; i < opt.connections; i++)
		ask(&all[i]);
	while (running()) {
		int n = epoll_wait(set, events, 512, until_end());
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				take(c);
			ask(c);
		}
	}
	finish(all);
}

/* Connection 0 asks for 64 bytes now and then; the others echo at full speed beside
 * it. What is told are the answer times of connection 0. */
void run_beside(void)
{
	struct connection *all = open_all();
	struct epoll_event events[512];
	const uint64_t pause = SECOND / 500;
	uint64_t due = 0;
	quiet_counts = true;
	all[0].size = opt.size = 64;
	begin();
	for (unsigned i = 1; i < opt.connections; i++)
		ask(&all[i]);
	while (running()) {
		if (now() >= due && all[0].sent == all[0].received) {
			ask(&all[0]);
			due = now() + pause;
		}
		int n = epoll_wait(set, events, 512, 1);
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				take(c);
			if (c->id != 0)
				ask(c);
		}
	}
	finish(all);
}

void run_receive(void)
{
	struct connection *all = open_all();
	struct epoll_event events[512];
	begin();
	for (unsigned i = 0; i < opt.connections; i++)
		wait_until_writable(&all[i], true);
	while (running()) {
		int n = epoll_wait(set, events, 512, until_end());
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				take(c); /* nothing may come: it fails */
			size_t took = send_some(c, opt.size);
			if (measured(now()))
				result.bytes += took;
		}
	}
	result.messages = result.bytes / opt.size;
	/* a server that has read everything closes, too */
	for (unsigned i = 0; i < opt.connections; i++) {
		struct timeval patience = { .tv_sec = 10 };
		setsockopt(all[i].fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		shutdown(all[i].fd, SHUT_WR);
	}
	for (unsigned i = 0; i < opt.connections; i++) {
		struct epoll_event e = { .events = EPOLLIN };
		int one = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(one, EPOLL_CTL_ADD, all[i].fd, &e);
		if (epoll_wait(one, &e, 1, 20000) != 1 || recv(all[i].fd, buffer, 1, 0) != 0)
			fail("connection %u: the server did not read to the end", i);
		close(one);
	}
}
