/*
 * Unit tests of mail/walk: letters taken apart, and put together again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "mail/content.h"
#include "mail/walk.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { OCTET_BY_OCTET = -1 };

#define M(boundary) "Content-Type: multipart/x; boundary=" boundary "\r\n"

/*
 * A letter, and what it is: "H" and the entity for each header, "B" for
 * each line of body (with its number), "D" for each boundary, "C" where an
 * entity is closed; of entities that are in another behind "<" in which.
 */
static const struct {
	const char *letter, *pieces;
} letters[] = {
	{ "", "H0 C0" },
	{ "\r\n", "H0 C0" },
	{ "A: b\r\n\r\n", "H0 C0" },
	{ "A: b\r\n\r\nx\r\ny\r\n", "H0 B0:0 B0:1 C0" },
	{ "A: b\r\n c\r\n\r\n\r\n\r\n", "H0 B0:0 B0:1 C0" },
	/* without boundaries */
	{ M("b") "\r\nx\r\n", "H0 B0:0 C0" },
	{ M("b") "\r\n", "H0 C0" },
	/* RFC 2046 5.1.1 */
	{ M("b") "\r\npre\r\n--b\r\n\r\nx\r\n--b\r\nA: b\r\n\r\ny\r\n--b--\r\n"
		 "post\r\n",
	    "H0 B0:0 D0:1 H1<0 B1<0:3 C1<0 D0:4 H2<0 B2<0:7 C2<0 D0:8 B0:9 "
	    "C0" },
	{ M("b") "\r\n--b\r\n--b\r\nA: b\r\n--b--\r\n",
	    "H0 D0:0 H1<0 C1<0 D0:1 H2<0 C2<0 D0:3 C0" },
	{ M("b") "\r\n--b", "H0 D0:0 H1<0 C1<0 C0" },
	{ M("b") "\r\n--b--", "H0 D0:0 C0" },
	/* behind the last boundary there is none */
	{ M("b") "\r\n--b--\r\n--b\r\nA: b\r\n", "H0 D0:0 B0:1 B0:2 C0" },
	/* look-alikes */
	{ M("b") "\r\n--b \t\r\n\r\n--bb\r\n--b-\r\n --b\r\n--\r\n-\r\n-b\r\n"
		 "--b---\r\n--b--\t\r\n",
	    "H0 D0:0 H1<0 B1<0:2 B1<0:3 B1<0:4 B1<0:5 B1<0:6 B1<0:7 B1<0:8 "
	    "C1<0 D0:9 C0" },
	/* one that another begins with */
	{ M("b") "\r\n--b\r\n" M("bb") "\r\n--bb\r\n\r\n--b--\r\n",
	    "H0 D0:0 H1<0 D1<0:3 H2<1 C2<1 C1<0 D0:5 C0" },
	{ M("b--") "\r\n--b--\r\n\r\n--b----\r\n",
	    "H0 D0:0 H1<0 C1<0 D0:2 C0" },
	/* the outer one ends the inner ones */
	{ M("a") "\r\n--a\r\n" M("b") "\r\n--b\r\n" M(
	      "c") "\r\n--c\r\n\r\nx\r\n"
		   "--a\r\n\r\ny\r\n--c\r\n--b\r\n--a--\r\n",
	    "H0 D0:0 H1<0 D1<0:3 H2<1 D2<1:6 H3<2 B3<2:8 C3<2 C2<1 C1<0 D0:9 "
	    "H4<0 B4<0:11 B4<0:12 B4<0:13 C4<0 D0:14 C0" },
	/* ... also where it is the same */
	{ M("b") "\r\n--b\r\n" M("b") "\r\n--b\r\n--b--\r\n",
	    "H0 D0:0 H1<0 C1<0 D0:3 H2<0 C2<0 D0:4 C0" },
	/* an inner one that is over, inside an outer one that is not */
	{ M("a") "\r\n--a\r\n" M(
	      "b") "\r\n--b\r\n\r\n--b--\r\n--b\r\n--a--\r\n",
	    "H0 D0:0 H1<0 D1<0:3 H2<1 C2<1 D1<0:5 B1<0:6 C1<0 D0:7 C0" },
	/* headers that end without a blank line */
	{ M("b") "\r\n--b\r\nx y\r\nz\r\n--b--\r\n",
	    "H0 D0:0 H1<0 B1<0:1 B1<0:2 C1<0 D0:3 C0" },
	{ M("b") "\r\n--b\r\nA: b\r\nx y\r\n--b--\r\n",
	    "H0 D0:0 H1<0 B1<0:2 C1<0 D0:3 C0" },
	{ M("b") "\r\n--b\r\n A: b\r\n--b--\r\n",
	    "H0 D0:0 H1<0 B1<0:1 C1<0 D0:2 C0" },
	{ M("a") "\r\n--a\r\n" M("b") "--b\r\n\r\nx\r\n--b--\r\n--a--\r\n",
	    "H0 D0:0 H1<0 D1<0:2 H2<1 B2<1:4 C2<1 D1<0:5 C1<0 D0:6 C0" },
	{ M("a") "\r\n--a\r\n" M("b") "--bb\r\n--b--\r\n--a--\r\n",
	    "H0 D0:0 H1<0 B1<0:2 D1<0:3 C1<0 D0:4 C0" },
	/* what is not entered */
	{ "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n",
	    "H0 B0:0 B0:1 C0" },
	{ "Content-Type: message/rfc822\r\n\r\n" M("b") "\r\n--b\r\n",
	    "H0 B0:0 B0:1 B0:2 C0" },
};

/* The end of the piece that begins at at: all is cut in two at cut, or into
 * single octets. */
static size_t
piece_end(size_t at, size_t len, long cut)
{
	if (cut == OCTET_BY_OCTET)
		return at + 1;
	return at < (size_t)cut && (size_t)cut < len ? (size_t)cut : len;
}

/* The pieces of a letter, and the letter that they make up. */
struct telling {
	struct buf pieces, letter;
	bool in_line;
};

static void
name(struct telling *t, char kind, const struct walk_piece *p)
{
	buf_addf(&t->pieces, "%s%c%zu", buf_len(&t->pieces) > 0 ? " " : "",
	    kind, p->entity);
	if (p->entity > 0)
		buf_addf(&t->pieces, "<%zu", p->parent);
	if (kind == 'B' || kind == 'D')
		buf_addf(&t->pieces, ":%zu", (size_t)p->line);
}

static void
tell(struct telling *t, const struct walk_piece *p)
{
	static const char kinds[] = { [WALK_HEADER] = 'H',
		[WALK_BODY] = 'B',
		[WALK_DELIMITER] = 'D',
		[WALK_CLOSE] = 'C' };

	if (!t->in_line)
		name(t, kinds[p->kind], p);
	t->in_line = p->kind == WALK_BODY && !p->ends;
	buf_add(&t->letter, p->octets, p->len);
	if (p->ends)
		buf_add_text(&t->letter, "\r\n");
	assert_non_null(p->content);
}

static void
take_apart(struct telling *t, const char *letter, long cut)
{
	struct walk *w = walk_new();
	struct walk_piece p;
	size_t len = strlen(letter);

	for (size_t at = 0, end; at < len; at = end) {
		uint8_t *copy;

		end = piece_end(at, len, cut);
		copy = xmalloc(end - at);
		memcpy(copy, letter + at, end - at);
		walk_feed(w, copy, end - at);
		while (walk_next(w, &p))
			tell(t, &p);
		free(copy);
	}
	walk_feed_end(w);
	while (walk_next(w, &p))
		tell(t, &p);
	assert_false(walk_next(w, &p));
	walk_free(w);
}

static void
a_letter_is_a_tree_however_it_was_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(letters); i++)
		for (long cut = OCTET_BY_OCTET;
		     cut < (long)strlen(letters[i].letter); cut++) {
			const char *letter = letters[i].letter;
			struct telling t = { .in_line = false };
			char *pieces;

			buf_init(&t.pieces, 1 << 16);
			buf_init(&t.letter, 1 << 16);
			take_apart(&t, letter, cut);
			pieces = buf_text(&t.pieces);
			if (strcmp(pieces, letters[i].pieces) != 0)
				fail_msg(
				    "row %zu, cut at %ld: %s", i, cut, pieces);
			/* A last line end may have been supplied. */
			assert_true(buf_len(&t.letter) >= strlen(letter));
			assert_memory_equal(
			    buf_data(&t.letter), letter, strlen(letter));
			free(pieces);
			buf_free(&t.pieces);
			buf_free(&t.letter);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_a_tree_however_it_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
