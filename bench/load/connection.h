/* A connection of the modes that stay open, and what is spoken on it. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "load.h"

struct connection {
	int fd;
	unsigned id;
	unsigned size;           /* of its messages, bytes */
	bool full;               /* the socket took no more: waits for EPOLLOUT */
	uint64_t sent, received; /* bytes of messages */
	uint64_t *asked;         /* when message n was begun, at n % depth */
	uint64_t due;            /* when it asks next, if it asks at a rate */

	/* WebSocket */
	uint8_t *frame;              /* that is being sent */
	size_t frame_at, frame_end;  /* frame_end 0: none is */
	uint8_t head[14];            /* of the frame that comes */
	unsigned head_length;
	uint64_t left;               /* of its bytes */
	/* TLS */
	struct ssl_st *tls;
};

/* Calls answer as send(2) and recv(2) do. */
struct layer {
	const char *name;
	void (*open)(struct connection *c);
	ssize_t (*send)(struct connection *c, size_t n); /* the next n bytes, or some */
	ssize_t (*receive)(struct connection *c, uint8_t *into, size_t room);
};
extern const struct layer layers[]; /* plain first, until one without name */

#endif
