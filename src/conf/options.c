/*
 * THE table: every setting and every letter, one row each.
 *
 * A row is written with a macro of its type, which compiles only where the
 * field has that type.  What a row does not say is empty.  The order is that
 * of --help and --print-config; letters that only sendmail had come last.
 *
 * Letters take their argument as sendmail took it, also where they do nothing:
 * a wrong arity would turn a recipient into a value or a value into a
 * recipient.
 */
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smtp/engine.h"
#include "conf/options.h"
#include "conf/settings.h"

/* The offset of a field that must have the C type named: _Generic without a
 * matching type is an error.  A type in parentheses would be no type. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define FIELD(field, ctype) \
	(offsetof(struct settings, field) * \
	    (size_t) _Generic(((struct settings *)0)->field, ctype : 1))
/* NOLINTEND(bugprone-macro-parentheses) */

#define TEXT(field) \
	.offset = FIELD(field, char *), .type = &value_text, .min = 1
#define ANY_TEXT(field) .offset = FIELD(field, char *), .type = &value_text
#define SECRET(field) \
	.offset = FIELD(field, char *), .type = &value_secret, .min = 1
#define PATH(field) \
	.offset = FIELD(field, char *), .type = &value_path, .min = 1
#define NAME(field) \
	.offset = FIELD(field, char *), .type = &value_name, .min = 1
#define MECHANISMS(field) \
	.offset = FIELD(field, char *), .type = &value_mechanisms, .min = 1
#define LIST(field) \
	.offset = FIELD(field, struct settings_list), .type = &value_list
#define NUMBER(field, low, high) \
	.offset = FIELD(field, unsigned), .type = &value_number, .min = (low), \
	.max = (high)
#define SECONDS(field, low, high) \
	.offset = FIELD(field, unsigned), .type = &value_seconds, \
	.min = (low), .max = (high)
#define CHOICE(field, words) \
	.offset = FIELD(field, int), .type = &value_choice, .choices = (words)
#define SET(field, words) \
	.offset = FIELD(field, unsigned), .type = &value_set, .choices = (words)
#define MODE(which) \
	.offset = FIELD(mode, int), .type = &value_mode, .min = (which)
#define YES_NO(field) \
	.offset = FIELD(field, bool), .type = &value_yes_no, \
	.argument = "YES-OR-NO", .optional = true
#define FLAG(field) .offset = FIELD(field, bool), .type = &value_flag
#define COUNT(field) .offset = FIELD(field, unsigned), .type = &value_count

enum {
	BOTH = OPTION_PNEU | OPTION_RESTRICTED,
	KEY = OPTION_PNEU | OPTION_ENVIRONMENT | OPTION_FILE,
	ACCOUNT = KEY | OPTION_ACCOUNT,
	/* What runs a program, names a file to be written, or takes a
	 * protection away. */
	POWER = OPTION_PNEU | OPTION_FILE,
	DAY = 86400,
	MONTH = 30 * DAY
};

static const struct value_choice tls_words[] = {
	{ "implicit", ENGINE_TLS_IMPLICIT },
	{ "starttls", ENGINE_TLS_STARTTLS },
	{ "none", ENGINE_TLS_NONE },
	{ NULL, 0 },
};

static const struct value_choice recipients_words[] = {
	{ "any", ENGINE_RECIPIENTS_ANY },
	{ "all", ENGINE_RECIPIENTS_ALL },
	{ NULL, 0 },
};

static const struct value_choice chunking_words[] = {
	{ "no", ENGINE_CHUNKING_NO },
	{ "yes", ENGINE_CHUNKING_YES },
	{ "grouped", ENGINE_CHUNKING_GROUPED },
	{ NULL, 0 },
};

static const struct value_choice notify_words[] = {
	{ "success", NOTIFY_SUCCESS },
	{ "failure", NOTIFY_FAILURE },
	{ "delay", NOTIFY_DELAY },
	{ "never", NOTIFY_NEVER },
	{ NULL, 0 },
};

static const struct value_choice return_words[] = {
	{ "full", RETURN_FULL },
	{ "hdrs", RETURN_HDRS },
	{ NULL, 0 },
};

static const struct value_choice trust_words[] = {
	{ "system", 0 },
	{ "pin", 0 },
	{ NULL, 0 },
};

static const struct value_choice verify_words[] = {
	{ "yes", SETTINGS_VERIFY_YES },
	{ "no", SETTINGS_VERIFY_NO },
	{ NULL, 0 },
};

static const struct value_choice version_words[] = {
	{ "1.2", 12 },
	{ "1.3", 13 },
	{ NULL, 0 },
};

static const struct value_choice rewrite_words[] = {
	{ "keep", SETTINGS_KEEP },
	{ "header", SETTINGS_HEADER },
	{ "both", SETTINGS_BOTH },
	{ NULL, 0 },
};

static const struct value_choice original_words[] = {
	{ "reply-to", SETTINGS_REPLY_TO },
	{ "x-original-from", SETTINGS_X_ORIGINAL_FROM },
	{ "none", SETTINGS_NOWHERE },
	{ NULL, 0 },
};

static const struct value_choice yes_words[] = {
	{ "yes", 0 },
	{ NULL, 0 },
};

static const struct value_choice none_words[] = {
	{ "none", 0 },
	{ NULL, 0 },
};

static const struct value_choice auth_words[] = {
	{ "auto", 0 },
	{ "off", 0 },
	{ NULL, 0 },
};

static const struct value_choice log_words[] = {
	{ "syslog", 0 },
	{ "none", 0 },
	{ "-", 0 },
	{ NULL, 0 },
};

/* clang-format off */
const struct option options[] = {
	/* the letter at hand */
	{ .letter = 't', FLAG(read_recipients), .where = BOTH,
	  .help = "Also send to the addresses in To, Cc and Bcc." },
	{ .letter = 'i', FLAG(dots_are_data), .where = BOTH,
	  .help = "A line with a lone dot does not end the letter." },
	{ .letter = 'o', .glued = "i", FLAG(dots_are_data), .where = BOTH,
	  .help = "The same as -i." },
	{ .letter = 'f', ANY_TEXT(sender), .argument = "ADDRESS",
	  .where = BOTH,
	  .help = "The envelope sender; <> or nothing: the null sender." },
	{ .letter = 'r', ANY_TEXT(sender), .argument = "ADDRESS",
	  .where = BOTH, .help = "The same as -f." },
	{ .letter = 'F', ANY_TEXT(full_name), .argument = "NAME",
	  .where = BOTH,
	  .help = "The name in a From field that has to be added." },
	{ .letter = 'n', FLAG(no_aliases), .where = BOTH,
	  .help = "Look nothing up in the alias file." },
	{ .letter = 'v', COUNT(verbose), .where = BOTH,
	  .help = "Show the dialogue and all notes on stderr." },
	{ .letter = 'V', TEXT(envid), .argument = "ID", .max = 100,
	  .where = BOTH,
	  .help = "What reports on this letter shall call it (DSN)." },

	/* what else can be done */
	{ .letter = 'b', .glued = "m", MODE(MODE_SEND), .where = BOTH,
	  .help = "Send a letter: what is done where nothing else is said." },
	{ .letter = 'b', .glued = "s", MODE(MODE_SERVE), .where = BOTH,
	  .help = "Speak SMTP on standard input and output." },
	{ .letter = 'b', .glued = "v", MODE(MODE_VERIFY), .where = BOTH,
	  .help = "Show where each recipient leads; send nothing." },
	{ .letter = 'b', .glued = "p", MODE(MODE_LIST), .where = BOTH,
	  .help = "List the queue, as the name mailq does." },
	{ .letter = 'b', .glued = "i", MODE(MODE_ALIASES), .where = BOTH,
	  .help = "Check the aliases, as the name newaliases does." },
	{ .letter = 'I', MODE(MODE_ALIASES), .where = BOTH,
	  .help = "The same as -bi." },
	{ .letter = 'q', MODE(MODE_RUN), .argument = "TIME",
	  .optional = true, .where = BOTH,
	  .help = "Deliver what is queued." },

	/* this run */
	{ .name = "config", .letter = 'C', TEXT(config), .argument = "FILE",
	  .where = OPTION_PNEU | OPTION_ENVIRONMENT,
	  .ignored = "-C: only the name pneu reads another file",
	  .derived = "see FILES",
	  .help = "Read this configuration file and no other." },
	{ .name = "profile", TEXT(profile), .argument = "NAME",
	  .where = OPTION_PNEU | OPTION_ENVIRONMENT,
	  .derived = "chosen by the sender",
	  .help = "Use this profile." },
	{ .name = "print-config", FLAG(print_config), .where = OPTION_PNEU,
	  .help = "Print the settings in force, with origins; send nothing." },
	{ .name = "completion", TEXT(completion), .argument = "SHELL",
	  .where = OPTION_PNEU,
	  .help = "Print the completions for bash, zsh or fish." },
	{ .name = "help", .letter = 'h', FLAG(help), .where = OPTION_PNEU,
	  .help = "Print this text." },
	{ .name = "version", FLAG(version), .where = OPTION_PNEU,
	  .help = "Print the version." },

	/* the account */
	{ .name = "host", LIST(host), .argument = "HOST", .max = 32,
	  .where = ACCOUNT,
	  .help = "The smarthost; several: the next is tried where one "
	      "cannot be used; or the path of a unix socket." },
	{ .name = "port", NUMBER(port, 1, 65535), .argument = "PORT",
	  .derived = "465; 587 with tls = starttls, 25 with tls = none",
	  .where = ACCOUNT, .help = "The port of the smarthost." },
	{ .name = "tls", CHOICE(tls, tls_words), .argument = "MODE",
	  .derived = "implicit; starttls where port is given and not 465",
	  .where = ACCOUNT,
	  .help = "How the link is protected: implicit, starttls or none." },
	/* Not by a variable, which is easily inherited. */
	{ .name = "tls-verify", CHOICE(tls_verify, verify_words),
	  .argument = "WHETHER", .fallback = "yes",
	  .where = POWER | OPTION_ACCOUNT,
	  .help = "Whether the server's certificate must hold: yes, or no, "
	      "whoever answers." },
	{ .name = "tls-trust", PATH(tls_trust), .argument = "CA",
	  .choices = trust_words, .fallback = "system", .where = ACCOUNT,
	  .help = "Whom to trust: system, a file or directory of "
	      "certificates, or pin: tls-pin alone." },
	{ .name = "tls-crl", PATH(tls_crl), .argument = "FILE",
	  .where = ACCOUNT,
	  .help = "Lists of revoked certificates (CRLs), of which none "
	      "counts." },
	{ .name = "tls-pin", LIST(tls_pin), .argument = "PIN", .max = 32,
	  .where = ACCOUNT,
	  .help = "The server's key must be one of these: sha256: and its "
	      "digest in base64 or hexadecimal." },
	{ .name = "tls-server-name", TEXT(tls_server_name),
	  .argument = "NAME", .max = 255, .derived = "the host",
	  .where = ACCOUNT,
	  .help = "The name that the server's certificate must carry." },
	{ .name = "tls-min-version", CHOICE(tls_min_version, version_words),
	  .argument = "VERSION", .fallback = "1.2", .where = ACCOUNT,
	  .help = "The least TLS that will do: 1.2 or 1.3." },
	/* Nor this: some of GnuTLS's words let certificates pass that were
	 * revoked (%VERIFY_DISABLE_CRL_CHECKS) or have a broken signature. */
	{ .name = "tls-priorities", TEXT(tls_priorities),
	  .argument = "STRING", .max = 1000, .derived = "the system's policy",
	  .where = POWER | OPTION_ACCOUNT,
	  .help = "Which ciphers to use, as GnuTLS writes it." },
	{ .name = "tls-certificate", PATH(tls_certificate), .argument = "FILE",
	  .where = ACCOUNT,
	  .help = "The certificate that we show to a server that asks." },
	{ .name = "tls-key", PATH(tls_key), .argument = "FILE",
	  .derived = "the file of tls-certificate", .where = ACCOUNT,
	  .help = "The private key of that certificate." },
	{ .name = "user", TEXT(user), .argument = "USER", .where = ACCOUNT,
	  .help = "The login; without one there is no AUTH." },
	{ .name = "password", SECRET(password), .argument = "PASSWORD",
	  .max = 65536,
	  .where = OPTION_FILE | OPTION_ACCOUNT | OPTION_SECRET | OPTION_PLACE,
	  .help = "The password, in a file that nobody else can read." },
	{ .name = "password-file", PATH(password_file), .argument = "FILE",
	  .where = ACCOUNT | OPTION_PLACE,
	  .help = "A file whose first line is the password." },
	{ .name = "password-command", TEXT(password_command),
	  .argument = "COMMAND",
	  .where = POWER | OPTION_ACCOUNT | OPTION_PLACE,
	  .help = "A program whose first line of output is the password." },
	{ .name = "password-credential", NAME(password_credential),
	  .argument = "NAME", .max = 255, .where = ACCOUNT | OPTION_PLACE,
	  .help = "A credential of the service manager's that is the "
	      "password." },
	{ .name = "password-netrc", PATH(password_netrc),
	  .argument = "FILE", .choices = yes_words,
	  .where = ACCOUNT | OPTION_PLACE,
	  .help = "A netrc that has the password for the host and the user; "
	      "yes: ~/.netrc." },
	{ .name = "password-fd", NUMBER(password_fd, 3, 65535),
	  .argument = "NUMBER",
	  .where = OPTION_PNEU | OPTION_ACCOUNT | OPTION_PLACE,
	  .help = "An open descriptor; the first line read from it is the "
	      "password." },
	{ .name = "auth", MECHANISMS(auth), .argument = "MECHANISM",
	  .choices = auth_words, .fallback = "auto", .where = ACCOUNT,
	  .help = "auto, off, or SASL mechanisms in order of preference." },
	{ .name = "authorization-id", TEXT(authorization_id),
	  .argument = "NAME", .derived = "the user", .where = ACCOUNT,
	  .help = "For whom to act, where that is not the user." },
	{ .name = "auth-unverified", YES_NO(auth_unverified),
	  .fallback = "no", .where = ACCOUNT,
	  .help = "Send the password also over a link without verified TLS." },
	{ .name = "auth-pipelining", YES_NO(auth_pipelining),
	  .fallback = "no", .where = ACCOUNT,
	  .help = "Send AUTH in one group with the envelope." },
	{ .name = "source-address", TEXT(source_address),
	  .argument = "ADDRESS", .max = 255, .where = ACCOUNT,
	  .help = "The local address to connect from." },

	/* the profile */
	{ .name = "from", LIST(from), .argument = "PATTERN",
	  .where = OPTION_FILE | OPTION_OWN,
	  .help = "The senders that this profile is for." },
	{ .name = "profile-by-header", YES_NO(profile_by_header),
	  .fallback = "no", .where = KEY,
	  .help = "Let the From field choose the profile under every name." },
	{ .name = "envelope-from", TEXT(envelope_from),
	  .argument = "ADDRESS", .derived = "LOGIN@domain", .where = KEY,
	  .help = "The envelope sender where -f does not say." },
	{ .name = "rewrite-from", CHOICE(rewrite_from, rewrite_words),
	  .argument = "WHERE", .fallback = "keep", .where = KEY,
	  .help = "keep: senders as they are; header: the profile's address "
	      "in From; both: and in the envelope." },
	{ .name = "original-from", CHOICE(original_from, original_words),
	  .argument = "FIELD", .fallback = "reply-to", .where = KEY,
	  .help = "Where a rewritten From goes: reply-to, x-original-from or "
	      "none." },
	{ .name = "domain", TEXT(domain), .argument = "DOMAIN", .max = 255,
	  .derived = "the first line of /etc/mailname, else the host's full "
	      "name",
	  .where = KEY, .help = "What is put behind the @ of bare names." },
	{ .name = "aliases", PATH(aliases), .argument = "FILE",
	  .choices = none_words, .fallback = "/etc/aliases", .where = KEY,
	  .help = "Who receives letters to names of this machine; or none." },
	{ .name = "sender-map", PATH(sender_map), .argument = "FILE",
	  .choices = none_words, .fallback = "none", .where = KEY,
	  .help = "The addresses that names of this machine send with; or "
	      "none." },
	{ .name = "ehlo-name", TEXT(ehlo_name), .argument = "NAME",
	  .max = 255,
	  .derived = "the host's full name, else an address literal",
	  .where = KEY, .help = "What to call ourselves in EHLO." },
	{ .name = "connect-timeout", SECONDS(connect_timeout, 1, DAY),
	  .argument = "TIME", .fallback = "30s", .where = KEY,
	  .help = "How long to wait for a connection to one address." },
	{ .name = "timeout", SECONDS(timeout, 0, DAY), .argument = "TIME",
	  .fallback = "0", .where = KEY,
	  .help = "How long to wait for a reply; 0: as RFC 5321 says." },
	{ .name = "deadline", SECONDS(deadline, 0, MONTH),
	  .argument = "TIME", .fallback = "1h", .where = KEY,
	  .help = "How long all may take up to the letter's last octet; "
	      "0: no limit." },
	{ .name = "recipients", CHOICE(recipients, recipients_words),
	  .argument = "WHICH", .fallback = "any", .where = KEY,
	  .help = "any: send to those accepted; all: to all or to nobody." },
	{ .name = "chunking", CHOICE(chunking, chunking_words),
	  .argument = "WHEN", .fallback = "no", .where = KEY,
	  .help = "Use BDAT: no, yes, or grouped with the envelope." },
	{ .name = "dead-letter", PATH(dead_letter), .argument = "DIR",
	  .where = POWER,
	  .help = "Keep letters that could not be sent there, as a Maildir." },
	{ .name = "dsn-notify", .letter = 'N', SET(dsn_notify, notify_words),
	  .argument = "WHEN", .where = KEY | OPTION_RESTRICTED,
	  .help = "When to report on the letter: success, failure, delay, or "
	      "never." },
	{ .name = "dsn-return", .letter = 'R',
	  SET(dsn_return, return_words), .argument = "WHAT",
	  .where = KEY | OPTION_RESTRICTED,
	  .help = "What a report returns of the letter: full or hdrs." },
	{ .name = "log", PATH(log), .argument = "WHERE",
	  .choices = log_words, .fallback = "syslog", .where = POWER,
	  .help = "Where records go: syslog, none, - for stderr, or a file." },

	/* modes that this program does not have */
	{ .letter = 'b', .argument = "MODE", .where = BOTH,
	  .refused = "this pneu has no such mode; it sends letters" },

	/* letters that sendmail's callers give and that do nothing here */
	{ .letter = 'A', .argument = "WHICH", .where = BOTH,
	  .ignored = "-A: there is one configuration" },
	{ .letter = 'B', .argument = "TYPE", .where = BOTH,
	  .ignored = "-B: whether a letter is 8-bit is seen in it" },
	{ .letter = 'c', .where = BOTH,
	  .ignored = "-c: there are no expensive mailers" },
	{ .letter = 'D', .argument = "FILE", .where = BOTH,
	  .ignored = "-D: no file is written" },
	{ .letter = 'd', .argument = "LEVEL", .optional = true,
	  .where = BOTH, .ignored = "-d: see -v" },
	{ .letter = 'e', .argument = "MODE", .where = BOTH,
	  .ignored = "-e: failures go to stderr and the exit status" },
	{ .letter = 'G', .where = BOTH,
	  .ignored = "-G: letters are treated alike wherever they come from" },
	{ .letter = 'h', .argument = "COUNT", .where = OPTION_RESTRICTED,
	  .ignored = "-h: hops are counted by servers" },
	{ .letter = 'L', .argument = "TAG", .where = BOTH,
	  .ignored = "-L: the name in the log does not change" },
	{ .letter = 'M', .argument = "MACRO", .where = BOTH,
	  .ignored = "-M: there are no macros" },
	{ .letter = 'm', .where = BOTH,
	  .ignored = "-m: there are no groups to expand" },
	{ .letter = 'O', .glued = "IgnoreDots", FLAG(dots_are_data),
	  .where = BOTH, .help = "The same as -i." },
	{ .letter = 'O', .glued = "IgnoreDots=True", FLAG(dots_are_data),
	  .where = BOTH, .help = "The same as -i." },
	{ .letter = 'O', .glued = "IgnoreDots=true", FLAG(dots_are_data),
	  .where = BOTH, .help = "The same as -i." },
	{ .letter = 'O', .argument = "OPTION", .where = BOTH,
	  .ignored = "-O: sendmail's options do not apply" },
	{ .letter = 'o', .argument = "OPTION", .where = BOTH,
	  .ignored = "-o: sendmail's options other than -oi do not apply" },
	{ .letter = 'p', .argument = "PROTOCOL", .where = BOTH,
	  .ignored = "-p: how the letter came is not recorded" },
	{ .letter = 's', .where = BOTH,
	  .ignored = "-s: From_ lines are never kept" },
	{ .letter = 'T', .where = BOTH, .ignored = "-T: there is no queue" },
	{ .letter = 'U', .where = BOTH,
	  .ignored = "-U: whether SMTPUTF8 is needed is seen in the letter" },
	{ .letter = 'X', .argument = "FILE", .where = BOTH,
	  .ignored = "-X: no file is written" },
	{ .letter = 'x', .where = BOTH, .ignored = "-x: means nothing here" },
};
/* clang-format on */

const size_t options_count = sizeof(options) / sizeof(options[0]);

const struct option *
option_find(const char *name, size_t len)
{
	for (size_t i = 0; i < options_count; i++) {
		const char *other = options[i].name;

		if (other != NULL && strlen(other) == len &&
		    memcmp(other, name, len) == 0)
			return &options[i];
	}
	return NULL;
}

/* The edit distance of two short words (insert, drop or change one octet),
 * without regard to case, an underscore being a hyphen. */
static size_t
distance(const char *a, size_t a_len, const char *b)
{
	enum { WORD_MAX = 40 };
	size_t row[WORD_MAX + 1], b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		char c = a[i - 1] == '_' ? '-' : text_lower(a[i - 1]);
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (c != b[j - 1]);

			diagonal = row[j];
			if (diagonal + 1 < best)
				best = diagonal + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

const struct option *
option_near(const char *name, size_t len, unsigned where)
{
	/* One slip in three octets, or two letters swapped, is a typo; more
	 * is another word. */
	size_t nearest = len / 3 + 2;
	const struct option *found = NULL;

	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		size_t far;

		if (o->name == NULL || (o->where & where) == 0)
			continue;
		far = distance(name, len, o->name);
		if (far < nearest) {
			nearest = far;
			found = o;
		}
	}
	return found;
}

bool
option_acts(const struct option *o, unsigned where)
{
	return o->type != NULL && (o->where & where) != 0;
}

static bool
is_accepted(const struct option *o, unsigned where)
{
	return (o->where & where) != 0 ||
	       (o->type != NULL && o->ignored != NULL);
}

const struct option *
option_letter(char letter, const char *value, unsigned where)
{
	const struct option *found = NULL;

	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (o->letter != letter || !is_accepted(o, where))
			continue;
		if (o->glued == NULL
			? found == NULL
			: value != NULL && strcmp(o->glued, value) == 0)
			found = o;
		if (found == o && o->glued != NULL)
			break;
	}
	return found;
}

bool
option_may_be_quoted(const struct option *o)
{
	return (o->where & (OPTION_SECRET | OPTION_PLACE)) == 0;
}

bool
option_takes_value(const struct option *o)
{
	return o->glued != NULL || (o->argument != NULL && !o->optional);
}
