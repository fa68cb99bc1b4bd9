/* What is spoken over TCP: nothing, WebSocket (RFC 6455) or TLS. */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"

static void await(struct connection *c, short what)
{
	struct pollfd p = { .fd = c->fd, .events = what };
	if (poll(&p, 1, 10000) != 1)
		fail("connection %u: the handshake takes too long", c->id);
}

/* nothing */

static void plain_open(struct connection *c) { (void)c; }

static ssize_t plain_send(struct connection *c, size_t n)
{
	return send(c->fd, bytes_of(c->id, c->sent), n, 0);
}

static ssize_t plain_receive(struct connection *c, uint8_t *into, size_t room)
{
	return recv(c->fd, into, room, 0);
}

/* WebSocket: each message is one binary frame. Its mask is zero, which leaves the bytes
 * as they are; the server must unmask them all the same. */

enum { HEAD = 14 };

static void websocket_open(struct connection *c)
{
	char text[2048];
	size_t n = 0;
	int length = snprintf(text, sizeof text,
		"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", opt.port);
	if (send(c->fd, text, (size_t)length, 0) != length)
		fail("connection %u: the handshake was not sent", c->id);
	while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4)) {
		await(c, POLLIN);
		if (n == sizeof text || recv(c->fd, text + n, 1, 0) != 1) /* not a byte beyond its end */
			fail("connection %u: no answer to the handshake", c->id);
		n++;
	}
	if (strncmp(text, "HTTP/1.1 101", 12))
		fail("connection %u: the handshake was refused: %.*s", c->id, (int)n, text);
	c->frame = malloc(HEAD + c->size);
	if (!c->frame)
		fail("out of memory");
}

static size_t websocket_head(uint8_t *head, size_t size)
{
	size_t n = 2;
	head[0] = 0x82; /* FIN, binary */
	if (size < 126) {
		head[1] = (uint8_t)(0x80 | size);
	} else if (size < 1 << 16) {
		head[1] = 0x80 | 126;
		head[n++] = (uint8_t)(size >> 8);
		head[n++] = (uint8_t)size;
	} else {
		head[1] = 0x80 | 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			head[n++] = (uint8_t)((uint64_t)size >> shift);
	}
	memset(head + n, 0, 4);
	return n + 4;
}

static ssize_t websocket_send(struct connection *c, size_t n)
{
	(void)n;
	if (!c->frame_end) {
		size_t head = websocket_head(c->frame, c->size);
		memcpy(c->frame + head, bytes_of(c->id, c->sent), c->size);
		c->frame_at = 0;
		c->frame_end = head + c->size;
	}
	ssize_t r = send(c->fd, c->frame + c->frame_at, c->frame_end - c->frame_at, 0);
	if (r < 0)
		return r;
	c->frame_at += (size_t)r;
	if (c->frame_at < c->frame_end) {
		errno = EAGAIN;
		return -1;
	}
	c->frame_end = 0;
	return c->size;
}

/* Takes the heads of frames out of what came, and says how many bytes stay. */
static size_t unframe(struct connection *c, uint8_t *data, size_t n)
{
	size_t kept = 0;
	for (size_t at = 0; at < n;) {
		if (c->left) {
			size_t part = n - at < c->left ? n - at : (size_t)c->left;
			memmove(data + kept, data + at, part);
			kept += part;
			at += part;
			c->left -= part;
			continue;
		}
		c->head[c->head_length++] = data[at++];
		if (c->head_length < 2)
			continue;
		unsigned length = c->head[1], more = length == 126 ? 2 : length == 127 ? 8 : 0;
		if ((c->head[0] & 0x0f) > 2 || length > 127)
			fail("connection %u: a frame that no echo sends: %02x %02x", c->id, c->head[0], c->head[1]);
		if (c->head_length < 2 + more)
			continue;
		c->left = more ? 0 : length;
		for (unsigned i = 0; i < more; i++)
			c->left = c->left << 8 | c->head[2 + i];
		c->head_length = 0;
	}
	return kept;
}

static ssize_t websocket_receive(struct connection *c, uint8_t *into, size_t room)
{
	ssize_t r = recv(c->fd, into, room, 0);
	if (r <= 0)
		return r;
	size_t n = unframe(c, into, (size_t)r);
	if (n)
		return (ssize_t)n;
	errno = EAGAIN;
	return -1;
}

/* TLS, whatever certificate the server has */

static SSL_CTX *context;

static void tls_open(struct connection *c)
{
	if (!context && !(context = SSL_CTX_new(TLS_client_method())))
		fail("out of memory");
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	c->tls = SSL_new(context);
	if (!c->tls || !SSL_set_fd(c->tls, c->fd))
		fail("out of memory");
	for (int r; (r = SSL_connect(c->tls)) != 1;) {
		int why = SSL_get_error(c->tls, r);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			fail("connection %u: TLS handshake: %s", c->id, ERR_reason_error_string(ERR_get_error()));
		await(c, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
	}
}

/* What a call of OpenSSL means in the words of send(2) and recv(2). */
static ssize_t tls_result(struct connection *c, int r)
{
	if (r > 0)
		return r;
	switch (SSL_get_error(c->tls, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	}
	errno = EPROTO;
	return -1;
}

static ssize_t tls_send(struct connection *c, size_t n)
{
	return tls_result(c, SSL_write(c->tls, bytes_of(c->id, c->sent), (int)n));
}

/* Reads until nothing is left: what OpenSSL has already is not announced again. */
static ssize_t tls_receive(struct connection *c, uint8_t *into, size_t room)
{
	size_t n = 0;
	while (n < room) {
		ssize_t r = tls_result(c, SSL_read(c->tls, into + n, (int)(room - n)));
		if (r <= 0)
			return n ? (ssize_t)n : r;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

const struct layer layers[] = {
	{ "", plain_open, plain_send, plain_receive },
	{ "websocket", websocket_open, websocket_send, websocket_receive },
	{ "tls", tls_open, tls_send, tls_receive },
	{ 0 },
};
