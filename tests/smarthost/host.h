/*
 * What the smarthost was told to be: read from the command line once, then
 * const and shared by all sessions.
 */
#ifndef SMARTHOST_HOST_H
#define SMARTHOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

enum host_extension {
	HOST_PIPELINING = 1 << 0,
	HOST_SIZE = 1 << 1,
	HOST_8BITMIME = 1 << 2,
	HOST_ENHANCED = 1 << 3,
	HOST_CHUNKING = 1 << 4,
	HOST_DSN = 1 << 5,
	HOST_SMTPUTF8 = 1 << 6,
	HOST_BINARYMIME = 1 << 7, /* only --with it */
	HOST_STARTTLS = 1 << 8,
	HOST_AUTH = 1 << 9
};

struct host_extension_row {
	const char *keyword;
	unsigned flag;
};

extern const struct host_extension_row host_extensions[];
extern const size_t host_extensions_count;

/* Where something can be made to go wrong. */
enum host_stage {
	HOST_GREETING,
	HOST_EHLO,
	HOST_STARTTLS_SAID,
	HOST_TLS, /* instead of the handshake */
	HOST_AUTH_SAID,
	HOST_MAIL,
	HOST_RCPT,
	HOST_DATA,
	HOST_BODY, /* behind the letter's first octets, or a chunk */
	HOST_END, /* behind the letter's last octet */
	HOST_RSET,
	HOST_QUIT,
	HOST_STAGES
};

enum host_action {
	HOST_GO_ON,
	HOST_REPLY, /* say text, and nothing comes of the command */
	HOST_CLOSE,
	HOST_SILENT,
	HOST_RESET
};

struct host_policy {
	enum host_action action;
	const char *text;
};

struct host_refusal {
	const char *pattern; /* fnmatch(3), of a path without <> */
	const char *text;
};

enum host_kind {
	HOST_ON_STARTTLS,
	HOST_ON_IMPLICIT,
	HOST_ON_PLAIN,
	HOST_ON_UNIX,
	HOST_KINDS
};

extern const char *const host_kinds[HOST_KINDS];

struct host_listener {
	enum host_kind kind;
	const char *where; /* a port or a path */
	int fd;
	unsigned port;
};

enum { HOST_LISTENERS_MAX = 8, HOST_USERS_MAX = 16, HOST_REFUSALS_MAX = 64 };

enum host_auth { HOST_AUTH_TLS, HOST_AUTH_OPTIONAL, HOST_AUTH_ALWAYS };

struct host {
	const char *dir, *cert, *key, *transcript, *talk;
	char *report; /* owned */
	const char *certificate; /* which throw-away one: smarthost/show */
	const char *address; /* for listeners */
	const char *priorities; /* GnuTLS's, NULL: its own */
	const char *ehlo_line; /* one more line for EHLO, or NULL */
	const char *mechanisms;
	unsigned extensions; /* enum host_extension bits */
	enum host_auth auth; /* where MAIL needs it */
	bool scram_liar; /* signs what it cannot sign */
	bool scram_binds; /* knows -PLUS, whatever it offers */
	bool auth_before_tls; /* offers it there, as nobody should */
	uint64_t size; /* octets; 0: no limit */
	int linger; /* milliseconds, see smarthost/link */
	unsigned long sessions; /* ends after so many; 0: never */
	unsigned long first; /* policies hold for so many; 0: for all */
	bool with_parent, discard;
	const char *users[HOST_USERS_MAX]; /* name:password */
	size_t users_count;
	struct host_policy policies[HOST_STAGES];
	struct host_refusal senders[HOST_REFUSALS_MAX];
	struct host_refusal recipients[HOST_REFUSALS_MAX];
	size_t senders_count, recipients_count;
	struct host_listener listeners[HOST_LISTENERS_MAX];
	size_t listeners_count;
	gnutls_certificate_credentials_t credentials;
};

/* Reads the command line into *h (which borrows from it); ends the program
 * with 64 and a usage text where it cannot. */
void host_options(struct host *h, int argc, char *argv[]);
void host_free(struct host *h);

/* Makes DIR and, with tls, fills in the credentials; writes ca.pem, and the
 * certificate and key where they are throw-away ones.  -1 with words on
 * stderr. */
int host_prepare(struct host *h, bool tls);

/*
 * --talk: reads the file, opens its listener, and writes what its client must
 * be told (pneu.conf, letter, recipients, sender) into DIR; then speaks with
 * one client as it is written.  An exit status: 0 where the client said what
 * it must.
 */
int host_talk(struct host *h, int signals);

/* Opens the listeners and prints one line for each, KIND=ADDRESS:PORT.  -1
 * with words on stderr. */
int host_listen(struct host *h);

/* Prints "ready", after which nothing more is printed. */
int host_ready(void);

void host_stop_listening(struct host *h);

/* The password of a user; "" where there is no such user. */
const char *host_password(const struct host *h, const char *name);

/* Is this the name and password of a user? */
bool host_knows(const struct host *h, const char *name, const char *password);

/* Appends one line to the report; "fault session=1 ...". */
void host_report(const struct host *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line of what was said, where that is wanted: who is "C" or "S". */
void host_transcript(const struct host *h, unsigned long session,
    const char *who, const char *line);

#endif
