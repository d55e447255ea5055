/*
 * Questions about addresses, answered on standard output without a letter:
 * nothing is sent, no server is asked, and standard input is not read.
 */
#ifndef TOOL_VERIFY_H
#define TOOL_VERIFY_H

struct wishes;

/* -bv: where a letter to each recipient would go, and by which profile.  The
 * exit status that such a letter would have as far as we can tell: 0, 67 where
 * one would be refused; 64 without recipients, 65 for what is no address. */
int verify(const struct wishes *w);

/* newaliases, -bi, -I: there is nothing to be made of the alias file, so this
 * says which of its lines would not be followed, and why.  0 also where there
 * is no file or none that can be read, which is said on standard error: package
 * scripts call this and want to go on. */
int newaliases(const struct wishes *w);

#endif
