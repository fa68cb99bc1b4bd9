/*
 * load - puts a load on a server on the loopback interface and checks every byte.
 *
 *   load MODE --port P [options]
 *
 * Modes
 *   echo     TCP: each connection keeps DEPTH messages in flight, or RATE are sent in
 *            all; the server sends every byte back. LAYER is spoken over TCP
 *   beside   TCP: one connection asks for 64 bytes now and then, beside others that
 *            echo at full speed; the answer times are those of the quiet one
 *   receive  TCP: sends as fast as the server takes it, then waits until the server
 *            has read it all and closes
 *   connect  TCP: connect, one message there and back, close, and again
 *   idle     TCP: opens connections, echoes one message on each, and compares the
 *            server's memory before and after
 *   udp      datagrams on connected sockets, DEPTH in flight on each, or RATE in all
 *   start    starts a command and measures how long until it accepts a connection
 *
 * One thread, one epoll set. The result is one line of JSON on standard output. A
 * wrong or missing byte, a reset, an early end: exit code 1 and the reason.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

struct options opt = { .connections = 1, .size = 64, .depth = 1, .sources = 1, .seconds = 2, .warmup = 0.3, .layer = "" };
struct result result;

int dial(int type, unsigned id)
{
	int one = 1, buffer = 4 << 20, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port) }, from = to;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		fail("socket: %s", strerror(errno));
	if (type == SOCK_STREAM) {
		struct timeval patience = { .tv_sec = 10 };
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	}
	if (opt.sources > 1) { /* one address has only 28,000 ports */
		from.sin_port = 0;
		from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + id % opt.sources);
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
		if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
			fail("bind: %s", strerror(errno));
	}
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		fail("connect: %s", strerror(errno));
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		fail("fcntl: %s", strerror(errno));
	return fd;
}

static double number(const char *text, const char *what)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end || !(v >= 0 && v <= 1e9))
		fail("--%s %s: not a number that fits", what, text);
	return v;
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "port", 1, 0, 'p' }, { "connections", 1, 0, 'c' }, { "size", 1, 0, 's' }, { "depth", 1, 0, 'd' },
		{ "sources", 1, 0, 'a' }, { "seconds", 1, 0, 't' }, { "warmup", 1, 0, 'w' }, { "rate", 1, 0, 'r' },
		{ "group", 1, 0, 'g' }, { "layer", 1, 0, 'l' }, { 0, 0, 0, 0 },
	};
	for (int o, i; (o = getopt_long(argc, argv, "", names, &i)) != -1;) {
		if (o == '?')
			exit(2);
		if (o == 'l') {
			opt.layer = optarg;
			continue;
		}
		double v = number(optarg, names[i].name);
		switch (o) {
		case 'p': opt.port = (int)v; break;
		case 'c': opt.connections = (unsigned)v; break;
		case 's': opt.size = (unsigned)v; break;
		case 'd': opt.depth = (unsigned)v; break;
		case 'a': opt.sources = (unsigned)v; break;
		case 't': opt.seconds = v; break;
		case 'w': opt.warmup = v; break;
		case 'r': opt.rate = v; break;
		case 'g': opt.group = (pid_t)v; break;
		}
	}
	if (optind < argc)
		opt.mode = argv[optind++];
	opt.command = argv + optind;
	if (!opt.mode || !opt.port || !opt.connections || !opt.size || !opt.depth || opt.size > MOST)
		fail("usage: load MODE --port P [--connections N] [--size BYTES] [--depth N] [--sources N]"
		     " [--seconds S] [--warmup S] [--rate N] [--group PID] [--layer websocket|tls]");
}

static void report(void)
{
	double seconds = measured_seconds(), messages = (double)result.messages, cpu = server_used().cpu;
	printf("{\"per_second\":%.1f,\"mb_per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,"
	       "\"server_us\":%.3f,\"server_cpu\":%.3f,\"load_cpu\":%.3f,"
	       "\"sent_bytes\":%llu,\"sent\":%llu,\"lost\":%llu,\"start_ms\":%.3f,\"bytes_per_idle\":%.0f}\n",
	       messages / seconds, (double)result.bytes / seconds / 1e6, quantile(0.5), quantile(0.99),
	       messages > 0 ? cpu / messages * 1e6 : 0, cpu / seconds, own_cpu() / seconds,
	       (unsigned long long)result.sent_bytes, (unsigned long long)result.sent,
	       (unsigned long long)result.lost, (double)result.start / 1e6, result.bytes_per_idle);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } modes[] = {
		{ "echo", run_echo }, { "beside", run_beside }, { "receive", run_receive }, { "connect", run_connect },
		{ "idle", run_idle }, { "udp", run_udp }, { "start", run_start },
	};
	parse(argc, argv);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* ends with who started it */
	signal(SIGPIPE, SIG_IGN);
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	make_bytes();
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strcmp(opt.mode, modes[i].name)) {
			modes[i].run();
			report();
			return 0;
		}
	fail("unknown mode %s", opt.mode);
}
