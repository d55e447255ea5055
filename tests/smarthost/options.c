#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/host.h"

const struct host_extension_row host_extensions[] = {
	{ "PIPELINING", HOST_PIPELINING },
	{ "SIZE", HOST_SIZE },
	{ "8BITMIME", HOST_8BITMIME },
	{ "ENHANCEDSTATUSCODES", HOST_ENHANCED },
	{ "CHUNKING", HOST_CHUNKING },
	{ "DSN", HOST_DSN },
	{ "SMTPUTF8", HOST_SMTPUTF8 },
	{ "BINARYMIME", HOST_BINARYMIME },
	{ "STARTTLS", HOST_STARTTLS },
	{ "AUTH", HOST_AUTH },
};
const size_t host_extensions_count =
    sizeof(host_extensions) / sizeof(host_extensions[0]);

const char *const host_kinds[HOST_KINDS] = {
	[HOST_ON_STARTTLS] = "starttls",
	[HOST_ON_IMPLICIT] = "implicit",
	[HOST_ON_PLAIN] = "plain",
	[HOST_ON_UNIX] = "unix",
};

static const char *const stages[HOST_STAGES] = {
	[HOST_GREETING] = "greeting",
	[HOST_EHLO] = "ehlo",
	[HOST_STARTTLS_SAID] = "starttls",
	[HOST_TLS] = "tls",
	[HOST_AUTH_SAID] = "auth",
	[HOST_MAIL] = "mail",
	[HOST_RCPT] = "rcpt",
	[HOST_DATA] = "data",
	[HOST_BODY] = "body",
	[HOST_END] = "end",
	[HOST_RSET] = "rset",
	[HOST_QUIT] = "quit",
};

static const char *const auth_choices[] = {
	[HOST_AUTH_TLS] = "tls",
	[HOST_AUTH_OPTIONAL] = "optional",
	[HOST_AUTH_ALWAYS] = "always",
};

/* Each reads its argument (NULL where it has none); 0, or -1 when it is not
 * understood.  what is the row's number, for rows that share a function. */
typedef int read_option(struct host *h, int what, char *argument);

static int
find(const char *const *words, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == len && text_same_n(words[i], word, len))
			return (int)i;
	return -1;
}

static int
read_listener(struct host *h, int kind, char *argument)
{
	if (h->listeners_count == HOST_LISTENERS_MAX)
		return -1;
	h->listeners[h->listeners_count++] = (struct host_listener){
		.kind = (enum host_kind)kind,
		.where = argument != NULL ? argument : "0",
		.fd = -1,
	};
	return 0;
}

enum text_option {
	DIR,
	CERT,
	KEY,
	CERTIFICATE,
	TRANSCRIPT,
	TALK,
	ADDRESS,
	PRIORITIES,
	EHLO_LINE,
	MECHANISMS
};

static int
read_text(struct host *h, int what, char *argument)
{
	const char **const fields[] = {
		[DIR] = &h->dir,
		[CERT] = &h->cert,
		[KEY] = &h->key,
		[CERTIFICATE] = &h->certificate,
		[TRANSCRIPT] = &h->transcript,
		[TALK] = &h->talk,
		[ADDRESS] = &h->address,
		[PRIORITIES] = &h->priorities,
		[EHLO_LINE] = &h->ehlo_line,
		[MECHANISMS] = &h->mechanisms,
	};

	*fields[what] = argument;
	return 0;
}

enum number_option { SIZE, LINGER, SESSIONS, FIRST };

static int
read_number(struct host *h, int what, char *argument)
{
	char *end;
	uint64_t n = strtoumax(argument, &end, 10);

	if (!text_is_digit(argument[0]) || *end != '\0')
		return -1;
	if (what == SIZE)
		h->size = n;
	else if (what == LINGER)
		h->linger = (int)n;
	else if (what == SESSIONS)
		h->sessions = n;
	else
		h->first = n;
	return 0;
}

static int
read_extensions(struct host *h, int offered, char *argument)
{
	char *word;

	while ((word = strsep(&argument, ", ")) != NULL) {
		size_t i = 0;

		while (i < host_extensions_count &&
		       !text_same(host_extensions[i].keyword, word))
			i++;
		if (i == host_extensions_count)
			return -1;
		if (offered)
			h->extensions |= host_extensions[i].flag;
		else
			h->extensions &= ~host_extensions[i].flag;
	}
	return 0;
}

static int
read_user(struct host *h, int what, char *argument)
{
	(void)what;
	if (h->users_count == HOST_USERS_MAX || strchr(argument, ':') == NULL)
		return -1;
	h->users[h->users_count++] = argument;
	return 0;
}

static int
read_action(struct host *h, int action, char *argument)
{
	char *text = NULL;
	int stage;

	if (action == HOST_REPLY) {
		text = strchr(argument, '=');
		if (text == NULL)
			return -1;
		*text++ = '\0';
	}
	stage = find(stages, HOST_STAGES, argument, strlen(argument));
	if (stage < 0)
		return -1;
	h->policies[stage] =
	    (struct host_policy){ (enum host_action)action, text };
	return 0;
}

enum refusal_option { REJECT_MAIL, REJECT_RCPT };

static int
read_refusal(struct host *h, int what, char *argument)
{
	bool mail = what == REJECT_MAIL;
	size_t *count = mail ? &h->senders_count : &h->recipients_count;
	struct host_refusal *rows = mail ? h->senders : h->recipients;
	char *text = strchr(argument, '=');

	if (text == NULL || *count == HOST_REFUSALS_MAX)
		return -1;
	*text++ = '\0';
	rows[(*count)++] = (struct host_refusal){ argument, text };
	return 0;
}

static int
read_auth(struct host *h, int what, char *argument)
{
	int choice =
	    find(auth_choices, sizeof(auth_choices) / sizeof(auth_choices[0]),
		argument, strlen(argument));

	(void)what;
	if (choice < 0)
		return -1;
	h->auth = (enum host_auth)choice;
	return 0;
}

enum flag_option {
	SCRAM_LIAR,
	SCRAM_BINDS,
	AUTH_BEFORE_TLS,
	WITH_PARENT,
	DISCARD
};

static int
read_flag(struct host *h, int what, char *argument)
{
	bool *const fields[] = {
		[SCRAM_LIAR] = &h->scram_liar,
		[SCRAM_BINDS] = &h->scram_binds,
		[AUTH_BEFORE_TLS] = &h->auth_before_tls,
		[WITH_PARENT] = &h->with_parent,
		[DISCARD] = &h->discard,
	};

	(void)argument;
	*fields[what] = true;
	return 0;
}

static const struct row {
	const char *name;
	int has_argument;
	read_option *read;
	int what;
	const char *argument, *help;
} rows[] = {
	{ "dir", required_argument, read_text, DIR, "DIR",
	    "keeps letters, envelopes, certificates and a report there" },
	{ "starttls", optional_argument, read_listener, HOST_ON_STARTTLS,
	    "[=PORT]", "listens for STARTTLS" },
	{ "implicit", optional_argument, read_listener, HOST_ON_IMPLICIT,
	    "[=PORT]", "listens for implicit TLS" },
	{ "plain", optional_argument, read_listener, HOST_ON_PLAIN, "[=PORT]",
	    "listens without TLS" },
	{ "unix", required_argument, read_listener, HOST_ON_UNIX, "PATH",
	    "listens on a unix socket" },
	{ "address", required_argument, read_text, ADDRESS, "ADDRESS",
	    "of the listeners (127.0.0.1)" },
	{ "cert", required_argument, read_text, CERT, "FILE",
	    "the certificate and its chain, PEM (a throw-away one)" },
	{ "key", required_argument, read_text, KEY, "FILE", "its key, PEM" },
	{ "certificate", required_argument, read_text, CERTIFICATE, "WHICH",
	    "good (the default) or one with a defect; ? names them" },
	{ "priorities", required_argument, read_text, PRIORITIES, "STRING",
	    "GnuTLS priorities" },
	{ "with", required_argument, read_extensions, 1, "EXTENSION,...",
	    "offers what is not offered by itself (BINARYMIME)" },
	{ "without", required_argument, read_extensions, 0, "EXTENSION,...",
	    "does not offer an extension" },
	{ "ehlo-line", required_argument, read_text, EHLO_LINE, "TEXT",
	    "one more line in the answer to EHLO" },
	{ "size", required_argument, read_number, SIZE, "OCTETS",
	    "announces and keeps a limit" },
	{ "user", required_argument, read_user, 0, "NAME:PASSWORD",
	    "who may log in; repeated (alice:sesame)" },
	{ "mechanisms", required_argument, read_text, MECHANISMS, "NAMES",
	    "offered for AUTH (PLAIN LOGIN)" },
	{ "scram-liar", no_argument, read_flag, SCRAM_LIAR, "",
	    "does not know the password it lets in" },
	{ "scram-binds", no_argument, read_flag, SCRAM_BINDS, "",
	    "knows -PLUS although it is not offered" },
	{ "auth", required_argument, read_auth, 0, "tls|optional|always",
	    "where MAIL needs it (tls)" },
	{ "auth-before-tls", no_argument, read_flag, AUTH_BEFORE_TLS, "",
	    "offers AUTH before STARTTLS" },
	{ "reply", required_argument, read_action, HOST_REPLY, "STAGE=TEXT",
	    "answers so; \\n in TEXT begins a line" },
	{ "close-at", required_argument, read_action, HOST_CLOSE, "STAGE",
	    "closes the connection there" },
	{ "silent-at", required_argument, read_action, HOST_SILENT, "STAGE",
	    "says nothing more from there" },
	{ "reset-at", required_argument, read_action, HOST_RESET, "STAGE",
	    "resets the connection there" },
	{ "reject-mail", required_argument, read_refusal, REJECT_MAIL,
	    "PATTERN=TEXT", "answers so to senders like PATTERN; repeated" },
	{ "reject-rcpt", required_argument, read_refusal, REJECT_RCPT,
	    "PATTERN=TEXT", "the same for recipients" },
	{ "first", required_argument, read_number, FIRST, "N",
	    "the seven above hold for the first N sessions only" },
	{ "linger", required_argument, read_number, LINGER, "MILLISECONDS",
	    "a flight is over when so long nothing came (0)" },
	{ "discard", no_argument, read_flag, DISCARD, "",
	    "keeps envelopes but not the letters' octets" },
	{ "transcript", required_argument, read_text, TRANSCRIPT, "FILE",
	    "what was said, without secrets" },
	{ "talk", required_argument, read_text, TALK, "FILE",
	    "serves one talk file instead, and judges the client" },
	{ "sessions", required_argument, read_number, SESSIONS, "N",
	    "ends after N sessions" },
	{ "with-parent", no_argument, read_flag, WITH_PARENT, "",
	    "ends when the process that started it ends" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: smarthost --dir DIR [OPTION]...\n");
	for (size_t i = 0; i < ROWS; i++)
		fprintf(stderr, "  --%s%s%s\n\t%s\n", rows[i].name,
		    rows[i].has_argument == required_argument ? " " : "",
		    rows[i].argument, rows[i].help);
	fprintf(stderr, "stages:");
	for (size_t i = 0; i < HOST_STAGES; i++)
		fprintf(stderr, " %s", stages[i]);
	fprintf(stderr, "\n");
	exit(EX_USAGE);
}

static void
finish(struct host *h)
{
	if (h->dir == NULL)
		usage();
	h->report = xasprintf("%s/report", h->dir);
	if (h->users_count == 0)
		h->users[h->users_count++] = "alice:sesame";
}

void
host_options(struct host *h, int argc, char *argv[])
{
	struct option longs[ROWS + 1] = { { 0 } };
	int row = 0;

	*h = (struct host){
		.address = "127.0.0.1",
		.certificate = "good",
		.mechanisms = "PLAIN LOGIN",
		.extensions = ~(unsigned)HOST_BINARYMIME,
	};
	for (size_t i = 0; i < ROWS; i++)
		longs[i] = (struct option){ rows[i].name, rows[i].has_argument,
			NULL, 0 };
	for (;;) {
		int rc = getopt_long(argc, argv, "", longs, &row);

		if (rc == -1)
			break;
		if (rc != 0 || rows[row].read(h, rows[row].what, optarg) != 0)
			usage();
	}
	if (optind != argc)
		usage();
	finish(h);
}

void
host_free(struct host *h)
{
	if (h->credentials != NULL)
		gnutls_certificate_free_credentials(h->credentials);
	free(h->report);
}

const char *
host_password(const struct host *h, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < h->users_count; i++)
		if (strncmp(h->users[i], name, len) == 0 &&
		    h->users[i][len] == ':')
			return h->users[i] + len + 1;
	return "";
}

bool
host_knows(const struct host *h, const char *name, const char *password)
{
	return password[0] != '\0' &&
	       strcmp(host_password(h, name), password) == 0;
}
