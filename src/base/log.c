/*
 * The sink of records.  Whatever goes wrong here must not change what becomes
 * of a letter, so every function is void and keeps errno; a FIFO or a symbolic
 * link in the place of the log file is not opened for writing by accident, and
 * nothing here waits for a reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum {
	RECORD_MAX = 8192, /* octets of a record, printable */
	STAMP_MAX = 32,
	TROUBLE_MAX = 512
};

static struct {
	const char *to; /* NULL: nowhere */
	bool use_syslog;
	int fd; /* -1: none */
	bool troubled; /* trouble has not been asked for yet */
	char trouble[TROUBLE_MAX];
} sink = { .fd = -1 };

static void __attribute__((format(printf, 1, 2)))
complain(const char *format, ...)
{
	char draft[TROUBLE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(draft, sizeof(draft), format, ap);
	va_end(ap);
	text_vis(sink.trouble, sizeof(sink.trouble), draft, strlen(draft));
	sink.troubled = true;
}

static void
open_file(const char *path)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
		    O_NOCTTY | O_NONBLOCK;
	struct stat st;
	int fd = *path == '/' ? open(path, flags, 0600) : -1;

	if (*path != '/')
		complain("%s is not an absolute path", path);
	else if (fd < 0 && errno == ELOOP)
		complain("%s is a symbolic link", path);
	else if (fd < 0 && errno != ENXIO)
		complain("%s: %s", path, strerror(errno));
	else if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		complain("%s is not a regular file", path);
	else {
		sink.fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

void
log_open(const char *to)
{
	int saved = errno;

	log_close();
	sink.troubled = false;
	if (strcmp(to, "none") == 0)
		return;
	sink.to = to;
	if (strcmp(to, "syslog") == 0) {
		openlog("pneu", LOG_PID, LOG_MAIL);
		sink.use_syslog = true;
	} else if (strcmp(to, "-") == 0)
		sink.fd = STDERR_FILENO;
	else
		open_file(to);
	errno = saved;
}

void
log_close(void)
{
	int saved = errno;

	if (sink.use_syslog)
		closelog();
	if (sink.fd > STDERR_FILENO)
		close(sink.fd);
	/* What went wrong may still be asked for. */
	sink.to = NULL;
	sink.use_syslog = false;
	sink.fd = -1;
	errno = saved;
}

/* RFC 3339, local time with its offset, and a blank. */
static size_t
stamp(char to[STAMP_MAX])
{
	time_t now = time(NULL);
	struct tm tm;
	size_t len;

	if (localtime_r(&now, &tm) == NULL)
		return 0;
	len = strftime(to, STAMP_MAX, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (len < 5)
		return 0;
	/* strftime's +hhmm lacks the colon. */
	memmove(to + len - 1, to + len - 2, 2);
	to[len - 2] = ':';
	to[len + 1] = ' ';
	return len + 2;
}

/* One write(2), so that records of several processes never mix; what a full
 * disk cuts off is not written later, where it would stand behind another. */
static void
write_line(const char *line, size_t len)
{
	ssize_t written;

	do
		written = write(sink.fd, line, len);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		complain("%s: %s", sink.to, strerror(errno));
	else if ((size_t)written < len)
		complain("%s: a record was cut", sink.to);
}

void
log_write(enum log_level level, const char *record)
{
	char line[STAMP_MAX + RECORD_MAX + 1];
	size_t len = 0;
	int saved = errno;

	if (sink.fd > STDERR_FILENO)
		len = stamp(line);
	text_vis(line + len, RECORD_MAX, record, strlen(record));
	if (sink.use_syslog)
		syslog(level == LEVEL_TROUBLE ? LOG_ERR : LOG_INFO, "%s", line);
	else if (sink.fd >= 0) {
		len += strlen(line + len);
		line[len++] = '\n';
		write_line(line, len);
	}
	errno = saved;
}

const char *
log_trouble(void)
{
	if (!sink.troubled)
		return NULL;
	sink.troubled = false;
	return sink.trouble;
}
