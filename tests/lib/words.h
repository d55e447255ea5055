/*
 * Command lines and environments as tests write them: "pneu|-f|a@b".
 */
#ifndef TESTS_LIB_WORDS_H
#define TESTS_LIB_WORDS_H

enum { WORDS_MAX = 16 };

/* Splits line (NULL: nothing) at every '|' into words of their own, NULL
 * behind the last; how many. */
int words_split(const char *line, char *words[WORDS_MAX]);
void words_free(char *words[WORDS_MAX]);

#endif
