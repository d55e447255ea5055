#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/home.h"
#include "base/xalloc.h"

char *
home_directory(void)
{
	const char *home = geteuid() == 0 ? NULL : getenv("HOME");

	if (home == NULL || *home != '/') {
		const struct passwd *user = getpwuid(geteuid());

		home = user != NULL ? user->pw_dir : NULL;
	}
	return home != NULL && *home == '/' ? xstrdup(home) : NULL;
}

char *
home_expand(const char *path)
{
	char *home, *expanded;

	if (strncmp(path, "~/", 2) != 0)
		return xstrdup(path);
	home = home_directory();
	if (home == NULL)
		return NULL;
	expanded = xasprintf("%s%s", home, path + 1);
	free(home);
	return expanded;
}
