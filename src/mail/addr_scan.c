/*
 * A text of addresses as tokens.
 *
 * Nothing recurs: the depth of comments is counted, and has a cap although
 * nothing would break without, as no honest letter nests them.  Nothing is
 * looked at twice.
 */
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "mail/addr.h"
#include "mail/addr_scan.h"

enum { PART_MAX = 80 }; /* octets of the offending part in a message */

int
addr_scan_refuse(const struct addr_scan *s, const char *why)
{
	size_t end = s->at;

	while (
	    end < s->len && end - s->element < PART_MAX && s->text[end] != ',')
		end++;
	if (end - s->element > PART_MAX)
		end = s->element + PART_MAX;
	return fail_set(s->f, FAIL_DATA, "%s: %s: %.*s", s->where, why,
	    (int)(end - s->element), s->text + s->element);
}

int
addr_scan_begin(struct addr_scan *s)
{
	for (size_t i = 0; i < s->len; i++) {
		char c = s->text[i];

		if (!text_is_control(c) || c == '\t')
			continue;
		if (s->len - i > 2 && c == '\r' && s->text[i + 1] == '\n' &&
		    text_is_blank(s->text[i + 2])) {
			i++;
			continue;
		}
		s->at = i;
		s->element = i > PART_MAX / 2 ? i - PART_MAX / 2 : 0;
		return addr_scan_refuse(s, "a control character in an address");
	}
	return 0;
}

bool
addr_is_blank(char c)
{
	return text_is_blank(c) || c == '\r' || c == '\n';
}

bool
addr_is_special(char c)
{
	return strchr("()<>[]:;@\\,.\"", c) != NULL;
}

/* at stands on the parenthesis that opens a comment. */
static int
skip_comment(struct addr_scan *s)
{
	int depth = 0;

	for (; s->at < s->len; s->at++) {
		char c = s->text[s->at];

		if (c == '(' && ++depth > ADDR_COMMENT_DEPTH)
			return addr_scan_refuse(s, "comments within comments");
		if (c == '\\' && s->at + 1 < s->len)
			s->at++;
		else if (c == ')' && --depth == 0) {
			s->at++;
			return 0;
		}
	}
	return addr_scan_refuse(s, "a comment is not closed");
}

/* A quoted string or a domain literal; at stands behind what opens it. */
static int
take_enclosed(struct addr_scan *s, char closing, int token)
{
	s->token = token;
	s->start = s->at;
	for (; s->at < s->len; s->at++) {
		if (s->text[s->at] == closing) {
			s->end = s->at++;
			return 0;
		}
		if (s->text[s->at] == '\\' && s->at + 1 < s->len)
			s->at++;
	}
	return addr_scan_refuse(s, "a quote or bracket is not closed");
}

int
addr_scan_next(struct addr_scan *s)
{
	while (s->at < s->len &&
	       (addr_is_blank(s->text[s->at]) || s->text[s->at] == '(')) {
		if (s->text[s->at] != '(')
			s->at++;
		else if (skip_comment(s) != 0)
			return -1;
	}
	s->start = s->end = s->at;
	if (s->at == s->len) {
		s->token = TOKEN_END;
		return 0;
	}
	s->token = (unsigned char)s->text[s->at];
	if (addr_is_special(s->text[s->at])) {
		s->at++;
		if (s->token == '"')
			return take_enclosed(s, '"', TOKEN_QUOTED);
		if (s->token == '[')
			return take_enclosed(s, ']', TOKEN_LITERAL);
		return 0;
	}
	s->token = TOKEN_ATOM;
	while (s->at < s->len && !addr_is_blank(s->text[s->at]) &&
	       !addr_is_special(s->text[s->at]))
		s->at++;
	s->end = s->at;
	return 0;
}
