/*
 * The corridor: what a caller may have left open is closed, what it wishes is
 * read, and the room that serves the wish is entered.  No decisions here that
 * a room could take.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/start.h"
#include "mail/addr.h"
#include "smtp/status.h"
#include "conf/argv.h"
#include "conf/profile.h"
#include "net/secret.h"
#include "tool/help.h"
#include "tool/mailq.h"
#include "tool/send.h"
#include "tool/serve.h"
#include "tool/verify.h"

enum { PRINT_MAX = 1024 * 1024 };

static int
fail_out(const struct fail *f)
{
	fprintf(stderr, "pneu: %s\n", f->words);
	if (f->advice[0] != '\0')
		fprintf(stderr, "pneu: %s\n", f->advice);
	return status_of_fail(f->kind);
}

static int
print_config(const struct wishes *w, struct buf *out, struct fail *f)
{
	const char *given = wishes_run(w)->sender;
	char *sender = NULL;
	struct plan *plan;
	int status = -1;

	if ((given == NULL ||
		addr_parse_sender(given, "-f", &sender, f) == 0) &&
	    plan_new(&plan, w, sender, NULL, f) == 0) {
		plan_print(plan, out);
		plan_free(plan);
		status = 0;
	}
	free(sender);
	return status;
}

/* A letter, or a client, is served under a file that cannot be read as well,
 * as far as it goes: its fate is told to whoever brought it and is recorded. */
static bool
serves_letters(const struct wishes *w)
{
	int mode = wishes_run(w)->mode;

	return mode == MODE_SEND || mode == MODE_SERVE;
}

/* What is printed instead of a letter being sent: 1, 0 where nothing of the
 * kind is wished, or -1. */
static int
print_wish(const struct wishes *w, struct buf *out, struct fail *f)
{
	const struct settings *run = wishes_run(w);

	if (run->help)
		help_usage(out);
	else if (run->version)
		help_version(out);
	else if (run->completion != NULL)
		return help_completion(run->completion, out) < 0
			   ? fail_set(f, FAIL_USAGE,
				 "no completion for this shell: bash, zsh and "
				 "fish "
				 "are known")
			   : 1;
	else if (run->print_config)
		return print_config(w, out, f) < 0 ? -1 : 1;
	else
		return 0;
	return 1;
}

static int
enter(const struct wishes *w)
{
	static int (*const rooms[])(const struct wishes *w) = {
		[MODE_SEND] = send_letter,
		[MODE_SERVE] = serve,
		[MODE_VERIFY] = verify,
		[MODE_ALIASES] = newaliases,
		[MODE_LIST] = mailq,
		[MODE_RUN] = mailq_run,
	};

	return rooms[wishes_run(w)->mode](w);
}

static int
run(const struct wishes *w)
{
	struct fail f;
	struct buf out;
	int status = 0, printed;

	buf_init(&out, PRINT_MAX);
	printed = print_wish(w, &out, &f);
	if (printed > 0 && (fwrite(buf_data(&out), 1, buf_len(&out), stdout) !=
				   buf_len(&out) ||
			       fflush(stdout) != 0))
		printed = fail_errno(&f, FAIL_IO, errno, "standard output");
	if (printed < 0)
		status = fail_out(&f);
	buf_free(&out);
	return printed == 0 ? enter(w) : status;
}

int
main(int argc, char *argv[])
{
	struct wishes *w;
	struct fail f;
	int status;

	/* start_safely() cleans environ, which the third argument of main
	 * may not be any more. */
	start_keep(argv_descriptor(argc, argv));
	if (start_safely(&f) < 0 ||
	    wishes_read(&w, argc, argv, environ, &f) < 0)
		return fail_out(&f);
	if (!serves_letters(w) && wishes_check(w, &f) < 0)
		status = fail_out(&f);
	else
		status = run(w);
	secret_forget();
	wishes_free(w);
	return status;
}
