/*
 * The server of -bs: the first octet says how the driver behaves, the rest is
 * what a client sends, given once as a whole and once in pieces.  Both must
 * lead to the same letters and the same replies, and no letter may be told
 * both as sent and as dropped.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "smtp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOG_MAX = 16 * 1024 * 1024 };

struct session {
	struct server *server;
	struct buf log; /* what was told and said */
	struct buf letter; /* octets on their way there */
	unsigned manner; /* of the driver */
	bool inside; /* a letter was told */
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Lines of at most 512 printable octets, each with a code. */
static void
check_lines(const uint8_t *octets, size_t len)
{
	while (len > 0) {
		const uint8_t *end = memmem(octets, len, "\r\n", 2);
		size_t line;

		check(end != NULL);
		line = (size_t)(end - octets);
		check(line >= 4 && line <= 510);
		check(octets[0] >= '2' && octets[0] <= '5');
		check(octets[3] == ' ' || octets[3] == '-');
		for (size_t i = 0; i < line; i++)
			check(octets[i] >= ' ' && octets[i] <= '~');
		octets += line + 2;
		len -= line + 2;
	}
}

static void
take_output(struct session *x)
{
	size_t len;
	const uint8_t *octets = server_output(x->server, &len);

	check(len <= SERVER_OUTPUT_MAX);
	check_lines(octets, len);
	buf_add(&x->log, octets, len);
	server_sent(x->server, len);
}

static void
answer(struct session *x, unsigned manner)
{
	const struct server_reply refusal = { 550, "5.7.1", "no\nreally" };
	const struct server_reply taken = { 250, "2.0.0", "taken" };

	if (x->manner % 4 == manner) {
		server_answer(x->server, &refusal);
		x->inside = false;
	} else if (manner == 3) {
		server_answer(x->server, &taken);
		x->inside = false;
	}
}

static void
begin(struct session *x, const struct server_letter *l)
{
	check(!x->inside);
	check(l->count > 0 && l->count <= SERVER_RECIPIENTS_MAX);
	check(strpbrk(l->sender, "\r\n") == NULL);
	for (size_t i = 0; i < l->count; i++) {
		check(l->recipients[i][0] != '\0');
		check(strpbrk(l->recipients[i], "\r\n") == NULL);
	}
	x->inside = true;
	buf_clear(&x->letter);
}

/* False when nothing happens before octets come. */
static bool
step(struct session *x)
{
	static const char names[] = "?BbED!";
	struct server_event ev;

	server_next(x->server, &ev);
	/* The content counts where it is complete: how much of a letter comes
	 * before it is refused depends on the pieces. */
	if (ev.kind == SERVER_BODY)
		buf_add(&x->letter, ev.octets, ev.len);
	take_output(x);
	if (ev.kind == SERVER_NEED_INPUT || ev.kind == SERVER_CLOSED)
		return false;
	if (ev.kind != SERVER_BODY)
		buf_add(&x->log, &names[ev.kind], 1);
	if (ev.kind == SERVER_LETTER_BEGINS) {
		begin(x, ev.letter);
		answer(x, 1);
	} else if (ev.kind == SERVER_BODY) {
		check(x->inside && ev.len > 0);
		answer(x, 2);
	} else if (ev.kind == SERVER_LETTER_ENDS) {
		check(x->inside);
		buf_add(&x->log, buf_data(&x->letter), buf_len(&x->letter));
		answer(x, 3);
	} else {
		check(x->inside);
		x->inside = false;
	}
	return true;
}

static void
run(struct session *x)
{
	while (step(x))
		;
}

static void
converse(struct session *x, const uint8_t *data, size_t size, size_t piece)
{
	/* Which of two refusals is first depends on the pieces too. */
	bool limited = (x->manner & 8) != 0 && x->manner % 4 != 2;
	const struct server_params params = { .name = "host.example",
		.size = limited ? 64 : 0 };

	x->server = server_new(&params);
	buf_init(&x->log, LOG_MAX);
	buf_init(&x->letter, SERVER_INPUT_MAX);
	while (size > 0) {
		size_t len = piece < size ? piece : size;

		len = server_input(x->server, data, len);
		run(x);
		if (len == 0)
			break; /* it is closed: all output was taken */
		data += len;
		size -= len;
	}
	if (x->manner & 16)
		server_expired(x->server);
	else
		server_eof(x->server);
	run(x);
	check(!x->inside);
	server_free(x->server);
	buf_free(&x->letter);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session whole = { 0 }, pieces = { 0 };

	if (size == 0)
		return 0;
	whole.manner = pieces.manner = data[0];
	converse(&whole, data + 1, size - 1, SIZE_MAX);
	converse(&pieces, data + 1, size - 1, data[0] / 32 + 1);
	check(buf_len(&whole.log) == buf_len(&pieces.log));
	check(buf_len(&whole.log) == 0 ||
	      memcmp(buf_data(&whole.log), buf_data(&pieces.log),
		  buf_len(&whole.log)) == 0);
	buf_free(&whole.log);
	buf_free(&pieces.log);
	return 0;
}
