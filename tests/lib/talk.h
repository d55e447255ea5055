/*
 * A talk file (tests/talk/README) as a value: what the client was told to do,
 * what it was given, and the steps of the conversation in order.
 *
 * Whoever plays one side of it needs octets and nothing else, so everything
 * that the format abbreviates (the letter, ranges, escapes) is spelled out
 * here.  Text in, value out: no file is opened, so fuzzers use it as it is.
 */
#ifndef TESTS_LIB_TALK_H
#define TESTS_LIB_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "smtp/engine.h"
#include "smtp/envelope.h"
#include "smtp/sasl.h"
#include "smtp/status.h"

enum {
	TALK_STEPS_MAX = 65536,
	TALK_RCPTS_MAX = 10000,
	TALK_LETTER_MAX = 32 * 1024 * 1024
};

enum talk_kind {
	TALK_SERVER, /* S: S~      octets that the server says */
	TALK_CLIENT, /* C: C~ C* C/ octets that the client must say */
	TALK_TLS, /* T:         the handshake, and how it ends */
	TALK_END, /* X:         the server does something but speak */
	TALK_NEXT, /* N:         the client is given the next letter */
	TALK_EVENT /* E:         what the engine tells */
};

enum talk_tls {
	TALK_TLS_VERIFIED,
	TALK_TLS_UNVERIFIED, /* done, but nobody knows with whom */
	TALK_TLS_UNTRUSTED, /* the certificate is refused by the client */
	TALK_TLS_FAILED, /* no TLS is spoken, an alert */
	TALK_TLS_LOST /* the link goes away */
};

enum talk_end {
	TALK_END_EOF,
	TALK_END_RESET,
	TALK_END_SILENCE, /* until the client's deadline */
	TALK_END_QUIET /* no doing: the client must wait too */
};

enum talk_event_kind {
	TALK_EVENT_CREDENTIAL,
	TALK_EVENT_RCPT, /* index, code */
	TALK_EVENT_VERDICT, /* verdict; stage and code, or stage and fail */
	TALK_EVENT_CLOSED, /* what was written is flushed */
	TALK_EVENT_DROPPED, /* the connection is left without a word */
	TALK_EVENT_STATUS /* code: of the letter the verdict of which came */
};

struct talk_event {
	enum talk_event_kind kind;
	size_t index;
	int code;
	enum verdict_kind verdict;
	enum stage stage;
	enum fail_kind fail;
};

struct talk_step {
	enum talk_kind kind;
	unsigned line; /* in the file, counted from 1 */
	uint8_t *octets; /* SERVER, CLIENT: owned */
	size_t len;
	bool letter; /* CLIENT: octets of the letter (C* and C/) */
	bool unread; /* CLIENT: the server stops reading here although
	                     more may have been written (C/) */
	enum talk_tls tls;
	enum talk_end end;
	struct talk_event event;
};

struct talk {
	enum engine_tls tls;
	char *auth; /* as engine_params.auth; this and what follows: owned */
	char *user, *password, *authorization;
	bool no_secret;
	uint8_t nonce[SASL_RANDOM_MAX]; /* random octets for SCRAM */
	size_t nonce_len;
	struct sasl_binding binding; /* name NULL: none */
	char *bound; /* its octets, owned */
	bool auth_unverified;
	bool auth_pipelining;
	enum engine_chunking chunking;
	enum engine_recipients recipients;
	unsigned timeout; /* 0: none was set */
	bool engine_only;
	bool no_split;

	char *sender;
	char **rcpts;
	char *notify, *original, *ret, *envid; /* or NULL: not wished */
	struct envelope_dsn *dsn; /* the same for every recipient */
	struct envelope envelope; /* of the letter; points into the others */
	uint8_t *letter; /* canonical */
	size_t letter_len;
	size_t breaks_at; /* reading the letter fails behind so many octets;
	                     SIZE_MAX: it does not */

	struct talk_step *steps;
	size_t count;
};

extern const char talk_ehlo_name[]; /* who the client says it is */

/* Reads a whole talk file.  0, or -1 with FAIL_DATA and the line's number;
 * talk_free() is right in both cases. */
int talk_parse(struct talk *t, const char *text, size_t len, struct fail *f);
void talk_free(struct talk *t);

/* True where the client must say nothing and be told nothing before the
 * server has done what this step says (S, T, X, N). */
bool talk_is_action(const struct talk_step *step);

#endif
