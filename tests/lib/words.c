#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lib/words.h"

int
words_split(const char *line, char *words[WORDS_MAX])
{
	int n = 0;

	while (line != NULL && n < WORDS_MAX - 1) {
		const char *end = strchr(line, '|');

		words[n++] = end != NULL ? xstrndup(line, (size_t)(end - line))
					 : xstrdup(line);
		line = end != NULL ? end + 1 : NULL;
	}
	words[n] = NULL;
	return n;
}

void
words_free(char *words[WORDS_MAX])
{
	for (; *words != NULL; words++) {
		free(*words);
		*words = NULL;
	}
}
