/*
 * serve [FLAG]...: what pneu -bs does, under the name pneu.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/start.h"
#include "smtp/status.h"
#include "conf/profile.h"
#include "tool/serve.h"

int
main(int argc, char *argv[])
{
	static char name[] = "pneu";
	struct wishes *w;
	struct fail f;
	int status;

	argv[0] = name;
	if (start_safely(&f) < 0 ||
	    wishes_read(&w, argc, argv, environ, &f) < 0) {
		fprintf(stderr, "pneu: %s\n", f.words);
		return status_of_fail(f.kind);
	}
	status = serve(w);
	wishes_free(w);
	return status;
}
