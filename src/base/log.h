/*
 * Where records go: syslog, a file, stderr, or nowhere.
 *
 * One call writes one record: one line, printable (base/text), in a single
 * write(2) with O_APPEND.  Logging never fails a letter: what goes wrong is
 * remembered and can be asked for once.  errno is left as it was.  The sink is
 * one of the program's three globals and is chosen once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LEVEL_RECORD, /* syslog: mail.info */
	LEVEL_TROUBLE /* mail.err */
};

/* to: "syslog", "none", "-" (stderr) or an absolute path.  A path is opened
 * O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600, and must be a regular file.
 * Borrowed until log_close(). */
void log_open(const char *to);
void log_close(void);

/* Writes one record, cut after 8 KiB. */
void log_write(enum log_level level, const char *record);

/* Why the last write or open failed (a path and an errno text), or NULL; also
 * behind log_close(). */
const char *log_trouble(void);

#endif
