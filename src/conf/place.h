/*
 * Where things are on this machine: the configuration file, the names of the
 * host.
 */
#ifndef CONF_PLACE_H
#define CONF_PLACE_H

struct fail;

#define PLACE_SYSTEM "/etc/pneu/pneu.conf"

enum { PLACE_NONE = -2 };

/*
 * Opens the configuration file: explicit where that is not NULL, else the
 * first that exists of the user's own (below XDG_CONFIG_HOME, which does not
 * count for uid 0, or ~/.config) and the system's.  *path_r, the caller's, is
 * its path.  The descriptor; -1 with FAIL_CONFIG; or PLACE_NONE: there is no
 * file, which is no failure, and *path_r is where one should be written (root
 * does that for everybody).
 */
int place_open(const char *explicit, char *const environment[], char **path_r,
    struct fail *f);

/* The host's full name: with a dot in it where the host name or /etc/hosts
 * has one.  No name server is asked.  The caller's. */
char *place_host(void);

/* What the machine calls itself, in full or not (gethostname(2)); "localhost"
 * where that is no name of a host.  The caller's. */
char *place_node(void);

/* The first line of /etc/mailname, else host, the host's full name; the
 * caller's. */
char *place_domain(const char *host);

#endif
