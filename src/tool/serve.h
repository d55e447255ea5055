/*
 * -bs: an SMTP dialogue on descriptors 0 and 1.
 */
#ifndef TOOL_SERVE_H
#define TOOL_SERVE_H

struct wishes;

/* Serves until the dialogue ends.  The exit status: 0 where the client ended
 * it as it should (what became of its letters it was told), EX_PROTOCOL where
 * it did not, EX_TEMPFAIL when a signal asked us to stop, EX_NOINPUT without a
 * stdin. */
int serve(const struct wishes *w);

#endif
