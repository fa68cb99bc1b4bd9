/* The modes connect, idle and start: about connections rather than bytes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

static uint8_t buffer[256 << 10];

/* One place on which connections follow one another. */
struct place { int fd; unsigned id; uint64_t began, received; };

static void say(int fd, unsigned id)
{
	if (send(fd, bytes_of(id, 0), opt.size, 0) != (ssize_t)opt.size)
		fail("connection %u: send: %s", id, strerror(errno));
	result.sent_bytes += opt.size;
}

/* Takes what came of one message; says whether it is whole. */
static bool hear(int fd, unsigned id, uint64_t *received)
{
	ssize_t r = recv(fd, buffer, opt.size - *received, 0);
	if (r < 0 && errno == EAGAIN)
		return false;
	if (r <= 0)
		fail("connection %u ended after %llu bytes: %s", id, (unsigned long long)*received, r ? strerror(errno) : "closed");
	check(id, *received, buffer, (size_t)r);
	*received += (uint64_t)r;
	return *received == opt.size;
}

static void open_next(int set, struct place *p)
{
	static unsigned next;
	*p = (struct place){ .id = next++, .began = now() };
	p->fd = dial(SOCK_STREAM, p->id);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = p };
	epoll_ctl(set, EPOLL_CTL_ADD, p->fd, &e);
	say(p->fd, p->id);
}

void run_connect(void)
{
	struct place *all = calloc(opt.connections, sizeof *all);
	struct epoll_event events[512];
	int set = epoll_create1(EPOLL_CLOEXEC);
	begin();
	for (unsigned i = 0; i < opt.connections; i++)
		open_next(set, &all[i]);
	while (running()) {
		int n = epoll_wait(set, events, 512, until_end());
		for (int i = 0; i < n; i++) {
			struct place *p = events[i].data.ptr;
			if (!hear(p->fd, p->id, &p->received))
				continue;
			close(p->fd);
			answered(p->began, now());
			open_next(set, p);
		}
	}
}

void run_idle(void)
{
	int *all = calloc(opt.connections, sizeof *all);
	struct usage before = server_usage();
	for (unsigned i = 0; i < opt.connections; i++) {
		uint64_t received = 0;
		all[i] = dial(SOCK_STREAM, i);
		say(all[i], i);
		fcntl(all[i], F_SETFL, fcntl(all[i], F_GETFL) & ~O_NONBLOCK);
		while (!hear(all[i], i, &received))
			;
	}
	usleep((useconds_t)(opt.seconds * 1e6));
	struct usage after = server_usage();
	for (unsigned i = 0; i < opt.connections; i++) { /* they were there all the time */
		uint64_t received = 0;
		say(all[i], i);
		while (!hear(all[i], i, &received))
			;
	}
	if (after.resident > before.resident)
		result.bytes_per_idle = (double)(after.resident - before.resident) / opt.connections;
}

void run_start(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!opt.command[0])
		fail("start what?");
	uint64_t began = now();
	pid_t server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0), dup2(null, 1);
		execvp(opt.command[0], opt.command);
		_exit(127);
	}
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, (struct sockaddr *)&to, sizeof to))
			break; /* left open: the server is killed first */
		close(fd);
		if (now() - began > 10 * SECOND || waitpid(server, NULL, WNOHANG) == server)
			fail("%s does not listen", opt.command[0]);
	}
	result.start = now() - began;
	kill(-server, SIGKILL);
	waitpid(server, NULL, 0);
}
