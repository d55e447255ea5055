/*
 * xtext (RFC 3461 section 4): how a value with blanks, '+' or '=' travels in
 * a parameter of MAIL or RCPT (AUTH=, ENVID=, ORCPT=).
 */
#ifndef SMTP_XTEXT_H
#define SMTP_XTEXT_H

#include <stddef.h>

struct buf;

/* Appends the encoding of len octets; 0, or -1 where out is full. */
int xtext_encode(struct buf *out, const void *octets, size_t len);

/* Appends the decoded octets; 0, or -1 when text is no xtext or out is full. */
int xtext_decode(struct buf *out, const char *text, size_t len);

#endif
