/*
 * The parser of replies: the same octets give the same replies, in one piece
 * and in pieces of a size that the input chooses; what comes out keeps the
 * header's promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/reply.h"
#include "smtp/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reply(const struct reply *r)
{
	struct verdict v = { 0 };
	char *words = reply_words(r);
	size_t len = strlen(words);

	check(r->code >= 200 && r->code <= 599);
	check(r->class == 0 || r->class == r->code / 100);
	check(r->subject <= 999 && r->detail <= 999);
	check(strlen(r->text) <= REPLY_TEXT_MAX && len < REPLY_WORDS_MAX);
	for (size_t i = 0; i < len; i++)
		check(words[i] >= ' ' && words[i] <= '~');
	free(words);
	for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
		verdict_reply(&v, stage, r);
		check(status_name(status_of(&v))[0] != '\0');
	}
	verdict_free(&v);
}

/* Reads all and sums up what was seen: where each reply ended, and what. */
static uint64_t
read_all(const uint8_t *octets, size_t len, size_t piece)
{
	struct reply_parser p;
	uint64_t sum = 0;
	size_t at = 0;

	reply_parser_init(&p);
	while (at < len) {
		struct reply r = { 0 };
		const char *why = NULL;
		size_t give = len - at < piece ? len - at : piece, used;
		int result =
		    reply_parse(&p, octets + at, give, &used, &r, &why);

		check(used <= give && (result != 0 || used == give));
		at += used;
		if (result < 0) {
			check(why != NULL && r.text == NULL);
			sum = sum * 31 + strlen(why);
			break;
		}
		if (result > 0) {
			check(!reply_parser_is_inside(&p));
			check_reply(&r);
			sum = sum * 31 + at + (uint64_t)r.code + strlen(r.text);
		}
		reply_free(&r);
	}
	reply_parser_free(&p);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size == 0)
		return 0;
	whole = read_all(data + 1, size - 1, SIZE_MAX);
	check(whole == read_all(data + 1, size - 1, 1u + data[0]));
	return 0;
}
