/* The mode udp: datagrams that are echoed, in batches of up to BATCH. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define BATCH 32u
#define LOST_AFTER (SECOND / 5) /* a datagram not answered by then makes room for another */
#define SLOTS (1u << 15)        /* what can be in flight on a socket at a fixed rate */

/* Every datagram begins so; the rest is bytes_of(socket, number * size). */
struct head { uint32_t run, socket; uint64_t number; };

struct question { uint64_t number, asked; bool open; };

struct udp {
	int fd;
	unsigned id;
	uint64_t next, due;  /* number of the next datagram, and of the first not due yet */
	unsigned flying;
	struct question *asked; /* by number % slots */
};

static unsigned slots;
static uint32_t run;
static uint64_t first_due;

static uint64_t due_at(uint64_t k) { return first_due + (uint64_t)((double)k * 1e9 / opt.rate); }

static void give_up(struct udp *u, struct question *q)
{
	q->open = false;
	u->flying--;
	result.lost += measured(q->asked);
}

/* Sends what may be in flight, or what is due. */
static void ask(struct udp *u)
{
	static struct mmsghdr batch[BATCH];
	static struct iovec parts[BATCH][2];
	static struct head heads[BATCH];
	for (;;) {
		uint64_t may = opt.rate > 0 ? u->due - u->next : opt.depth - u->flying;
		unsigned n = may < BATCH ? (unsigned)may : BATCH;
		if (!n)
			return;
		for (unsigned i = 0; i < n; i++) {
			uint64_t number = u->next + i;
			heads[i] = (struct head){ run, u->id, number };
			parts[i][0] = (struct iovec){ &heads[i], sizeof heads[i] };
			parts[i][1] = (struct iovec){ (void *)(uintptr_t)bytes_of(u->id, number * opt.size), opt.size - sizeof heads[i] };
			batch[i].msg_hdr = (struct msghdr){ .msg_iov = parts[i], .msg_iovlen = 2 };
		}
		uint64_t at = now();
		int sent = sendmmsg(u->fd, batch, n, 0);
		if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return;
		if (sent < 0)
			fail("socket %u: send: %s", u->id, strerror(errno));
		for (int i = 0; i < sent; i++, u->next++) {
			struct question *q = &u->asked[u->next % slots];
			if (q->open)
				give_up(u, q);
			*q = (struct question){ u->next, opt.rate > 0 ? due_at(u->next * opt.connections + u->id) : at, true };
			u->flying++;
			result.sent += measured(q->asked);
			result.sent_bytes += opt.size;
		}
	}
}

static void take_one(struct udp *u, const uint8_t *data, size_t n, uint64_t at)
{
	struct head h;
	if (n != opt.size)
		fail("socket %u: a datagram of %zu bytes came back, not %u", u->id, n, opt.size);
	memcpy(&h, data, sizeof h);
	if (h.run != run || h.socket != u->id || h.number >= u->next)
		fail("socket %u: got a datagram that it did not send", u->id);
	const uint8_t *want = bytes_of(u->id, h.number * opt.size);
	if (memcmp(data + sizeof h, want, n - sizeof h))
		fail("socket %u: datagram %llu came back damaged", u->id, (unsigned long long)h.number);
	struct question *q = &u->asked[h.number % slots];
	if (q->number != h.number || !q->open)
		return; /* given up already */
	q->open = false;
	u->flying--;
	answered(q->asked, at);
}

static void take(struct udp *u)
{
	static struct mmsghdr batch[BATCH];
	static struct iovec parts[BATCH];
	static uint8_t buffers[BATCH][65536];
	for (unsigned i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ buffers[i], sizeof buffers[i] };
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	for (int n = BATCH; n == BATCH;) {
		n = recvmmsg(u->fd, batch, BATCH, 0, NULL);
		if (n < 0 && errno != EAGAIN)
			fail("socket %u: receive: %s", u->id, strerror(errno));
		uint64_t at = now();
		for (int i = 0; i < n; i++)
			take_one(u, buffers[i], batch[i].msg_len, at);
	}
}

/* Gives up what has not been answered for so long at a moment. */
static void expire(struct udp *u, uint64_t at, uint64_t after)
{
	for (unsigned i = 0; i < slots && u->flying; i++)
		if (u->asked[i].open && at - u->asked[i].asked > after)
			give_up(u, &u->asked[i]);
}

/* Notes what has fallen due: datagram k goes out on socket k % connections. */
static void make_due(struct udp *all)
{
	uint64_t k = (uint64_t)((double)(now() - first_due) * opt.rate / 1e9) + 1;
	for (unsigned i = 0; i < opt.connections; i++)
		all[i].due = (k + opt.connections - 1 - i) / opt.connections;
}

void run_udp(void)
{
	struct udp *all = calloc(opt.connections, sizeof *all);
	struct epoll_event events[64];
	int set = epoll_create1(EPOLL_CLOEXEC);
	if (opt.size < sizeof(struct head))
		fail("a datagram needs at least %zu bytes here", sizeof(struct head));
	slots = opt.rate > 0 ? SLOTS : opt.depth;
	run = (uint32_t)getpid();
	for (unsigned i = 0; i < opt.connections; i++) {
		struct udp *u = &all[i];
		*u = (struct udp){ .fd = dial(SOCK_DGRAM, i), .id = i, .asked = calloc(slots, sizeof *u->asked) };
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = u };
		if (!u->asked || epoll_ctl(set, EPOLL_CTL_ADD, u->fd, &e) < 0)
			fail("out of memory or descriptors");
	}
	begin();
	first_due = now();
	uint64_t look = 0;
	for (bool on = true; on;) {
		on = running();
		if (on && opt.rate > 0)
			make_due(all);
		bool looks = opt.rate <= 0 && now() > look;
		for (unsigned i = 0; i < opt.connections && on && (looks || opt.rate > 0); i++) {
			if (looks)
				expire(&all[i], now(), LOST_AFTER);
			ask(&all[i]);
		}
		if (looks)
			look = now() + LOST_AFTER / 4;
		int wait = opt.rate > 0 ? 0 : 50; /* at a rate it spins: a timer would come late */
		int n = epoll_wait(set, events, 64, wait < until_end() ? wait : until_end());
		for (int i = 0; i < n; i++) {
			take(events[i].data.ptr);
			if (opt.rate <= 0 && on)
				ask(events[i].data.ptr);
		}
	}
	for (uint64_t late = now() + LOST_AFTER * 2; now() < late;) { /* stragglers */
		int n = epoll_wait(set, events, 64, 10);
		for (int i = 0; i < n; i++)
			take(events[i].data.ptr);
	}
	for (unsigned i = 0; i < opt.connections; i++)
		expire(&all[i], UINT64_MAX, 0);
}
