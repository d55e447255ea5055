/*
 * ASCII questions and printable copies, free of the locale.
 *
 * Protocol words are ASCII and compare without regard to case whatever the
 * user's locale says, so <ctype.h> and strcasecmp(3) are not used above base/.
 * text_vis() is the one way by which octets that a stranger chose (a reply, a
 * header, an argument) come to a terminal or a log.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool text_is_alpha(char c);
bool text_is_digit(char c);
bool text_is_blank(char c);   /* space or tab */
bool text_is_control(char c); /* 0-31 and 127; 8-bit octets are none */
char text_lower(char c);

/* Equal without regard to the case of ASCII letters. */
bool text_same(const char *a, const char *b);
bool text_same_n(const char *a, const char *b, size_t len);

/* True when the octets hold a control character (NUL, CR, LF, ESC, ...). */
bool text_has_control(const char *octets, size_t len);

/*
 * Writes len octets into dst (size octets, at least 1) as printable ASCII by
 * vis(3) rules: controls, 8-bit octets and backslashes become escapes; CR LF
 * and LF become one space.  Cut, never in the middle of an escape, where dst
 * ends; always NUL-terminated.  Returns dst.
 */
char *text_vis(char *dst, size_t size, const void *octets, size_t len);

#endif
