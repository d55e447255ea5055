/*
 * The way of one letter: read stdin, choose the profile, compose, deliver,
 * say what became of it.
 */
#ifndef TOOL_SEND_H
#define TOOL_SEND_H

struct wishes;

/* The exit status.  Prints what a person must know and writes the record. */
int send_letter(const struct wishes *w);

#endif
