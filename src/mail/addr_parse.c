/*
 * Addresses as people and headers write them, read into paths.
 *
 * A small grammar reads addr_scan's tokens from left to right without going
 * back, so a list costs what it is long.  Whether words are a display name or
 * a local part shows only behind them: they are kept as the latter while they
 * could be it.
 *
 * More is read than RFC 5322 3.4 and 4.4 allow where the meaning is plain and
 * letters with it exist: "a@b <a@b>", a display name with brackets or 8-bit
 * octets, a group without its semicolon, dots that RFC 5322 would have quoted.
 * Nothing that could be two different addresses to two readers comes out:
 * write_path() has the last word on that.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "mail/addr.h"
#include "mail/addr_scan.h"

struct parser {
	struct addr_scan s;
	struct addr_list *list;
	bool allow_null; /* "<>" is an address */
	bool allow_backslash; /* before an address */
	struct addr_spots *spots; /* or NULL */
	bool in_group, had_group;

	/* The address being read: its text so far. */
	struct addr_spot spot;
	bool backslash; /* one stood before it */

	/* The words read last. */
	bool any;
	bool is_local; /* they can be a local part ... */
	bool is_long; /* ... but a too long one */
	struct buf local;
	struct buf domain; /* empty: none */
};

static int
refuse(const struct parser *p, const char *why)
{
	return addr_scan_refuse(&p->s, why);
}

static int
next(struct parser *p)
{
	return addr_scan_next(&p->s);
}

/* The place where the token begins, its quote or bracket included. */
static size_t
token_start(const struct parser *p)
{
	bool enclosed =
	    p->s.token == TOKEN_QUOTED || p->s.token == TOKEN_LITERAL;

	return enclosed ? p->s.start - 1 : p->s.start;
}

/* The token is the last of the address so far: at stands behind it. */
static void
extend_spot(struct parser *p)
{
	p->spot.end = p->s.at;
}

static void
keep_spot(struct parser *p)
{
	struct addr_spots *all = p->spots;

	if (all == NULL)
		return;
	if (all->count == all->room) {
		all->room = all->room > 0 ? all->room * 2 : 8;
		all->items =
		    xreallocarray(all->items, all->room, sizeof(*all->items));
	}
	all->items[all->count++] = p->spot;
}

/* Adds what the token says to the local part that the words may be. */
static void
add_word(struct parser *p)
{
	for (size_t i = p->s.start; i < p->s.end && !p->is_long; i++) {
		if (p->s.text[i] == '\r' || p->s.text[i] == '\n')
			continue; /* a fold in a quoted string is its blank */
		if (p->s.token == TOKEN_QUOTED && p->s.text[i] == '\\')
			i++;
		if (buf_add(&p->local, &p->s.text[i], 1) != 0)
			p->is_long = true;
	}
}

/*
 * Words and dots, as far as they go: a display name, a group's name or a
 * local part.  A local part has a dot between any two words; blanks around it
 * are the obsolete form.
 */
static int
take_words(struct parser *p)
{
	bool behind_word = false;

	buf_clear(&p->local);
	p->any = p->is_long = false;
	p->is_local = true;
	for (;;) {
		if (p->s.token == TOKEN_ATOM || p->s.token == TOKEN_QUOTED) {
			p->is_local = p->is_local && !behind_word;
			behind_word = true;
			add_word(p);
		} else if (p->s.token == '.') {
			behind_word = false;
			p->is_long =
			    p->is_long || buf_add(&p->local, ".", 1) != 0;
		} else if (p->s.token == TOKEN_LITERAL) {
			p->is_local = false;
		} else {
			return 0;
		}
		p->any = true;
		extend_spot(p);
		if (next(p) != 0)
			return -1;
	}
}

/* The backslash that may stand before an address. */
static int
take_backslash(struct parser *p)
{
	p->spot.start = p->spot.end = token_start(p);
	p->backslash = p->allow_backslash && p->s.token == '\\';
	return p->backslash ? next(p) : 0;
}

/* Letters, digits, hyphens, underscores in labels that are not empty. */
static bool
is_domain(const char *name, size_t len)
{
	size_t label = 0;

	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c == '.' ? label == 0
			     : !text_is_alpha(c) && !text_is_digit(c) &&
				   c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
	}
	return label > 0 && len <= ADDR_DOMAIN_MAX;
}

static size_t
characters(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

/*
 * The domain with its labels as A-labels.  libidn2 leaves out, without a
 * word, what may not stand in a host name: "a_b" with an umlaut becomes "ab",
 * another domain.  So the result is read back and must be as many characters
 * as there were.
 */
static int
map_domain(struct parser *p)
{
	gnutls_datum_t mapped = { NULL, 0 }, back = { NULL, 0 };
	const char *name = (const char *)buf_data(&p->domain);
	size_t len = buf_len(&p->domain);
	int result = -1;

	if (gnutls_idna_map(name, (unsigned)len, &mapped,
		GNUTLS_IDNA_FORCE_2008) == GNUTLS_E_SUCCESS &&
	    gnutls_idna_reverse_map((const char *)mapped.data, mapped.size,
		&back, GNUTLS_IDNA_FORCE_2008) == GNUTLS_E_SUCCESS &&
	    characters((const char *)back.data, back.size) ==
		characters(name, len)) {
		buf_clear(&p->domain);
		result = buf_add(&p->domain, mapped.data, mapped.size);
	}
	gnutls_free(mapped.data);
	gnutls_free(back.data);
	if (result != 0)
		refuse(p, "the domain is no name in DNS (IDNA 2008)");
	return result;
}

/* "[" address "]", RFC 5321 4.1.3; blanks in it are none of it. */
static int
take_literal(struct parser *p)
{
	buf_add(&p->domain, "[", 1);
	for (size_t i = p->s.start; i < p->s.end; i++) {
		char c = p->s.text[i];

		if (addr_is_blank(c))
			continue;
		if (!is_domain(&c, 1) && c != '.' && c != ':')
			return refuse(p, "the address literal is none");
		if (buf_add(&p->domain, &c, 1) != 0)
			return refuse(p, "the domain is too long");
	}
	if (buf_len(&p->domain) < 2 || buf_add(&p->domain, "]", 1) != 0)
		return refuse(p, "the address literal is none");
	extend_spot(p);
	return next(p);
}

/* What follows the @; leaves the token behind it. */
static int
take_domain(struct parser *p)
{
	bool ascii = true;

	if (next(p) != 0)
		return -1;
	if (p->s.token == TOKEN_LITERAL)
		return take_literal(p);
	for (;;) {
		if (p->s.token != TOKEN_ATOM)
			return refuse(p, "the domain has an empty label");
		for (size_t i = p->s.start; i < p->s.end; i++)
			ascii = ascii && (unsigned char)p->s.text[i] < 128;
		if (buf_add(&p->domain, p->s.text + p->s.start,
			p->s.end - p->s.start) != 0)
			return refuse(p, "the domain is too long");
		extend_spot(p);
		if (next(p) != 0)
			return -1;
		if (p->s.token != '.')
			break;
		if (next(p) != 0)
			return -1;
		if (buf_add(&p->domain, ".", 1) != 0)
			return refuse(p, "the domain is too long");
	}
	if (!ascii && map_domain(p) != 0)
		return -1;
	if (!is_domain((const char *)buf_data(&p->domain), buf_len(&p->domain)))
		return refuse(p, "the domain has a character that none has");
	return 0;
}

/* True when the octets need no quotes: words with a dot between two. */
static bool
is_dot_string(const char *local, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (local[i] == '.'
			? i == 0 || i + 1 == len || local[i - 1] == '.'
			: local[i] == ' ' || addr_is_special(local[i]))
			return false;
	return len > 0;
}

/* Appends the local part, in its shortest quoting; -1 where out is full. */
static int
write_local(struct buf *out, const char *local, size_t len)
{
	if (is_dot_string(local, len))
		return buf_add(out, local, len);
	if (buf_add(out, "\"", 1) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (((local[i] == '"' || local[i] == '\\') &&
			buf_add(out, "\\", 1) != 0) ||
		    buf_add(out, &local[i], 1) != 0)
			return -1;
	return buf_add(out, "\"", 1);
}

/* What may stand in a path at all, RFC 5321 4.1.2, quoted or not. */
static int
check_local(const struct parser *p)
{
	const char *local = (const char *)buf_data(&p->local);

	for (size_t i = 0; i < buf_len(&p->local); i++)
		if (text_is_control(local[i]))
			return refuse(p, "a control character in an address");
		else if ((unsigned char)local[i] > 127)
			return refuse(p, "the part before the @ is not ASCII");
	if (p->is_long)
		return refuse(p, "the part before the @ is too long");
	return 0;
}

/* Adds the path of the local part and the domain that were read. */
static int
write_path(struct parser *p)
{
	size_t backslash = p->backslash ? 1 : 0;
	struct buf out;
	char *path = NULL;
	int result = -1;

	if (check_local(p) != 0)
		return -1;
	buf_init(&out, ADDR_LOCAL_MAX + backslash);
	buf_add(&out, "\\", backslash);
	if (write_local(&out, (const char *)buf_data(&p->local),
		buf_len(&p->local)) != 0) {
		refuse(p, "the part before the @ is too long");
		goto out;
	}
	/* The domain has its own cap: it fits. */
	out.max = ADDR_PATH_MAX + backslash;
	if (buf_len(&p->domain) > 0) {
		buf_add(&out, "@", 1);
		buf_add(&out, buf_data(&p->domain), buf_len(&p->domain));
	}
	path = buf_text(&out);
	result = addr_list_add(p->list, path, p->s.f);
	keep_spot(p);
out:
	free(path);
	buf_free(&out);
	return result;
}

/* [local "@" domain], at the token behind the words. */
static int
take_spec(struct parser *p)
{
	if (!p->any)
		return refuse(p, "nothing stands before the @");
	if (!p->is_local)
		return refuse(p, "words with no dot or comma between them");
	return p->s.token == '@' ? take_domain(p) : 0;
}

/* A route (RFC 5322 4.4), which has no meaning any more: "@a,@b:". */
static int
skip_route(struct parser *p)
{
	while (p->s.token != ':') {
		if (p->s.token != '@' && p->s.token != ',' &&
		    p->s.token != '.' && p->s.token != TOKEN_ATOM &&
		    p->s.token != TOKEN_LITERAL)
			return refuse(p, "the route has no end");
		if (next(p) != 0)
			return -1;
	}
	return next(p);
}

/* "<" [route] addr-spec ">"; at stands behind the "<". */
static int
take_angle(struct parser *p)
{
	buf_clear(&p->domain);
	if (next(p) != 0)
		return -1;
	if (p->s.token == '>' && p->allow_null)
		return addr_list_add(p->list, "", p->s.f) != 0 ? -1 : next(p);
	if (p->s.token == '>')
		return refuse(p, "<> cannot be a recipient");
	if ((p->s.token == '@' || p->s.token == ',') && skip_route(p) != 0)
		return -1;
	if (take_backslash(p) != 0 || take_words(p) != 0 || take_spec(p) != 0)
		return -1;
	if (p->s.token != '>')
		return refuse(p, "'>' is missing");
	return write_path(p) != 0 ? -1 : next(p);
}

/* What stands between two commas: an address, nothing, or the name of a group,
 * whose colon then separates as a comma does. */
static int
take_element(struct parser *p)
{
	p->s.element = p->s.start;
	p->spot.element = token_start(p);
	buf_clear(&p->domain);
	if (take_backslash(p) != 0 || take_words(p) != 0)
		return -1;
	if (p->s.token == '@' && take_spec(p) != 0)
		return -1;
	/* "a@b <a@b>": the first is a display name then. */
	if (p->s.token == '<' && !p->backslash)
		return take_angle(p);
	if (!p->any)
		return p->backslash ? refuse(p, "nothing follows the \\") : 0;
	if (buf_len(&p->domain) > 0)
		return write_path(p);
	if (p->s.token == ':' && !p->in_group && !p->backslash) {
		p->in_group = p->had_group = true;
		p->s.token = ',';
		return 0;
	}
	return take_spec(p) != 0 ? -1 : write_path(p);
}

static int
take_list(struct parser *p)
{
	if (addr_scan_begin(&p->s) != 0)
		return -1;
	do {
		if (next(p) != 0 || take_element(p) != 0)
			return -1;
		if (p->s.token == ';' && p->in_group)
			p->in_group = false;
		else if (p->s.token != ',' && p->s.token != TOKEN_END)
			return refuse(p, "a character out of place");
	} while (p->s.token != TOKEN_END);
	return 0;
}

static int
parse(struct parser *p)
{
	int result;

	buf_init(&p->local, ADDR_LOCAL_MAX);
	buf_init(&p->domain, ADDR_DOMAIN_MAX);
	result = take_list(p);
	buf_free(&p->local);
	buf_free(&p->domain);
	return result;
}

int
addr_parse_list(struct addr_list *list, const char *text, size_t len,
    const char *where, struct fail *f)
{
	struct parser p = { .s.text = text,
		.s.len = len,
		.s.where = where,
		.s.f = f,
		.list = list };

	return parse(&p);
}

int
addr_parse_names(struct addr_list *list, const char *text, size_t len,
    const char *where, struct fail *f)
{
	struct parser p = { .s.text = text,
		.s.len = len,
		.s.where = where,
		.s.f = f,
		.list = list,
		.allow_backslash = true };

	return parse(&p);
}

int
addr_parse_spots(struct addr_list *list, struct addr_spots *spots,
    const char *text, size_t len)
{
	struct parser p = { .s.text = text,
		.s.len = len,
		.s.where = "",
		.list = list,
		.allow_backslash = true,
		.spots = spots };

	return parse(&p);
}

int
addr_parse_sender(
    const char *text, const char *where, char **path_r, struct fail *f)
{
	struct addr_list list;
	struct parser p = { .s.text = text,
		.s.len = strlen(text),
		.s.where = where,
		.s.f = f,
		.list = &list,
		.allow_null = true };
	int result = -1;

	*path_r = NULL;
	addr_list_init(&list);
	/* Folds belong to header fields; here there is nothing to be folded. */
	if (strpbrk(text, "\r\n") != NULL) {
		refuse(&p, "a line end in an address");
		goto out;
	}
	if (parse(&p) != 0)
		goto out;
	p.s.element = 0;
	if (list.count > 1 || p.had_group ||
	    (list.count == 0 && strspn(text, " \t") < p.s.len)) {
		refuse(&p, "one address is wanted here");
		goto out;
	}
	*path_r = xstrdup(list.count == 0 ? "" : list.paths[0]);
	result = 0;
out:
	addr_list_free(&list);
	return result;
}
