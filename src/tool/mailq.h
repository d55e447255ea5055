/*
 * The queue, for a person: -bp and the name mailq.
 */
#ifndef TOOL_MAILQ_H
#define TOOL_MAILQ_H

struct wishes;

/* Lists what is queued on stdout, reads no stdin.  The exit status. */
int mailq(const struct wishes *w);

/* -q: delivers what is queued.  The exit status. */
int mailq_run(const struct wishes *w);

#endif
