/*
 * TLS and the connection over it, against a server in a thread: what is said,
 * what a server may do wrong, and what each failure is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/start.h"
#include "base/xalloc.h"
#include "net/clock.h"
#include "net/conn.h"
#include "net/trust.h"

#include "lib/certs.h"
#include "lib/tlspeer.h"

enum { SECONDS = 30, RECORD_MAX = 16384, BIG = 3 * 1024 * 1024 };

#define HOST "mail.test"

static struct certs *ca, *leaf;
static const struct certs *chain[2];
static char path[] = "/tmp/pneu-tls-XXXXXX";
static struct trust *trust;

static int
make_trust(void **state)
{
	int fd = mkstemp(path);
	char *pem;
	struct fail f;

	(void)state;
	gnutls_global_init();
	ca = certs_ca("pneu ca");
	leaf = certs_new(&(struct certs_spec) {
	    .names =
	        (const char *const[]) { HOST, "xn--bcher-kva.test", NULL },
	    .ips = (const char *const[]) { "192.0.2.7", NULL },
	    .key = CERTS_KEY_RSA_2048,
	    .issuer = ca });
	chain[0] = leaf;
	pem = certs_pem(ca);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pem, strlen(pem)), strlen(pem));
	close(fd);
	free(pem);
	assert_int_equal(trust_open(&trust, path, &f), 0);
	return 0;
}

static int
free_trust(void **state)
{
	(void)state;
	unlink(path);
	trust_free(trust);
	certs_free(ca);
	certs_free(leaf);
	return 0;
}

/* A connection to a peer; the handshake is done unless result says not. */
struct link {
	struct tlspeer *peer;
	struct conn *conn;
	int result;
	struct fail f;
};

static void
link_open_as(struct link *l, struct tlspeer_spec spec, const char *name)
{
	int fd;

	memset(l, 0, sizeof(*l));
	spec.chain = chain;
	l->peer = tlspeer_new(&spec, &fd);
	l->conn = conn_new(fd);
	l->result = conn_start_tls(
	    l->conn, name, trust, clock_in(SECONDS), &l->f);
}

static void
link_open(struct link *l, struct tlspeer_spec spec)
{
	link_open_as(l, spec, HOST);
}

static void
link_close(struct link *l)
{
	conn_free(l->conn);
	tlspeer_join(l->peer, NULL);
}

/* As read(2) in blocking mode; CONN_LOST with l->f. */
static ssize_t
read_some(struct link *l, void *octets, size_t len)
{
	ssize_t n;

	while ((n = conn_read(l->conn, octets, len, &l->f)) == CONN_AGAIN)
		if (conn_wait(l->conn, false, clock_in(SECONDS), &l->f) != 1)
			fail_msg("no octets came: %s", l->f.words);
	return n;
}

static void
write_all(struct link *l, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = conn_write(l->conn, octets, len, &l->f);

		if (n == CONN_LOST)
			fail_msg("not written: %s", l->f.words);
		if (n == CONN_AGAIN) {
			assert_int_equal(conn_wait(l->conn, true,
			                     clock_in(SECONDS), &l->f),
			    1);
			continue;
		}
		octets += n;
		len -= (size_t)n;
	}
}

/* What a peer says after the handshake. */

static void
say_hello_and_bye(gnutls_session_t s)
{
	gnutls_record_send(s, "hello", 5);
	gnutls_bye(s, GNUTLS_SHUT_WR);
}

static void
say_hello_and_go(gnutls_session_t s)
{
	gnutls_record_send(s, "hello", 5);
}

/* One octet per record and end with what came in how many records. */
static void
count_records(gnutls_session_t s)
{
	uint8_t octets[RECORD_MAX];
	unsigned sizes[2] = { 0, 0 };
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		n = gnutls_record_recv(s, octets, sizeof(octets));
		sizes[i] = n > 0 ? (unsigned)n : 0;
	}
	gnutls_record_send(s, sizes, sizeof(sizes));
}

static void
sum_up(gnutls_session_t s)
{
	uint8_t octets[RECORD_MAX];
	uint32_t sum[2] = { 0, 0 };

	while (sum[0] < BIG) {
		ssize_t n = gnutls_record_recv(s, octets, sizeof(octets));

		if (n <= 0)
			break;
		sum[0] += (uint32_t)n;
		for (ssize_t i = 0; i < n; i++)
			sum[1] = sum[1] * 31 + octets[i];
	}
	gnutls_record_send(s, sum, sizeof(sum));
}

static void
update_keys_for_ever(gnutls_session_t s)
{
	for (int i = 0; i < 10000; i++)
		if (gnutls_session_key_update(s, 0) < 0)
			break;
}

static void
negotiate_again(gnutls_session_t s)
{
	gnutls_rehandshake(s);
}

static ssize_t last_received;
static gnutls_alert_description_t last_alert;

static void
receive_to_the_end(gnutls_session_t s)
{
	char octets[64];

	do
		last_received = gnutls_record_recv(s, octets, sizeof(octets));
	while (last_received > 0);
	last_alert = gnutls_alert_get(s);
}

static void
a_conversation_goes_both_ways_and_says_what_protects_it(void **state)
{
	char octets[16], *words;
	struct link l;

	(void)state;
	link_open(&l, (struct tlspeer_spec) { .talk = say_hello_and_bye });
	assert_int_equal(l.result, 0);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), 5);
	assert_memory_equal(octets, "hello", 5);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), 0);
	words = conn_describe(l.conn);
	assert_string_equal(words, "TLS1.3 AES-256-GCM");
	free(words);
	link_close(&l);
	link_open(&l,
	    (struct tlspeer_spec) {
	        .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-AES-256-GCM",
	        .talk = say_hello_and_bye });
	assert_int_equal(l.result, 0);
	words = conn_describe(l.conn);
	assert_string_equal(words, "TLS1.2 CHACHA20-POLY1305");
	free(words);
	link_close(&l);
}

static void
a_stream_without_close_notify_is_lost_after_what_came(void **state)
{
	static const char *const versions[] = { "NORMAL",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2" };
	char octets[16];
	struct link l;

	(void)state;
	for (int i = 0; i < 2; i++) {
		link_open(&l,
		    (struct tlspeer_spec) { .priorities = versions[i],
		        .talk = say_hello_and_go });
		assert_int_equal(l.result, 0);
		assert_int_equal(read_some(&l, octets, sizeof(octets)), 5);
		assert_int_equal(
		    read_some(&l, octets, sizeof(octets)), CONN_LOST);
		assert_int_equal(l.f.kind, FAIL_TEMP);
		link_close(&l);
	}
}

static void
a_reset_is_lost_and_temporary(void **state)
{
	struct fail f;
	struct link l;
	ssize_t n;

	(void)state;
	link_open(&l,
	    (struct tlspeer_spec) { .talk = say_hello_and_go, .reset = true });
	assert_int_equal(l.result, 0);
	do {
		n = conn_write(l.conn, "EHLO\r\n", 6, &f);
		if (n == CONN_AGAIN)
			n = conn_wait(l.conn, true, clock_in(SECONDS), &f);
	} while (n > 0);
	assert_int_equal(n, CONN_LOST);
	assert_int_equal(f.kind, FAIL_TEMP);
	/* And stays so. */
	assert_int_equal(conn_write(l.conn, "x", 1, &f), CONN_LOST);
	assert_int_equal(f.kind, FAIL_TEMP);
	link_close(&l);
}

/* D-07: a server that has enough, says so and leaves. */
static void
what_the_server_said_is_read_although_it_no_longer_listens(void **state)
{
	char octets[16];
	struct fail f;
	struct link l;
	ssize_t n;

	(void)state;
	link_open(&l,
	    (struct tlspeer_spec) { .talk = say_hello_and_go, .reset = true });
	assert_int_equal(l.result, 0);
	do {
		n = conn_write(l.conn, "body\r\n", 6, &f);
		if (n == CONN_AGAIN)
			n = conn_wait(l.conn, true, clock_in(SECONDS), &f);
	} while (n > 0);
	assert_int_equal(n, CONN_LOST);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), 5);
	assert_memory_equal(octets, "hello", 5);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), CONN_LOST);
	assert_int_equal(l.f.kind, FAIL_TEMP);
	link_close(&l);
}

static void
the_server_name_is_sent_as_a_labels_never_as_address(void **state)
{
	static const struct {
		const char *name, *sni;
	} rows[] = {
		{ HOST, HOST },
		{ "Mail.Test.", HOST },
		{ "b\xc3\xbc" "cher.test", "xn--bcher-kva.test" },
		{ "192.0.2.7", "" },
	};
	char sni[256];
	struct link l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		link_open_as(&l, (struct tlspeer_spec) { 0 }, rows[i].name);
		assert_int_equal(l.result, 0);
		conn_free(l.conn);
		tlspeer_join(l.peer, sni);
		assert_string_equal(sni, rows[i].sni);
	}
}

static void
a_name_that_is_none_is_a_matter_of_configuration(void **state)
{
	struct link l;

	(void)state;
	link_open_as(&l, (struct tlspeer_spec) { 0 }, "no host");
	assert_int_equal(l.result, -1);
	assert_int_equal(l.f.kind, FAIL_CONFIG);
	/* And then nothing goes in clear. */
	assert_int_equal(conn_write(l.conn, "EHLO", 4, &l.f), CONN_LOST);
	link_close(&l);
}

static void
a_group_leaves_as_one_record_long_ones_as_full_ones(void **state)
{
	static const size_t sizes[][3] = { { 5000, 5000, 0 },
		{ RECORD_MAX, RECORD_MAX, 0 }, { 20000, RECORD_MAX, 3616 } };
	uint8_t octets[20000] = { 0 };
	unsigned seen[2];
	struct link l;

	(void)state;
	for (int i = 0; i < 3; i++) {
		link_open(&l, (struct tlspeer_spec) { .talk = count_records });
		assert_int_equal(l.result, 0);
		write_all(&l, octets, sizes[i][0]);
		if (sizes[i][2] == 0)
			write_all(&l, octets, 1);
		assert_int_equal(
		    read_some(&l, seen, sizeof(seen)), sizeof(seen));
		assert_int_equal(seen[0], sizes[i][1]);
		assert_int_equal(seen[1], sizes[i][2] != 0 ? sizes[i][2] : 1);
		link_close(&l);
	}
}

static void
megabytes_arrive_whole_although_the_socket_is_often_full(void **state)
{
	uint8_t *octets = xmalloc(BIG);
	uint32_t sum = 0, seen[2];
	struct link l;

	(void)state;
	for (uint32_t i = 0; i < BIG; i++) {
		octets[i] = (uint8_t)(i * 2654435761U >> 24);
		sum = sum * 31 + octets[i];
	}
	link_open(&l, (struct tlspeer_spec) { .talk = sum_up });
	assert_int_equal(l.result, 0);
	write_all(&l, octets, BIG);
	assert_int_equal(read_some(&l, seen, sizeof(seen)), sizeof(seen));
	assert_int_equal(seen[0], BIG);
	assert_int_equal(seen[1], sum);
	link_close(&l);
	free(octets);
}

static void
octets_already_decrypted_are_not_waited_for(void **state)
{
	char octets[16];
	struct link l;

	(void)state;
	link_open(&l, (struct tlspeer_spec) { .talk = say_hello_and_go });
	assert_int_equal(l.result, 0);
	assert_int_equal(read_some(&l, octets, 1), 1);
	assert_int_equal(conn_wait(l.conn, false, clock_now() - 1, &l.f), 1);
	assert_int_equal(read_some(&l, octets, 16), 4);
	link_close(&l);
}

static void
closing_says_so_to_the_server(void **state)
{
	struct link l;

	(void)state;
	link_open(&l, (struct tlspeer_spec) { .talk = receive_to_the_end });
	assert_int_equal(l.result, 0);
	write_all(&l, (const uint8_t *)"QUIT\r\n", 6);
	link_close(&l);
	assert_int_equal(last_received, 0);
}

static void
a_server_that_is_not_trusted_hears_of_it_and_nothing_else(void **state)
{
	struct link l;

	(void)state;
	link_open_as(&l, (struct tlspeer_spec) { .talk = receive_to_the_end },
	    "other.test");
	assert_int_equal(l.result, -1);
	assert_int_equal(l.f.kind, FAIL_TRUST);
	assert_non_null(strstr(l.f.advice, "tls-server-name"));
	link_close(&l);
	assert_int_equal(last_received, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(last_alert, GNUTLS_A_BAD_CERTIFICATE);
}

static void
old_versions_and_weak_suites_are_refused(void **state)
{
	static const char *const rows[] = {
		/* T-20 */
		"NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0",
		"NORMAL:-VERS-ALL:+VERS-TLS1.0",
		/* T-21 */
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+NULL",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH:+ANON-DH",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA1",
	};
	struct link l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		link_open(&l, (struct tlspeer_spec) { .priorities = rows[i] });
		if (l.result != -1 || l.f.kind != FAIL_PROTOCOL)
			fail_msg("%s: %d, kind %d, %s", rows[i], l.result,
			    (int)l.f.kind, l.f.words);
		link_close(&l);
	}
}

/* Servers that do not even try.  The client has said its ClientHello. */

static void
hear(int fd)
{
	char octets[4096];

	if (read(fd, octets, sizeof(octets)) <= 0)
		abort();
}

static void
say(int fd, const void *octets, size_t len)
{
	if (send(fd, octets, len, MSG_NOSIGNAL) < 0)
		abort();
}

static const char *plain_words;
static uint8_t plain_alert;

static void
speak_plain(int fd)
{
	say(fd, plain_words, strlen(plain_words));
	hear(fd);
}

static void
answer_plain(int fd)
{
	hear(fd);
	say(fd, plain_words, strlen(plain_words));
}

static void
send_alert(int fd)
{
	const uint8_t record[] = { 21, 3, 3, 0, 2, 2, plain_alert };

	hear(fd);
	say(fd, record, sizeof(record));
}

/* A ServerHello of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA. */
static void
answer_tls_1_1(int fd)
{
	uint8_t record[47] = { 22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2 };

	record[44] = 0x00;
	record[45] = 0x2f;
	hear(fd);
	say(fd, record, sizeof(record));
}

/* A handshake message of 16 MiB, at its full length if it is let. */
static void
answer_without_end(int fd)
{
	static const uint8_t first[] = { 22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff };
	static const uint8_t record[5 + 4096] = { 22, 3, 3, 0x10, 0x00 };

	hear(fd);
	say(fd, first, sizeof(first));
	for (int i = 0; i < 0xfff; i++)
		if (send(fd, record, sizeof(record), MSG_NOSIGNAL) < 0)
			break;
}

static void
just_leave(int fd)
{
	hear(fd);
}

static void
a_server_that_speaks_no_tls_is_quoted(void **state)
{
	static const struct {
		const char *said, *words, *advice;
	} rows[] = {
		{ "220 mail.test ESMTP\r\n", "\"220 mail.test ESMTP\"",
		    "tls = starttls" },
		{ "220-mail.test\r\n220 ESMTP\r\n", "\"220-mail.test\"",
		    "tls = starttls" },
		{ "HTTP/1.1 400 Bad Request\r\n", "\"HTTP/1.1 400", "" },
		{ "250 \x1b[2Jok\r\n", "\"250 \\^[[2Jok\"", "" },
		{ "2", "\"2\"", "" },
		{ "\x80\x2e\x01", "speaks no TLS", "" },
	};
	struct link l;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		size_t row = i / 2;

		plain_words = rows[row].said;
		link_open(&l,
		    (struct tlspeer_spec) {
		        .plain = i % 2 ? speak_plain : answer_plain });
		assert_int_equal(l.result, -1);
		assert_int_equal(l.f.kind, FAIL_PROTOCOL);
		if (strstr(l.f.words, rows[row].words) == NULL)
			fail_msg("%s", l.f.words);
		assert_non_null(strstr(l.f.advice, rows[row].advice));
		assert_int_equal(
		    l.f.advice[0] == '\0', rows[row].advice[0] == '\0');
		link_close(&l);
	}
}

static void
alerts_are_named_and_judged(void **state)
{
	static const struct {
		uint8_t alert;
		enum fail_kind kind;
		const char *words, *advice;
	} rows[] = {
		{ 40, FAIL_PROTOCOL, "Handshake failed", "client certificate" },
		{ 70, FAIL_PROTOCOL, "protocol version", "up to date" },
		{ 48, FAIL_PROTOCOL, "CA is unknown", "" },
		{ 112, FAIL_PROTOCOL, "name", "tls-server-name" },
		{ 116, FAIL_PROTOCOL, "ertificate", "tls-certificate" },
		{ 199, FAIL_PROTOCOL, "alert 199", "" },
		{ 80, FAIL_TEMP, "alert 80", "" },
	};
	struct link l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		plain_alert = rows[i].alert;
		link_open(&l, (struct tlspeer_spec) { .plain = send_alert });
		assert_int_equal(l.result, -1);
		assert_int_equal(l.f.kind, rows[i].kind);
		if (strstr(l.f.words, rows[i].words) == NULL)
			fail_msg("alert %u: %s", rows[i].alert, l.f.words);
		assert_non_null(strstr(l.f.advice, rows[i].advice));
		link_close(&l);
	}
}

static void
a_broken_handshake_is_protocol_a_lost_one_temporary(
    void **state)
{
	static const struct {
		void (*plain)(int fd);
		bool reset;
		enum fail_kind kind;
	} rows[] = {
		{ answer_tls_1_1, false, FAIL_PROTOCOL },
		{ answer_without_end, false, FAIL_PROTOCOL },
		{ just_leave, false, FAIL_TEMP },
		{ just_leave, true, FAIL_TEMP },
	};
	struct link l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		link_open(&l,
		    (struct tlspeer_spec) { .plain = rows[i].plain,
		        .reset = rows[i].reset });
		assert_int_equal(l.result, -1);
		if (l.f.kind != rows[i].kind)
			fail_msg("row %zu: %s", i, l.f.words);
		link_close(&l);
	}
}

static void
silence_lasts_until_the_deadline_and_no_longer(void **state)
{
	int pair[2];
	struct conn *conn;
	struct fail f;
	int64_t before = clock_now();

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	conn = conn_new(pair[0]);
	assert_int_equal(
	    conn_start_tls(conn, HOST, trust, before + 30, &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_in_range(clock_now() - before, 30, 5000);
	conn_free(conn);
	close(pair[1]);
}

static void
a_required_client_certificate_is_asked_for_in_words(void **state)
{
	static const char *const versions[] = { "NORMAL",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2" };
	char octets[16];
	struct link l;

	(void)state;
	for (int i = 0; i < 2; i++) {
		link_open(&l,
		    (struct tlspeer_spec) { .priorities = versions[i],
		        .ask = GNUTLS_CERT_REQUIRE });
		/* In TLS 1.3 the client is through before the server. */
		if (i == 0)
			assert_int_equal(l.result, 0);
		if (l.result == 0)
			assert_int_equal(
			    read_some(&l, octets, sizeof(octets)), CONN_LOST);
		assert_int_equal(l.f.kind, FAIL_PROTOCOL);
		assert_non_null(strstr(l.f.words, "alert"));
		if (i == 0)
			assert_non_null(
			    strstr(l.f.advice, "tls-certificate"));
		link_close(&l);
	}
}

static void
a_flood_of_key_updates_ends_the_connection(void **state)
{
	char octets[16];
	struct link l;

	(void)state;
	link_open(&l, (struct tlspeer_spec) { .talk = update_keys_for_ever });
	assert_int_equal(l.result, 0);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), CONN_LOST);
	assert_int_equal(l.f.kind, FAIL_PROTOCOL);
	link_close(&l);
}

static void
a_new_negotiation_is_refused(void **state)
{
	char octets[16];
	struct link l;

	(void)state;
	link_open(&l,
	    (struct tlspeer_spec) {
	        .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2",
	        .talk = negotiate_again });
	assert_int_equal(l.result, 0);
	assert_int_equal(read_some(&l, octets, sizeof(octets)), CONN_LOST);
	assert_int_equal(l.f.kind, FAIL_PROTOCOL);
	assert_non_null(strstr(l.f.words, "negotiate again"));
	link_close(&l);
}

static void
without_tls_octets_pass_and_a_closed_end_is_no_signal(void **state)
{
	char octets[16];
	struct conn *conn;
	struct fail f;
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	conn = conn_new(pair[0]);
	assert_int_equal(conn_write(conn, "EHLO\r\n", 6, &f), 6);
	assert_int_equal(read(pair[1], octets, sizeof(octets)), 6);
	assert_memory_equal(octets, "EHLO\r\n", 6);
	assert_int_equal(
	    conn_read(conn, octets, sizeof(octets), &f), CONN_AGAIN);
	assert_int_equal(conn_wait(conn, false, clock_now(), &f), 0);
	assert_int_equal(conn_wait(conn, true, clock_in(SECONDS), &f), 1);
	assert_int_equal(write(pair[1], "250 ", 4), 4);
	assert_int_equal(conn_wait(conn, false, clock_in(SECONDS), &f), 1);
	assert_int_equal(conn_read(conn, octets, sizeof(octets), &f), 4);
	assert_null(conn_describe(conn));
	close(pair[1]);
	assert_int_equal(conn_wait(conn, false, clock_in(SECONDS), &f), 1);
	assert_int_equal(conn_read(conn, octets, sizeof(octets), &f), 0);
	assert_int_equal(conn_write(conn, "QUIT\r\n", 6, &f), CONN_LOST);
	assert_int_equal(f.kind, FAIL_TEMP);
	conn_free(conn);
}

static void
note_signal(int signal)
{
	start_stop = signal;
}

/* The signal comes while nothing else would end the wait. */
static void
a_signal_ends_a_wait(void **state)
{
	const struct itimerval soon = { .it_value = { 0, 20000 } };
	struct sigaction act = { .sa_handler = note_signal };
	struct conn *conn;
	struct fail f;
	int pair[2];

	(void)state;
	sigaction(SIGALRM, &act, NULL);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	conn = conn_new(pair[0]);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(conn_wait(conn, false, clock_in(SECONDS), &f), -1);
	assert_int_equal(f.kind, FAIL_TEMP);
	assert_non_null(strstr(f.words, "signal"));
	/* One that came before counts as well. */
	assert_int_equal(conn_wait(conn, false, clock_in(SECONDS), &f), -1);
	start_stop = 0;
	conn_free(conn);
	close(pair[1]);
}

static void
nothing_is_freed_without_harm(void **state)
{
	(void)state;
	conn_free(NULL);
	trust_free(NULL);
}

/* ---- what ties a login to the link ------------------------------------- */

/* The peer says what it takes the link to be. */
static void
say_binding(gnutls_session_t s, gnutls_channel_binding_t kind)
{
	gnutls_datum_t d = { NULL, 0 };

	if (gnutls_session_channel_binding(s, kind, &d) == 0)
		gnutls_record_send(s, d.data, d.size);
	gnutls_free(d.data);
	gnutls_bye(s, GNUTLS_SHUT_WR);
}

static void
say_exporter(gnutls_session_t s)
{
	say_binding(s, GNUTLS_CB_TLS_EXPORTER);
}

static void
say_unique(gnutls_session_t s)
{
	say_binding(s, GNUTLS_CB_TLS_UNIQUE);
}

static void
say_end_point(gnutls_session_t s)
{
	say_binding(s, GNUTLS_CB_TLS_SERVER_END_POINT);
}

static const struct {
	const char *priorities;
	void (*talk)(gnutls_session_t s);
	const char *name;
} bindings[] = {
	{ "NORMAL", say_exporter, "tls-exporter" },
	{ "NORMAL:-VERS-TLS1.3", say_unique, "tls-unique" },
	/* RFC 7627: without it tls-unique is not unique, nor an exporter's
	 * value one link's */
	{ "NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH", say_end_point,
	    "tls-server-end-point" },
};

static void
both_ends_know_the_link_by_the_same_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		uint8_t said[128];
		struct buf octets;
		struct link l;
		const char *name;

		link_open(&l,
		    (struct tlspeer_spec) {
			.priorities = bindings[i].priorities,
			.talk = bindings[i].talk });
		assert_int_equal(l.result, 0);
		buf_init(&octets, sizeof(said));
		name = conn_binding(l.conn, &octets);
		assert_non_null(name);
		assert_string_equal(name, bindings[i].name);
		assert_in_range(buf_len(&octets), 12, 64);
		assert_int_equal(
		    read_some(&l, said, sizeof(said)), buf_len(&octets));
		assert_memory_equal(said, buf_data(&octets), buf_len(&octets));
		buf_free(&octets);
		link_close(&l);
	}
}

static const struct {
	enum certs_key issuer;
	enum certs_hash hash;
	gnutls_digest_algorithm_t digest;
} end_points[] = {
	{ CERTS_KEY_RSA_2048, CERTS_SHA256, GNUTLS_DIG_SHA256 },
	{ CERTS_KEY_P256, CERTS_SHA256, GNUTLS_DIG_SHA256 },
	{ CERTS_KEY_RSA_2048, CERTS_SHA384, GNUTLS_DIG_SHA384 },
	/* where the RFC says nothing GnuTLS takes the hash within */
	{ CERTS_KEY_ED25519, CERTS_SHA256, GNUTLS_DIG_SHA512 },
};

/* RFC 5929 4.1: the hash that the certificate is signed with. */
static void
check_end_point(struct link *l, const struct certs *shown,
    gnutls_digest_algorithm_t digest)
{
	gnutls_datum_t der = { NULL, 0 };
	uint8_t hash[64];
	struct buf octets;
	const char *name;

	buf_init(&octets, 64);
	name = conn_binding(l->conn, &octets);
	assert_non_null(name);
	assert_string_equal(name, "tls-server-end-point");
	gnutls_x509_crt_export2(shown->crt, GNUTLS_X509_FMT_DER, &der);
	gnutls_hash_fast(digest, der.data, der.size, hash);
	assert_int_equal(buf_len(&octets), gnutls_hash_get_len(digest));
	assert_memory_equal(buf_data(&octets), hash, buf_len(&octets));
	gnutls_free(der.data);
	buf_free(&octets);
}

static void
a_certificate_is_known_by_the_hash_it_is_signed_with(void **state)
{
	struct trust *kept = trust;

	(void)state;
	for (size_t i = 0; i < sizeof(end_points) / sizeof(end_points[0]);
	     i++) {
		struct certs *issuer = certs_new(&(struct certs_spec) {
		    .cn = "issuer",
		    .ca = CERTS_CA,
		    .key = end_points[i].issuer });
		struct certs *shown = certs_new(&(struct certs_spec) {
		    .names = (const char *const[]) { HOST, NULL },
		    .issuer = issuer,
		    .key = CERTS_KEY_P256,
		    .hash = end_points[i].hash });
		char file[] = "/tmp/pneu-tls-XXXXXX";
		int fd = mkstemp(file);
		char *pem = certs_pem(issuer);
		struct link l;

		assert_int_equal(write(fd, pem, strlen(pem)), strlen(pem));
		close(fd);
		free(pem);
		assert_int_equal(trust_open(&trust, file, &l.f), 0);
		chain[0] = shown;
		link_open(&l,
		    (struct tlspeer_spec) {
			.priorities =
			    "NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH" });
		assert_int_equal(l.result, 0);
		check_end_point(&l, shown, end_points[i].digest);
		link_close(&l);
		chain[0] = leaf;
		trust_free(trust);
		trust = kept;
		unlink(file);
		certs_free(shown);
		certs_free(issuer);
	}
}

static void
nothing_ties_a_login_to_a_link_in_clear(void **state)
{
	int pair[2];
	struct buf octets;
	struct conn *c;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	c = conn_new(pair[0]);
	buf_init(&octets, 64);
	assert_null(conn_binding(c, &octets));
	assert_int_equal(buf_len(&octets), 0);
	conn_free(c);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_conversation_goes_both_ways_and_says_what_protects_it),
		cmocka_unit_test(
		    a_stream_without_close_notify_is_lost_after_what_came),
		cmocka_unit_test(a_reset_is_lost_and_temporary),
		cmocka_unit_test(
		    what_the_server_said_is_read_although_it_no_longer_listens),
		cmocka_unit_test(
		    the_server_name_is_sent_as_a_labels_never_as_address),
		cmocka_unit_test(
		    a_name_that_is_none_is_a_matter_of_configuration),
		cmocka_unit_test(
		    a_group_leaves_as_one_record_long_ones_as_full_ones),
		cmocka_unit_test(
		    megabytes_arrive_whole_although_the_socket_is_often_full),
		cmocka_unit_test(octets_already_decrypted_are_not_waited_for),
		cmocka_unit_test(closing_says_so_to_the_server),
		cmocka_unit_test(
		    a_server_that_is_not_trusted_hears_of_it_and_nothing_else),
		cmocka_unit_test(old_versions_and_weak_suites_are_refused),
		cmocka_unit_test(a_server_that_speaks_no_tls_is_quoted),
		cmocka_unit_test(alerts_are_named_and_judged),
		cmocka_unit_test(
		    a_broken_handshake_is_protocol_a_lost_one_temporary),
		cmocka_unit_test(
		    silence_lasts_until_the_deadline_and_no_longer),
		cmocka_unit_test(
		    a_required_client_certificate_is_asked_for_in_words),
		cmocka_unit_test(a_flood_of_key_updates_ends_the_connection),
		cmocka_unit_test(a_new_negotiation_is_refused),
		cmocka_unit_test(
		    without_tls_octets_pass_and_a_closed_end_is_no_signal),
		cmocka_unit_test(a_signal_ends_a_wait),
		cmocka_unit_test(both_ends_know_the_link_by_the_same_octets),
		cmocka_unit_test(
		    a_certificate_is_known_by_the_hash_it_is_signed_with),
		cmocka_unit_test(nothing_ties_a_login_to_a_link_in_clear),
		cmocka_unit_test(nothing_is_freed_without_harm),
	};

	return cmocka_run_group_tests(tests, make_trust, free_trust);
}
