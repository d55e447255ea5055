/*
 * The one failure value.
 *
 * Made where the failure is first known, returned upwards unchanged, printed
 * once by main.  The kind says what it means (smtp/status turns it into the
 * exit status), the words say it to a person: who, what was tried, what was
 * seen; the advice says what to do where that is known.
 *
 * Words and advice are made printable here (base/text), so a hostile reply or
 * argument may be given to the format as it is; each is one line of at most
 * FAIL_WORDS_MAX - 1 octets.  Never give it a secret.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

enum { FAIL_WORDS_MAX = 512 };

enum fail_kind {
	FAIL_NONE,
	FAIL_USAGE,     /* the command line: flags, no recipients */
	FAIL_DATA,      /* a bad address, an unusable letter */
	FAIL_NOINPUT,   /* no letter on stdin */
	FAIL_NOUSER,    /* a recipient whom no letter can reach */
	FAIL_NONAME,    /* a host name that does not exist */
	FAIL_UNKNOWN,   /* the letter may or may not have been taken */
	FAIL_TEMP,      /* lost link, time-out, resolver trouble, disk full */
	FAIL_PROTOCOL,  /* TLS missing or broken, rules broken by the peer */
	FAIL_TRUST,     /* a certificate that is not trusted */
	FAIL_AUTH,      /* no usable mechanism, no secret to be had */
	FAIL_CONFIG,    /* a setting, or a file that is not safe */
	FAIL_OS,        /* out of memory, cannot fork */
	FAIL_CANTCREAT, /* the queue cannot be created or written */
	FAIL_IO,        /* a local read or write error */
	FAIL_SETID,     /* our own file is set-user-id or set-group-id */
	FAIL_BUG        /* ours */
};

struct fail {
	enum fail_kind kind;
	char words[FAIL_WORDS_MAX];
	char advice[FAIL_WORDS_MAX]; /* "" where none is known */
};

/* Fills f (kind, words, no advice) and returns -1, so that a function can
 * end with it.  f may be NULL where the caller wants no words. */
int fail_set(struct fail *f, enum fail_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fail_set, with ": " and the text of the errno value behind the words. */
int fail_errno(struct fail *f, enum fail_kind kind, int error,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds the line that says what to do. */
void fail_advise(struct fail *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
