#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "base/text.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "conf/environment.h"
#include "conf/place.h"

enum {
	DOMAIN_MAX = 255, /* RFC 5321 4.5.3.1.2 */
	HOSTS_MAX = 100000 /* entries of /etc/hosts that are looked at */
};

/* The user's own file, the caller's, or NULL.  For uid 0 the environment has
 * no say: root must not obey what somebody's XDG_CONFIG_HOME points at. */
static char *
user_file(char *const environment[])
{
	const char *xdg = NULL;
	char *home, *path;

	if (geteuid() != 0)
		xdg = environment_get(environment, "XDG_CONFIG_HOME");
	/* The XDG specification: a relative path is to be ignored. */
	if (xdg != NULL && *xdg == '/')
		return xasprintf("%s/pneu/pneu.conf", xdg);
	home = home_directory();
	if (home == NULL)
		return NULL;
	path = xasprintf("%s/.config/pneu/pneu.conf", home);
	free(home);
	return path;
}

/* A place into which this user may not even look, such as root's home that a
 * service inherited in HOME, cannot hold his settings.  A file that is there
 * and cannot be read is another matter. */
static bool
is_barred(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 && errno == EACCES;
}

/* What trusted_open() says, a missing file being one that is refused. */
static int
must_open(const char *path, struct fail *f)
{
	int fd = trusted_open(path, false, f);

	return fd >= 0 ? fd : -1;
}

int
place_open(const char *explicit, char *const environment[], char **path_r,
    struct fail *f)
{
	char *own;
	int fd = TRUSTED_MISSING;
	bool usable;

	if (explicit != NULL) {
		*path_r = xstrdup(explicit);
		return must_open(explicit, f);
	}
	own = user_file(environment);
	usable = own != NULL && !is_barred(own);
	if (usable)
		fd = trusted_open(own, false, f);
	if (fd == TRUSTED_MISSING) {
		fd = trusted_open(PLACE_SYSTEM, false, f);
		if (fd != TRUSTED_MISSING || !usable || geteuid() == 0) {
			free(own);
			own = xstrdup(PLACE_SYSTEM);
		}
	}
	*path_r = own;
	if (fd == TRUSTED_MISSING)
		return PLACE_NONE;
	return fd >= 0 ? fd : -1;
}

static bool
is_domain(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > DOMAIN_MAX || *name == '-' || *name == '.' ||
	    name[len - 1] == '.')
		return false;
	for (; *name != '\0'; name++)
		if (!text_is_alpha(*name) && !text_is_digit(*name) &&
		    *name != '-' && *name != '.')
			return false;
	return true;
}

/* A name with a dot of the entry, if it is one of the host. */
static const char *
full_name(const struct hostent *entry, const char *host)
{
	const char *full =
	    strchr(entry->h_name, '.') != NULL ? entry->h_name : NULL;
	bool ours = text_same(entry->h_name, host);

	for (char **alias = entry->h_aliases; *alias != NULL; alias++) {
		ours = ours || text_same(*alias, host);
		if (full == NULL && strchr(*alias, '.') != NULL)
			full = *alias;
	}
	return ours ? full : NULL;
}

/* gethostent(3) walks /etc/hosts and nothing else: a lookup could wait for a
 * name server without a deadline. */
static char *
look_up(const char *host)
{
	const struct hostent *entry;
	const char *full;
	char *found = NULL;

	sethostent(1);
	for (int i = 0; i < HOSTS_MAX && found == NULL; i++) {
		entry = gethostent();
		if (entry == NULL)
			break;
		full = full_name(entry, host);
		if (full != NULL && is_domain(full))
			found = xstrdup(full);
	}
	endhostent();
	return found;
}

char *
place_node(void)
{
	char host[HOST_NAME_MAX + 1];

	if (gethostname(host, sizeof(host)) == -1)
		return xstrdup("localhost");
	host[sizeof(host) - 1] = '\0';
	return xstrdup(is_domain(host) ? host : "localhost");
}

char *
place_host(void)
{
	char *host = place_node(), *full = NULL;

	if (strchr(host, '.') == NULL)
		full = look_up(host);
	if (full == NULL)
		return host;
	free(host);
	return full;
}

char *
place_domain(const char *host)
{
	char line[DOMAIN_MAX + 2] = "";
	FILE *f = fopen("/etc/mailname", "re");

	if (f != NULL) {
		if (fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		fclose(f);
	}
	line[strcspn(line, " \t\r\n")] = '\0';
	/* The dot of the root is for name servers, not for addresses. */
	if (line[0] != '\0' && line[strlen(line) - 1] == '.')
		line[strlen(line) - 1] = '\0';
	return xstrdup(is_domain(line) ? line : host);
}
