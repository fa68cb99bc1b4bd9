/* Clock, measured time, answer times, the server's CPU and memory, the bytes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ---- the measured time ---- */

static uint64_t from, to, ended;
static bool started;
static struct usage server_at[2];
static double own_at[2];

static double own_seconds(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

void begin(void)
{
	from = now() + (uint64_t)(opt.warmup * 1e9);
	to = from + (uint64_t)(opt.seconds * 1e9);
}

bool running(void)
{
	uint64_t t = now();
	if (!started && t >= from) {
		started = true;
		server_at[0] = server_usage();
		own_at[0] = own_seconds();
	}
	if (t < to)
		return true;
	if (!ended) {
		ended = t;
		server_at[1] = server_usage();
		own_at[1] = own_seconds();
	}
	return false;
}

bool measured(uint64_t at) { return at >= from && at < to; }

int until_end(void)
{
	uint64_t t = now(), next = started ? to : from;
	return t >= next ? 0 : (int)((next - t) / 1000000) + 1;
}

double measured_seconds(void) { return to > from ? (double)(to - from) / 1e9 : 1; }
double own_cpu(void) { return own_at[1] - own_at[0]; }
struct usage server_used(void) { return (struct usage){ .cpu = server_at[1].cpu - server_at[0].cpu }; }

/* ---- answer times: buckets of 1/64 of a power of two ---- */

#define FINE 6
static uint64_t buckets[64 << FINE], answers;

static unsigned bucket_of(uint64_t v)
{
	if (v < 1u << FINE)
		return (unsigned)v;
	unsigned shift = 63u - (unsigned)__builtin_clzll(v) - FINE;
	return ((shift + 1) << FINE) + (unsigned)(v >> shift) - (1u << FINE);
}

static double middle_of(unsigned bucket)
{
	if (bucket < 1u << FINE)
		return bucket;
	unsigned shift = (bucket >> FINE) - 1;
	return ((double)((bucket & ((1u << FINE) - 1)) + (1u << FINE)) + 0.5) * (double)(1ull << shift);
}

void answered(uint64_t asked, uint64_t at)
{
	if (!measured(at))
		return;
	result.messages++;
	result.bytes += opt.size;
	answers++;
	buckets[bucket_of(at > asked ? at - asked : 0)]++;
}

double quantile(double q)
{
	uint64_t rank = (uint64_t)(q * (double)answers), seen = 0;
	for (unsigned i = 0; i < sizeof buckets / sizeof *buckets; i++) {
		seen += buckets[i];
		if (seen > rank)
			return middle_of(i) / 1e3;
	}
	return 0;
}

/* ---- the server's processes ---- */

struct usage server_usage(void)
{
	struct usage sum = { 0 };
	DIR *proc = opt.group ? opendir("/proc") : NULL;
	if (!proc)
		return sum;
	for (struct dirent *d; (d = readdir(proc));) {
		char name[300], line[1024];
		snprintf(name, sizeof name, "/proc/%s/stat", d->d_name);
		FILE *f = d->d_name[0] >= '1' && d->d_name[0] <= '9' ? fopen(name, "r") : NULL;
		if (!f)
			continue;
		line[fread(line, 1, sizeof line - 1, f)] = 0;
		fclose(f);
		const char *after = strrchr(line, ')'); /* the name before it may hold anything */
		int group;
		unsigned long user, kernel, waited_user, waited_kernel;
		long pages;
		if (after && sscanf(after + 2, "%*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu %*d %*d %*d %*d %*u %*u %ld",
		                    &group, &user, &kernel, &waited_user, &waited_kernel, &pages) == 6 && group == opt.group) {
			sum.cpu += (double)(user + kernel + waited_user + waited_kernel) / (double)sysconf(_SC_CLK_TCK);
			sum.resident += (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
		}
	}
	closedir(proc);
	return sum;
}

/* ---- the bytes: one table, read by each connection from a place of its own ---- */

#define PERIOD 131071u /* prime, so that no message size divides it */
static uint8_t table[PERIOD + MOST];

void make_bytes(void)
{
	uint64_t state = 1;
	for (unsigned i = 0; i < PERIOD; i++) { /* Knuth's MMIX generator; bench/pattern.go has it too */
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		table[i] = (uint8_t)(state >> 56);
	}
	for (unsigned i = PERIOD; i < sizeof table; i++)
		table[i] = table[i - PERIOD];
}

const uint8_t *bytes_of(unsigned connection, uint64_t offset)
{
	return table + ((uint64_t)connection * 10007 + offset) % PERIOD;
}

void check(unsigned connection, uint64_t offset, const uint8_t *got, size_t n)
{
	const uint8_t *want = bytes_of(connection, offset);
	if (!memcmp(got, want, n))
		return;
	while (*got == *want)
		got++, want++, offset++;
	fail("connection %u: byte %llu came back as %02x, not %02x", connection, (unsigned long long)offset, *got, *want);
}
