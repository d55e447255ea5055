/*
 * Pages of their own, since locks do not nest: unlocking one text on a page of
 * the heap would unlock its neighbour too.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/locked.h"
#include "base/xalloc.h"

/* Stands before the text. */
struct lock {
	size_t size; /* of the mapping; the kernel rounds it up */
	size_t holders;
};

static struct lock *
lock_of(char *text)
{
	/* A mapping is aligned for anything, and so is what begins it. */
	return (struct lock *)(void *)(text - sizeof(struct lock));
}

char *
locked_new(const void *octets, size_t len)
{
	size_t size = sizeof(struct lock) + len + 1;
	struct lock *l = xmap(size);
	char *text = (char *)(l + 1);

	/* Where either is not allowed, a text in memory is what there is. */
	mlock(l, size);
	madvise(l, size, MADV_DONTDUMP);
	l->size = size;
	l->holders = 1;
	memcpy(text, octets, len);
	return text;
}

char *
locked_share(char *text)
{
	lock_of(text)->holders++;
	return text;
}

void
locked_free(char *text)
{
	struct lock *l;
	size_t size;

	if (text == NULL)
		return;
	l = lock_of(text);
	if (--l->holders > 0)
		return;
	size = l->size;
	explicit_bzero(l, size);
	munmap(l, size);
}
