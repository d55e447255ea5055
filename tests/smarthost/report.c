/*
 * What the smarthost tells the tests: lines appended to files, each in one
 * write(2), so that sessions in different threads do not mix.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "smarthost/host.h"

static void
append(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

void
host_report(const struct host *h, const char *format, ...)
{
	char *text, *line;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	line = xasprintf("%s\n", text);
	append(h->report, line);
	free(line);
	free(text);
}

void
host_transcript(const struct host *h, unsigned long session, const char *who,
    const char *line)
{
	char seen[1024], *text;

	if (h->transcript == NULL)
		return;
	text_vis(seen, sizeof(seen), line, strcspn(line, "\r\n"));
	text = xasprintf("%lu %s: %s\n", session, who, seen);
	append(h->transcript, text);
	free(text);
}
