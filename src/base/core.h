/*
 * A secret has no way back from a core file: they are shut before one is read.
 */
#ifndef BASE_CORE_H
#define BASE_CORE_H

/* From here on nobody but root can trace this process or read its memory, and
 * it leaves no core file.  Best effort: a kernel that refuses is no reason to
 * keep a letter back. */
void core_shut(void);

#endif
