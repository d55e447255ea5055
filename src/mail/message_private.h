/*
 * What message_scan.c (the first pass) leaves for message.c (questions,
 * edits, the second pass).  Of these two files only.
 */
#ifndef MAIL_MESSAGE_PRIVATE_H
#define MAIL_MESSAGE_PRIVATE_H

#include "base/buf.h"
#include "mail/lines.h"
#include "mail/message.h"

/* What becomes of the field that begins at start in the fields' text. */
struct message_edit {
	size_t start;
	char *value; /* behind the colon; NULL: the field goes */
};

struct message {
	struct lines lines;

	/* The header section: canonical line ends, without the blank line.
	 * Its fields are the octets from fields to header_len; before them
	 * stand mbox lines, behind them, while scanning, the line that is
	 * being read. */
	struct buf header;
	size_t fields;
	size_t header_len;
	bool in_header;

	uint64_t offset; /* in the store: of the octets being scanned */
	uint64_t line_at; /* in the store: where this line starts */
	uint64_t line; /* its number, from 0 */
	size_t line_len; /* how much of it was seen */
	uint64_t body_start;
	uint64_t body_end;
	uint64_t body_size; /* on the wire */
	uint64_t body_line; /* its first line, as line */
	unsigned needs; /* NEEDS_* */
	bool cut_by_dot;

	/* Edits. */
	char **removed; /* names */
	size_t removed_count;
	struct message_edit *replaced; /* in the order of start */
	size_t replaced_count;
	struct buf added;
	struct buf wire; /* message_header(), or empty: to be made */
};

/* The fields' text. */
const char *message_fields(const struct message *m, size_t *len_r);

#endif
