/*
 * What a server says it can do: the input is the text of an answer to EHLO.
 * What is kept of it is safe to print and to choose a mechanism from.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/xalloc.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Names of at most 20 characters, one blank between, each offered. */
static void
check_names(const struct caps *caps)
{
	const char *at = caps->auth;

	check(at[0] == '\0' || (caps->flags & CAPS_AUTH) != 0);
	while (*at != '\0') {
		char name[32] = "";
		size_t len = strcspn(at, " ");

		check(len >= 1 && len <= 20);
		check(strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") >=
		      len);
		memcpy(name, at, len);
		check(caps_offers_auth(caps, name));
		at += len;
		check(*at == '\0' || at[1] != '\0');
		at += *at == ' ';
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply reply = { .code = 250 };
	const struct sasl_mechanism *m;
	struct caps caps;
	struct fail f;

	reply.text = xstrndup((const char *)data, size);
	caps_parse(&caps, &reply);
	check(caps.size == 0 || (caps.flags & CAPS_SIZE) != 0);
	check(strlen(caps.auth) < sizeof(caps.auth));
	check_names(&caps);
	m = sasl_choose("auto",
	    &(struct sasl_offer) { .caps = &caps, .binding = NULL }, &f);
	check(m != NULL ? caps_offers_auth(&caps, m->name)
			: f.kind == FAIL_AUTH && f.words[0] != '\0');
	reply_free(&reply);
	return 0;
}
