/*
 * Every setting as a field: what conf/ fills in, and what all rooms below
 * read as const.  A setting appears in three places only: its field here, its
 * row in conf/options.c, and where it is used.  All strings are owned by the
 * struct that holds them, but for the secret, which has several holders; NULL
 * means not set.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "smtp/engine.h"

struct settings_list {
	char **items;
	size_t count;
};

/* What is to be done. */
enum settings_mode {
	MODE_SEND, /* -bm, and where nothing is said */
	MODE_SERVE, /* -bs: SMTP on stdin and stdout */
	MODE_VERIFY, /* -bv: where would recipients lead? */
	MODE_ALIASES, /* -bi, newaliases */
	MODE_LIST, /* -bp, mailq */
	MODE_RUN /* -q: deliver what is queued */
};

/* When to be told (RFC 3461 4.1), and with how much of the letter (4.3). */
enum settings_notify {
	NOTIFY_SUCCESS = 1 << 0,
	NOTIFY_FAILURE = 1 << 1,
	NOTIFY_DELAY = 1 << 2,
	NOTIFY_NEVER = 1 << 3
};
enum settings_return { RETURN_FULL = 1 << 0, RETURN_HDRS = 1 << 1 };

/* Whose address a letter goes out under. */
enum settings_rewrite {
	SETTINGS_KEEP, /* its own */
	SETTINGS_HEADER, /* in From the profile's */
	SETTINGS_BOTH /* and in the envelope too */
};

/* Where the address goes that stood in From. */
enum settings_original {
	SETTINGS_REPLY_TO,
	SETTINGS_X_ORIGINAL_FROM,
	SETTINGS_NOWHERE
};

/* Whether the server must be who it says it is. */
enum settings_verify { SETTINGS_VERIFY_YES, SETTINGS_VERIFY_NO };

struct settings {
	/* the account: belongs together, see conf/profile */
	struct settings_list host; /* names, addresses or one socket's path */
	unsigned port; /* 1 to 65535; 0 before the plan is made */
	int tls; /* enum engine_tls; -1 before that */
	int tls_verify; /* enum settings_verify */
	char *tls_trust; /* "system", "pin", a file or a directory */
	char *tls_crl; /* a file; NULL: nothing is known to be revoked */
	struct settings_list tls_pin; /* keys of the server: base/pin */
	int tls_min_version; /* 12 or 13 */
	char *tls_priorities; /* of GnuTLS; NULL: the system's and ours */
	char *tls_certificate; /* a file; NULL: we show none */
	char *tls_key; /* a file; NULL: it is in tls_certificate */
	char *tls_server_name; /* the name to verify; NULL: the host's */
	char *user;
	char *password; /* secret: a text of base/locked */
	char *password_file;
	char *password_command;
	char *password_credential; /* a name in $CREDENTIALS_DIRECTORY */
	char *password_netrc; /* a path, or "yes" */
	unsigned password_fd; /* as the caller calls it; 0: none */
	char *auth; /* "auto", "off" or mechanism names */
	char *authorization_id; /* NULL: the user's own */
	bool auth_unverified;
	bool auth_pipelining;
	char *source_address;

	/* the profile */
	struct settings_list from; /* patterns of senders it is for */
	bool profile_by_header;
	char *envelope_from;
	int rewrite_from; /* enum settings_rewrite */
	int original_from; /* enum settings_original */
	char *domain;
	char *aliases; /* a path, or "none" */
	char *sender_map; /* likewise */
	char *ehlo_name; /* NULL: the address literal of the connection */
	unsigned connect_timeout; /* seconds */
	unsigned timeout; /* seconds; 0: the RFC's own */
	unsigned deadline; /* seconds; 0: none */
	int recipients; /* enum engine_recipients */
	int chunking; /* enum engine_chunking */
	char *log; /* "syslog", "none", "-" or a path */
	char *dead_letter; /* a directory; NULL: what failed is not kept */
	unsigned dsn_notify; /* enum settings_notify bits; 0: not wished */
	unsigned dsn_return; /* enum settings_return; 0: not wished */

	/* this run alone: flags without a key */
	bool may_ask; /* a person at the terminal, for the password; no row
	                  has it: see plan_new() */
	char *config; /* -C, PNEU_CONFIG */
	char *profile; /* --profile */
	bool read_recipients; /* -t */
	bool dots_are_data; /* -i, -oi */
	char *sender; /* -f, -r, as given */
	char *full_name; /* -F */
	bool no_aliases; /* -n */
	char *envid; /* -V */
	unsigned verbose; /* -v, counted */
	int mode; /* enum settings_mode */
	bool print_config;
	char *completion; /* --completion: a shell's name */
	bool help;
	bool version;
};

#endif
