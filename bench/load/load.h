/* What the files of the load generator share: see main.c for what it is. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SECOND 1000000000ull /* in nanoseconds, like every time here */

/* What was asked for on the command line. */
struct options {
	const char *mode;
	int port;
	unsigned connections;
	unsigned size;     /* bytes of a message */
	unsigned depth;    /* messages in flight on each connection */
	unsigned sources;  /* local addresses 127.0.0.1, .2, ... used in turn */
	double seconds, warmup;
	double rate;       /* messages per second in all; 0: as fast as answers come */
	const char *layer; /* what is spoken over TCP: "", websocket or tls */
	pid_t group;       /* the server's process group, whose CPU time and memory are read */
	char **command;    /* start: what to start */
};
extern struct options opt;

/* What came out, filled in by the modes. */
struct result {
	uint64_t messages, bytes;   /* within the measured time */
	uint64_t sent_bytes;        /* in the whole run */
	uint64_t sent, lost;        /* udp: within the measured time */
	uint64_t start;             /* start: until the first connection, ns */
	double bytes_per_idle;      /* idle: the server's memory per connection */
};
extern struct result result;

/* Ends the program at once with a reason: a server that gives back a wrong byte,
 * or none, has no speed. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

uint64_t now(void);

/* The measured time. A mode calls begin() when its load runs, then running() each
 * time round: it says false once the time is over. */
void begin(void);
bool running(void);
bool measured(uint64_t at);   /* whether a moment lies in the measured time */
int until_end(void);          /* milliseconds until there is something to note, for epoll_wait */

/* Adds an answer that came at a moment to a question of an earlier one. */
void answered(uint64_t asked, uint64_t at);
double quantile(double q);    /* of the answer times, in microseconds */

/* CPU seconds and resident bytes of the server's process group. */
struct usage { double cpu; uint64_t resident; };
struct usage server_usage(void);
struct usage server_used(void);  /* CPU within the measured time */
double own_cpu(void);            /* ours within the measured time, seconds */
double measured_seconds(void);

/* The bytes that connection sends from offset on: at least MOST of them. Loss,
 * repetition, reordering and a mix-up of connections all show as a difference. */
#define MOST (1u << 20)
const uint8_t *bytes_of(unsigned connection, uint64_t offset);
void make_bytes(void);
/* Compares what came back on a connection; fails at the first wrong byte. */
void check(unsigned connection, uint64_t offset, const uint8_t *got, size_t n);

/* A connected socket to the server, non-blocking; waits for the connection. */
int dial(int type, unsigned id);

void run_echo(void);
void run_beside(void);
void run_receive(void);
void run_connect(void);
void run_idle(void);
void run_udp(void);
void run_start(void);

#endif
