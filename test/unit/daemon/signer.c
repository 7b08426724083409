/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer as a whole: the real program, with a test that plays mintmarkd and the ledger. What it signs holds; what
 * it must refuse it refuses, with the right status; and what breaks a connection leaves its keys.
 */
#include "daemon/signer/signer.h"
#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "test/signer_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct signer_world world;
static struct signer_world_key key;

/* A signer with one key that is open. */
static void
start_with_key(bool with_token)
{
	signer_world_init(&world, with_token);
	signer_world_start(&world);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
}

static void
end(void)
{
	assert_int_equal(signer_world_stop(&world), 0);
	signer_world_end(&world);
}

/* The status for a token; what is signed is verified by signer_world_sign(). */
static enum mm_sign_status
status_of(const struct signer_world_token *token)
{
	struct mm_signed answer;
	struct mm_slice signature;

	return signer_world_sign(&world, token, &key, &answer, &signature);
}

static void
assert_signs(void)
{
	struct signer_world_token token;

	signer_world_token(&token);
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
}

/* ---- what it signs ---- */

static void
signs(const char *algorithm, bool with_token)
{
	signer_world_init(&world, with_token);
	world.algorithm = algorithm;
	signer_world_start(&world);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	for (unsigned i = 0; i < 10; i++)
		assert_signs();
	end();
}

static void
every_algorithm_signs(void **state)
{
	static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++)
		signs(algorithms[i], false);
}

static void
every_algorithm_signs_in_a_token(void **state)
{
	static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++)
		signs(algorithms[i], true);
}

static void
every_good_token_is_signed(void **state)
{
	static const struct {
		unsigned token_class;
		const char *extra;
	} good[] = {
		{ MM_CLASS_ACCESS, "\"sid\":\"s\",\"scope\":\"mail.read mail.send\",\"auth_time\":1700000000,"
		                   "\"preferred_username\":\"alice@contoso.example\",\"cnf\":{\"jkt\":\"x\"}," },
		{ MM_CLASS_IDENTITY, "\"sid\":\"s\",\"auth_time\":1700000000,\"nonce\":\"n\"," },
		{ MM_CLASS_IDENTITY, "" },
		{ MM_CLASS_ACCESS, "\"preferred_username\":\"\\u0061\\\"\"," },
	};

	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(good); i++) {
		struct signer_world_token token;

		signer_world_token(&token);
		token.token_class = good[i].token_class;
		token.extra = good[i].extra;
		if (status_of(&token) != MM_SIGN_DONE)
			fail_msg("row %zu: %s", i, signer_world_alarm(&world));
	}
	end();
}

/* One in 64 keys would: that none of so many does is no chance. */
static void
no_kid_looks_like_an_option(void **state)
{
	(void)state;
	signer_world_init(&world, false);
	world.algorithm = "EdDSA";
	signer_world_start(&world);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
		assert_int_not_equal(key.thumbprint[0] >> 2, 62);
		assert_int_equal(signer_world_forget(&world, key.thumbprint), MM_SIGN_DONE);
	}
	end();
}

static void
it_counts_what_left(void **state)
{
	struct signer_world_token token;
	struct mm_slice signature;
	struct mm_signed answer;

	(void)state;
	start_with_key(false);
	signer_world_token(&token);
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(signer_world_sign(&world, &token, &key, &answer, &signature), MM_SIGN_DONE);
		assert_int_equal(answer.count, i);
	}
	token.lifetime_s = 3601;
	assert_int_equal(signer_world_sign(&world, &token, &key, &answer, &signature), MM_SIGN_REFUSED);
	assert_int_equal(answer.count, 20);
	/* A new ledger learns how far it came. */
	signer_world_connect(&world);
	assert_true(signer_world_wait(&world, MM_MESSAGE_SIGNER_STATE));
	assert_int_equal(world.state.count, 20);
	assert_int_equal(world.state.last_serial, 20);
	assert_int_equal(world.state.store_away, 0);
	end();
}

static void
many_requests_at_once_are_all_answered(void **state)
{
	enum { REQUESTS = 2000, IN_FLIGHT = 300 };
	static bool answered[REQUESTS + 1];
	char input[MM_MINT_SIGNING_INPUT_MAX];
	struct signer_world_token token;
	unsigned sent = 0, received = 0;
	uint64_t count = 0;
	size_t len;

	(void)state;
	memset(answered, 0, sizeof(answered));
	start_with_key(false);
	signer_world_token(&token);
	len = signer_world_input(&token, &key, input);
	while (received < REQUESTS) {
		struct mm_slice signature;
		struct mm_signed answer;

		/* As many as the socket takes: blocking here would block both. */
		while (sent < REQUESTS && sent - received < IN_FLIGHT / 4) {
			(void)signer_world_send(&world, &token, &key, input, len);
			sent++;
		}
		assert_true(signer_world_answer(&world, &answer, &signature));
		assert_int_equal(answer.status, MM_SIGN_DONE);
		assert_true(answer.serial >= 1 && answer.serial <= REQUESTS && !answered[answer.serial]);
		assert_int_equal(answer.count, ++count);
		assert_true(signer_world_holds(&key, mm_slice(input, len), signature));
		answered[answer.serial] = true;
		received++;
	}
	/* Whatever their order was, the highest is told. */
	signer_world_connect(&world);
	assert_true(signer_world_wait(&world, MM_MESSAGE_SIGNER_STATE));
	assert_int_equal(world.state.last_serial, REQUESTS);
	assert_int_equal(world.state.count, REQUESTS);
	end();
}

/* Each request of a message is judged by itself, and signed by itself. */
static void
requests_of_one_message_are_each_judged(void **state)
{
	static const enum mm_sign_status wanted[] = { MM_SIGN_DONE, MM_SIGN_REFUSED, MM_SIGN_DONE, MM_SIGN_LATE };
	static char inputs[MM_SIGN_TOGETHER_MAX][MM_MINT_SIGNING_INPUT_MAX];
	static unsigned char message[MM_SIGN_MESSAGE_MAX];
	size_t lens[MM_SIGN_TOGETHER_MAX], len = 0;
	struct signer_world_token token;
	uint64_t first, done = 0;

	(void)state;
	start_with_key(false);
	first = world.serial + 1;
	for (unsigned i = 0; i < MM_SIGN_TOGETHER_MAX; i++) {
		char session[64];

		(void)snprintf(session, sizeof(session), "\"sid\":\"s-%u%.*s\",", i, (int)(i % 7), "xxxxxxx");
		signer_world_token(&token);
		token.extra = session;
		token.lifetime_s = i % 4 == 1 ? 3601 : 3600;
		token.deadline_ms = i % 4 == 3 ? 1 : token.deadline_ms;
		lens[i] = signer_world_input(&token, &key, inputs[i]);
		len += signer_world_request(&world, &token, &key, mm_slice(inputs[i], lens[i]), message + len);
	}
	signer_world_send_requests(&world, message, len);
	for (unsigned i = 0; i < MM_SIGN_TOGETHER_MAX; i++) {
		struct mm_slice signature;
		struct mm_signed answer;
		uint64_t number;

		assert_true(signer_world_answer(&world, &answer, &signature));
		number = answer.serial - first;
		assert_true(number < MM_SIGN_TOGETHER_MAX && lens[number] > 0);
		assert_int_equal(answer.status, wanted[number % MM_COUNT_OF(wanted)]);
		done += answer.status == MM_SIGN_DONE;
		assert_int_equal(answer.count, done);
		assert_true(answer.status != MM_SIGN_DONE ||
		    signer_world_holds(&key, mm_slice(inputs[number], lens[number]), signature));
		lens[number] = 0; /* it is answered once */
	}
	assert_signs();
	end();
}

/* ---- what it refuses ---- */

#define KID "%s"
#define GOOD_BEGIN                                                                                                    \
	"{\"iss\":\"https://login.example/" SIGNER_WORLD_TENANT "/v2.0\",\"tid\":\"" SIGNER_WORLD_TENANT "\","
#define GOOD_MIDDLE "\"sub\":\"u-1\",\"aud\":\"https://mail.example\",\"client_id\":\"webmail\","
#define TIMES "\"iat\":%1$" PRId64 ",\"exp\":%2$" PRId64 ","
#define JTI "\"jti\":\"0123456789abcdefghijkA\","
#define MARK "\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\""
#define MARK_END MARK "}"

/* Payloads with the times of now in them. */
static const struct {
	const char *what, *payload;
	enum mm_sign_status status;
} payloads[] = {
	{ "as it should be", GOOD_BEGIN GOOD_MIDDLE TIMES JTI MARK_END, MM_SIGN_DONE },
	{ "without a mark", GOOD_BEGIN GOOD_MIDDLE TIMES "\"jti\":\"0123456789abcdefghijkA\"}", MM_SIGN_REFUSED },
	{ "a mark that is not last", GOOD_BEGIN GOOD_MIDDLE TIMES MARK ",\"jti\":\"0123456789abcdefghijkA\"}",
	    MM_SIGN_REFUSED },
	{ "blanks behind the mark", GOOD_BEGIN GOOD_MIDDLE TIMES JTI MARK " }", MM_SIGN_REFUSED },
	{ "a blank before the mark", GOOD_BEGIN GOOD_MIDDLE TIMES JTI " " MARK_END, MM_SIGN_REFUSED },
	{ "a mark of another length",
	    GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"mark\":\"AAAAAAAAAAAAAAAAAAAAA\"}", MM_SIGN_REFUSED },
	{ "a mark of other characters", GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"mark\":\"AAAAAAAAAAAAAAAAAAAA+A\"}",
	    MM_SIGN_REFUSED },
	{ "a member twice", GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"sid\":\"a\",\"sid\":\"b\"," MARK_END, MM_SIGN_REFUSED },
	{ "a member twice in other letters", GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"sid\":\"a\",\"Sid\":\"b\"," MARK_END,
	    MM_SIGN_REFUSED },
	{ "an unknown member", GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"admin\":true," MARK_END, MM_SIGN_REFUSED },
	{ "members in another order",
	    GOOD_BEGIN "\"aud\":\"a\",\"sub\":\"u-1\",\"client_id\":\"webmail\"," TIMES JTI MARK_END,
	    MM_SIGN_REFUSED },
	{ "an escaped name", GOOD_BEGIN "\"s\\u0075b\":\"u-1\",\"aud\":\"a\",\"client_id\":\"w\"," TIMES JTI MARK_END,
	    MM_SIGN_REFUSED },
	{ "no subject", GOOD_BEGIN "\"aud\":\"a\",\"client_id\":\"w\"," TIMES JTI MARK_END, MM_SIGN_REFUSED },
	{ "an empty subject",
	    GOOD_BEGIN "\"sub\":\"\",\"aud\":\"a\",\"client_id\":\"w\"," TIMES JTI MARK_END, MM_SIGN_REFUSED },
	{ "no audience", GOOD_BEGIN "\"sub\":\"u\",\"client_id\":\"w\"," TIMES JTI MARK_END, MM_SIGN_REFUSED },
	{ "many audiences", GOOD_BEGIN "\"sub\":\"u\",\"aud\":[\"a\",\"b\"],\"client_id\":\"w\"," TIMES JTI MARK_END,
	    MM_SIGN_REFUSED },
	{ "no client", GOOD_BEGIN "\"sub\":\"u\",\"aud\":\"a\"," TIMES JTI MARK_END, MM_SIGN_REFUSED },
	{ "no times", GOOD_BEGIN GOOD_MIDDLE JTI MARK_END, MM_SIGN_REFUSED },
	{ "a time with a fraction",
	    GOOD_BEGIN GOOD_MIDDLE "\"iat\":%1$" PRId64 ".5,\"exp\":%2$" PRId64 "," JTI MARK_END,
	    MM_SIGN_REFUSED },
	{ "a time as text", GOOD_BEGIN GOOD_MIDDLE "\"iat\":\"%1$" PRId64 "\",\"exp\":%2$" PRId64 "," JTI MARK_END,
	    MM_SIGN_REFUSED },
	{ "an end before its begin",
	    GOOD_BEGIN GOOD_MIDDLE "\"iat\":%1$" PRId64 ",\"exp\":1," JTI MARK_END, MM_SIGN_REFUSED },
	{ "no jti", GOOD_BEGIN GOOD_MIDDLE TIMES MARK_END, MM_SIGN_REFUSED },
	{ "a nonce in an access token", GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"nonce\":\"n\"," MARK_END, MM_SIGN_REFUSED },
	{ "a root in a realm that derives none",
	    GOOD_BEGIN GOOD_MIDDLE TIMES JTI "\"parent\":\"p\",\"root\":{}," MARK_END,
	    MM_SIGN_REFUSED },
	{ "no object", "[1]", MM_SIGN_REFUSED },
	{ "nothing", "", MM_SIGN_REFUSED },
	{ "no JSON", "\xff\xfe", MM_SIGN_REFUSED },
	{ "something behind the object", GOOD_BEGIN GOOD_MIDDLE TIMES JTI MARK "}x", MM_SIGN_REFUSED },
};

static void
every_wrong_payload_is_refused(void **state)
{
	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(payloads); i++) {
		struct signer_world_token token;
		char payload[1024];

		signer_world_token(&token);
		token.payload = payload;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(payload, sizeof(payload), payloads[i].payload, token.iat_s, token.iat_s + 60);
#pragma GCC diagnostic pop
		if (status_of(&token) != payloads[i].status)
			fail_msg("%s", payloads[i].what);
	}
	assert_signs();
	end();
}

static const struct {
	const char *what, *header;
} headers[] = {
	{ "in another order", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"" KID "\"}" },
	{ "with a blank", "{\"typ\":\"at+jwt\", \"alg\":\"ES256\",\"kid\":\"" KID "\"}" },
	{ "with another member", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"" KID "\",\"x\":1}" },
	{ "without its type", "{\"alg\":\"ES256\",\"kid\":\"" KID "\"}" },
	{ "of another class", "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"" KID "\"}" },
	{ "of another algorithm", "{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"" KID "\"}" },
	{ "without algorithm", "{\"typ\":\"at+jwt\",\"alg\":\"none\",\"kid\":\"" KID "\"}" },
	{ "of another key",
	    "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}" },
	{ "with an escape", "{\"typ\":\"at\\u002bjwt\",\"alg\":\"ES256\",\"kid\":\"" KID "\"}" },
	{ "that is empty", "" },
};

static void
every_other_header_is_refused(void **state)
{
	const char *kid;

	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(headers); i++) {
		struct signer_world_token token;
		char header[256], name[64];

		/* The kid stands nowhere else in the open: in the name of the file. */
		DIR *folder = opendir(world.keys);
		const struct dirent *entry;

		while ((entry = readdir(folder)) != NULL && entry->d_name[0] == '.')
			;
		(void)snprintf(name, sizeof(name), "%.43s", entry->d_name);
		closedir(folder);
		kid = name;
		signer_world_token(&token);
		token.header = header;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(header, sizeof(header), headers[i].header, kid);
#pragma GCC diagnostic pop
		if (status_of(&token) != MM_SIGN_REFUSED)
			fail_msg("a header %s", headers[i].what);
	}
	assert_signs();
	end();
}

static void
tokens_of_others_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{ "https://login.example/" SIGNER_WORLD_TENANT "/v2.0/", SIGNER_WORLD_TENANT },
		{ "https://LOGIN.example/" SIGNER_WORLD_TENANT "/v2.0", SIGNER_WORLD_TENANT },
		{ "https://other.example/" SIGNER_WORLD_TENANT "/v2.0", SIGNER_WORLD_TENANT },
		{ "https://login.example/bbbbbbbb-0000-4000-8000-00000000000b/v2.0", SIGNER_WORLD_TENANT },
		{ "https://login.example/" SIGNER_WORLD_TENANT "/v2.0", "bbbbbbbb-0000-4000-8000-00000000000b" },
		{ "https://login.example/bbbbbbbb-0000-4000-8000-00000000000b/v2.0",
		    "bbbbbbbb-0000-4000-8000-00000000000b" },
		{ "https://login.example/{tenant}/v2.0", "{tenant}" },
		{ "https://login.example/" SIGNER_WORLD_TENANT "/v2.0", NULL },
	};

	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(wrong); i++) {
		struct signer_world_token token;

		signer_world_token(&token);
		token.iss = wrong[i][0];
		token.tid = wrong[i][1];
		if (status_of(&token) != MM_SIGN_REFUSED)
			fail_msg("issuer %s, tenant %s", wrong[i][0], wrong[i][1]);
	}
	assert_non_null(strstr(signer_world_alarm(&world), "is refused"));
	assert_signs();
	end();
}

static void
times_are_now_and_short(void **state)
{
	static const struct {
		int64_t ago_s, lifetime_s;
		enum mm_sign_status status;
	} rows[] = {
		{ 0, 3600, MM_SIGN_DONE },     { 0, 1, MM_SIGN_DONE },      { 50, 3600, MM_SIGN_DONE },
		{ -50, 3600, MM_SIGN_DONE },   { 0, 3601, MM_SIGN_REFUSED }, { 0, 0, MM_SIGN_REFUSED },
		{ 0, -1, MM_SIGN_REFUSED },    { 70, 60, MM_SIGN_REFUSED },  { -70, 60, MM_SIGN_REFUSED },
		{ 86400, 3600, MM_SIGN_REFUSED },
	};

	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct signer_world_token token;

		signer_world_token(&token);
		token.iat_s -= rows[i].ago_s;
		token.lifetime_s = rows[i].lifetime_s;
		if (status_of(&token) != rows[i].status)
			fail_msg("%" PRId64 " s ago for %" PRId64 " s", rows[i].ago_s, rows[i].lifetime_s);
	}
	end();
}

static void
deadlines_are_kept(void **state)
{
	struct signer_world_token token;

	(void)state;
	start_with_key(false);
	signer_world_token(&token);
	token.deadline_ms = signer_world_now_ms() - 1;
	assert_int_equal(status_of(&token), MM_SIGN_LATE);
	token.deadline_ms = 0;
	assert_int_equal(status_of(&token), MM_SIGN_LATE);
	token.deadline_ms = INT64_MIN;
	assert_int_equal(status_of(&token), MM_SIGN_LATE);
	assert_signs();
	end();
}

static void
classes_are_two(void **state)
{
	static const unsigned wrong[] = { 0, 3, 255 };

	(void)state;
	start_with_key(false);
	for (size_t i = 0; i < MM_COUNT_OF(wrong); i++) {
		struct signer_world_token token;

		signer_world_token(&token);
		token.token_class = wrong[i];
		assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	}
	end();
}

static void
a_realm_without_template_may_have_no_tenants_id(void **state)
{
	struct signer_world_token token;

	(void)state;
	signer_world_init(&world, false);
	world.issuer = "https://consumer.example";
	world.tenants[0] = NULL;
	signer_world_start(&world);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	signer_world_token(&token);
	token.iss = "https://consumer.example";
	token.tid = NULL;
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	token.tid = SIGNER_WORLD_TENANT;
	assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	end();
}

static void
a_derived_realm_demands_a_tenant(void **state)
{
	struct signer_world_token token;

	(void)state;
	signer_world_init(&world, false);
	world.issuer = "https://webmail.example";
	world.parent = "enterprise";
	signer_world_start(&world);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	signer_world_token(&token);
	token.iss = "https://webmail.example";
	token.extra = "\"parent\":\"p\",\"root\":{\"realm\":\"enterprise\"},";
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	token.extra = "\"parent\":\"p\",";
	assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	token.extra = "\"root\":{},";
	assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	token.extra = "\"parent\":\"p\",\"root\":{\"realm\":\"enterprise\"},";
	token.tid = NULL;
	assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	end();
}

static void
tenants_come_and_go(void **state)
{
	static const char *const two[] = { SIGNER_WORLD_TENANT, "bbbbbbbb-0000-4000-8000-00000000000b", NULL, NULL };
	static const char *const other[] = { "bbbbbbbb-0000-4000-8000-00000000000b", NULL, NULL, NULL };
	struct signer_world_token first, second;
	int64_t until_ms;

	(void)state;
	start_with_key(false);
	signer_world_token(&first);
	signer_world_token(&second);
	second.iss = "https://login.example/bbbbbbbb-0000-4000-8000-00000000000b/v2.0";
	second.tid = other[0];
	assert_int_equal(status_of(&second), MM_SIGN_REFUSED);
	signer_world_send_tenants(&world, two);
	for (until_ms = signer_world_now_ms() + 60000; status_of(&second) != MM_SIGN_DONE;)
		assert_true(signer_world_now_ms() < until_ms);
	assert_int_equal(status_of(&first), MM_SIGN_DONE);
	/* One that is gone may sign for a moment yet, and then no more. */
	signer_world_send_tenants(&world, other);
	for (until_ms = signer_world_now_ms() + 60000; status_of(&first) != MM_SIGN_REFUSED;)
		assert_true(signer_world_now_ms() < until_ms);
	assert_int_equal(status_of(&second), MM_SIGN_DONE);
	end();
}

/* ---- keys ---- */

static void
a_key_signs_from_open_to_forget(void **state)
{
	struct signer_world_token token;
	struct signer_world_key other;

	(void)state;
	start_with_key(false);
	other = key;
	signer_world_token(&token);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_memory_not_equal(key.thumbprint, other.thumbprint, MM_DIGEST_LEN);
	assert_int_equal(status_of(&token), MM_SIGN_NO_KEY); /* it is made, and sealed */
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	assert_int_equal(signer_world_forget(&world, key.thumbprint), MM_SIGN_DONE);
	assert_int_equal(status_of(&token), MM_SIGN_NO_KEY);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_NO_KEY);
	assert_int_equal(signer_world_forget(&world, key.thumbprint), MM_SIGN_DONE);
	key = other;
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	end();
}

static void
a_key_is_made_for_the_realms_algorithm_only(void **state)
{
	(void)state;
	start_with_key(false);
	world.algorithm = "RS256";
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_REFUSED);
	world.algorithm = "HS256";
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_REFUSED);
	world.algorithm = "ES256";
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	end();
}

static void
keys_outlive_the_signer_and_the_ledger(void **state)
{
	(void)state;
	start_with_key(false);
	assert_signs();
	signer_world_connect(&world);
	assert_signs(); /* still open */
	assert_int_equal(WTERMSIG(signer_world_kill(&world, SIGKILL)), SIGKILL);
	world.serial = 0;
	signer_world_start(&world);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	assert_signs();
	end();
}

/* Every key that is kept, and no other, in the order of their thumbprints. */
static void
name_keys(bool with_token)
{
	enum { KEYS = 4 };
	uint8_t at[MM_DIGEST_LEN] = { 0 }, last[MM_DIGEST_LEN] = { 0 }, first[MM_DIGEST_LEN];
	unsigned named = 0;

	start_with_key(with_token);
	for (unsigned i = 1; i < KEYS; i++)
		assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	for (; signer_world_next(&world, at) == MM_SIGN_DONE; named++) {
		assert_true(memcmp(at, last, sizeof(at)) > 0);
		memcpy(last, at, sizeof(at));
		if (named == 0)
			memcpy(first, at, sizeof(at));
	}
	assert_int_equal(named, KEYS);
	assert_int_equal(signer_world_forget(&world, first), MM_SIGN_DONE);
	memset(at, 0, sizeof(at));
	for (named = 0; signer_world_next(&world, at) == MM_SIGN_DONE; named++)
		assert_memory_not_equal(at, first, sizeof(at));
	assert_int_equal(named, KEYS - 1);
	end();
}

static void
its_keys_are_named_one_after_the_other(void **state)
{
	(void)state;
	name_keys(false);
	if (signer_world_has_softhsm())
		name_keys(true);
}

static void
a_damaged_file_is_named_and_not_guessed(void **state)
{
	struct signer_world_token token;
	const struct dirent *entry;
	char path[512];
	uint8_t byte;
	DIR *folder;
	int fd;

	(void)state;
	start_with_key(false);
	assert_int_equal(WTERMSIG(signer_world_kill(&world, SIGKILL)), SIGKILL);
	assert_non_null(folder = opendir(world.keys));
	while ((entry = readdir(folder)) != NULL && entry->d_name[0] == '.')
		;
	(void)snprintf(path, sizeof(path), "%s/%s", world.keys, entry->d_name);
	assert_int_not_equal(fd = open(path, O_RDWR | O_CLOEXEC), -1);
	assert_int_equal(pread(fd, &byte, 1, 200), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 200), 1);
	close(fd);
	world.serial = 0;
	signer_world_start(&world);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_FAILED);
	assert_non_null(strstr(signer_world_alarm(&world), entry->d_name));
	closedir(folder);
	signer_world_token(&token);
	assert_int_equal(status_of(&token), MM_SIGN_NO_KEY);
	end();
}

/* Whatever moment it dies at, a key is whole or not there. */
static void
a_kill_while_keys_are_made_leaves_no_half_key(void **state)
{
	enum { KILLS = 30 };
	unsigned whole = 0;

	(void)state;
	signer_world_init(&world, false);
	for (unsigned i = 0; i < KILLS; i++) {
		struct mm_key_order head = { .number = 1, .algorithm = "ES256" };
		const struct dirent *entry;
		DIR *folder;

		world.serial = 0;
		signer_world_start(&world);
		for (unsigned j = 0; j < 20; j++)
			assert_int_equal(mm_message_send(world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER,
			                     MM_MESSAGE_KEY_MAKE, &head, sizeof(head), -1), 0);
		/* After one, two, three answers, and wherever it is then. */
		for (unsigned j = 0; j < i % 4; j++)
			assert_true(signer_world_wait(&world, MM_MESSAGE_KEY_DONE));
		assert_int_equal(WTERMSIG(signer_world_kill(&world, SIGKILL)), SIGKILL);
		world.serial = 0;
		signer_world_start(&world);
		assert_non_null(folder = opendir(world.keys));
		while ((entry = readdir(folder)) != NULL) {
			uint8_t thumbprint[48];
			char kid[64] = "";
			size_t len;

			if (entry->d_name[0] == '.')
				continue;
			assert_non_null(strstr(entry->d_name, ".sealed")); /* nothing unfinished is left */
			(void)snprintf(kid, sizeof(kid), "%.43s", entry->d_name);
			assert_int_equal(mm_base64url_decode(mm_slice_str(kid), thumbprint, &len), MM_OK);
			assert_int_equal(signer_world_open(&world, thumbprint), MM_SIGN_DONE);
			assert_int_equal(signer_world_forget(&world, thumbprint), MM_SIGN_DONE);
			whole++;
		}
		closedir(folder);
		assert_int_equal(signer_world_stop(&world), 0);
	}
	assert_true(whole > 0);
	signer_world_end(&world);
}

/* ---- who breaks the rules ---- */

static void
send_garbage(const void *bytes, size_t len)
{
	(void)!send(world.ledger, bytes, len, MSG_NOSIGNAL);
	while (signer_world_wait(&world, MM_MESSAGE_COUNT)) /* until it ends the connection */
		;
}

/* Of a message of requests, whose bytes are len with it. */
static void
write_header(unsigned char *bytes, size_t len)
{
	bytes[0] = MM_MESSAGE_SIGN;
	bytes[4] = (unsigned char)((len - 8) & 0xff);
	bytes[5] = (unsigned char)((len - 8) >> 8);
}

static void
garbage_ends_the_connection_and_not_the_keys(void **state)
{
	static const unsigned char order_too_short[] = { MM_MESSAGE_KEY_OPEN, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4 };
	static const unsigned char not_for_a_signer[] = { MM_MESSAGE_LEDGER_BEAT, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char no_message[] = { 1, 2, 3 };
	static const unsigned char no_sign[] = { MM_MESSAGE_SIGN, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char no_type[] = { 0xff, 0xff, 0, 0, 0, 0, 0, 0 };
	static unsigned char long_sign[8 + MM_SIGN_MESSAGE_MAX], many_signs[8 + MM_SIGN_MESSAGE_MAX];
	const size_t long_len = 8 + sizeof(struct mm_sign) + MM_MINT_SIGNING_INPUT_MAX + 1;
	const size_t many_len = 8 + (MM_SIGN_TOGETHER_MAX + 1) * sizeof(struct mm_sign);
	unsigned char short_sign[8 + sizeof(struct mm_sign)] = { MM_MESSAGE_SIGN, 0, 0, 0, sizeof(struct mm_sign) };
	unsigned char cut_sign[8 + sizeof(struct mm_sign) + 1] = { MM_MESSAGE_SIGN, 0, 0, 0,
		sizeof(struct mm_sign) + 1 };
	const uint32_t too_long = MM_MINT_SIGNING_INPUT_MAX + 1;
	const struct {
		const void *bytes;
		size_t len;
	} samples[] = {
		{ order_too_short, sizeof(order_too_short) }, { not_for_a_signer, sizeof(not_for_a_signer) },
		{ no_message, sizeof(no_message) }, { no_type, sizeof(no_type) },
		{ short_sign, sizeof(short_sign) - 1 }, { short_sign, sizeof(short_sign) },
		{ cut_sign, sizeof(cut_sign) }, { long_sign, long_len }, { many_signs, many_len },
		{ no_sign, sizeof(no_sign) },
	};

	(void)state;
	start_with_key(false);
	short_sign[8 + offsetof(struct mm_sign, len)] = 1; /* a length that is not the message's */
	write_header(long_sign, long_len);
	memcpy(long_sign + 8 + offsetof(struct mm_sign, len), &too_long, sizeof(too_long));
	write_header(many_signs, many_len);
	for (size_t i = 0; i < MM_COUNT_OF(samples); i++) {
		send_garbage(samples[i].bytes, samples[i].len);
		signer_world_connect(&world);
		world.serial = 0;
		assert_signs();
	}
	end();
}

static void
a_serial_number_is_used_once(void **state)
{
	static unsigned char message[MM_SIGN_MESSAGE_MAX];
	char input[MM_MINT_SIGNING_INPUT_MAX];
	size_t input_len, len;
	unsigned done = 0, refused = 0;
	struct signer_world_token token;
	struct mm_slice signature;
	struct mm_signed answer;

	(void)state;
	start_with_key(false);
	signer_world_token(&token);
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	world.serial--;
	assert_int_equal(status_of(&token), MM_SIGN_REFUSED);
	assert_int_equal(status_of(&token), MM_SIGN_DONE);
	/* Neither twice in one message. */
	input_len = signer_world_input(&token, &key, input);
	len = signer_world_request(&world, &token, &key, mm_slice(input, input_len), message);
	world.serial--;
	len += signer_world_request(&world, &token, &key, mm_slice(input, input_len), message + len);
	signer_world_send_requests(&world, message, len);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(signer_world_answer(&world, &answer, &signature));
		assert_int_equal(answer.serial, world.serial);
		done += answer.status == MM_SIGN_DONE;
		refused += answer.status == MM_SIGN_REFUSED;
	}
	assert_int_equal(done, 1);
	assert_int_equal(refused, 1);
	end();
}

static void
an_incomplete_set_up_is_refused(void **state)
{
	(void)state;
	signer_world_init(&world, false);
	assert_int_equal(chmod(world.sealing_key, 0604), 0);
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	assert_int_equal(chmod(world.sealing_key, 0600), 0);
	assert_int_equal(truncate(world.sealing_key, 31), 0);
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	assert_int_equal(truncate(world.sealing_key, 33), 0);
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	assert_int_equal(truncate(world.sealing_key, 32), 0);
	world.algorithm = "HS256";
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	world.algorithm = "ES256";
	world.module = "/nonexistent.so";
	world.label = "x";
	(void)snprintf(world.pin, sizeof(world.pin), "%s", world.sealing_key);
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	world.module = "libc.so.6";
	assert_int_equal(chmod(world.pin, 0644), 0);
	assert_false(signer_world_try_start(&world));
	assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), EXIT_FAILURE);
	signer_world_end(&world);
}

static void
mintmarkds_end_is_the_signers(void **state)
{
	int status;

	(void)state;
	start_with_key(false);
	assert_int_equal(shutdown(world.control, SHUT_RDWR), 0);
	assert_int_equal(waitpid(world.pid, &status, 0), world.pid);
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	world.pid = -1;
	signer_world_end(&world);
}

/* ---- the token's absence ---- */

static bool
wait_for_state(uint8_t away)
{
	while (world.state.store_away != away)
		if (!signer_world_wait(&world, MM_MESSAGE_SIGNER_STATE))
			return false;
	return (world.state.text.len > 0) == (away == 1);
}

static unsigned
count_threads(void)
{
	char path[64];
	unsigned count = 0;
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)world.pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count;
}

/* Beside the loop, the thread that does all else with the store, and what a sanitizer brings. */
static void
as_many_threads_sign_with_a_token_as_it_was_told(void **state)
{
	unsigned others = 0;

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	signer_world_init(&world, true);
	for (unsigned threads = 0; threads <= MM_KEY_STORE_THREADS_MAX + 1; threads++) {
		bool good = threads >= 1 && threads <= MM_KEY_STORE_THREADS_MAX;

		world.module_threads = threads;
		assert_int_equal(signer_world_try_start(&world), good);
		if (threads == 1)
			others = count_threads() - 1;
		if (good)
			assert_int_equal(count_threads(), others + threads);
		assert_int_equal(WEXITSTATUS(signer_world_stop(&world)), good ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	signer_world_end(&world);
}

static void
a_token_goes_away_and_comes_back(void **state)
{
	char here[96], away[96];
	struct signer_world_token token;
	struct signer_world_key other;

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	start_with_key(true);
	assert_signs();
	(void)snprintf(here, sizeof(here), "%s/tokens", world.folder);
	(void)snprintf(away, sizeof(away), "%s/away", world.folder);
	assert_int_equal(rename(here, away), 0);
	signer_world_token(&token);
	assert_int_equal(status_of(&token), MM_SIGN_AWAY);
	assert_true(wait_for_state(1));
	assert_int_equal(signer_world_make(&world, &other), MM_SIGN_AWAY);
	assert_int_equal(rename(away, here), 0);
	assert_true(wait_for_state(0));
	assert_signs(); /* with the key that was open */
	end();
}

static void
a_signer_starts_without_its_token(void **state)
{
	char here[96], away[96];

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	start_with_key(true);
	assert_int_equal(signer_world_stop(&world), 0);
	/* Its folder is there, and empty. */
	(void)snprintf(here, sizeof(here), "%s/tokens", world.folder);
	(void)snprintf(away, sizeof(away), "%s/away", world.folder);
	assert_int_equal(rename(here, away), 0);
	assert_int_equal(mkdir(here, 0755), 0);
	world.paths[2] = world.folder;
	world.serial = 0;
	assert_true(signer_world_try_start(&world));
	signer_world_connect(&world);
	assert_true(wait_for_state(1));
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_AWAY);
	assert_int_equal(rmdir(here), 0);
	assert_int_equal(rename(away, here), 0);
	assert_true(wait_for_state(0));
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	assert_signs();
	end();
}

/* A signer with one key that is open in a token that stops answering while there is a file: its path. */
static const char *
start_with_hanging_token(void)
{
	static char module[512], module_variable[512], hang_variable[160], hang_path[128];

	signer_world_init(&world, true);
	(void)snprintf(module, sizeof(module), "%s/test/unit/hanging_module.so", getenv("MINTMARK_BUILD"));
	(void)snprintf(module_variable, sizeof(module_variable), "MM_TEST_MODULE=%s", world.module);
	(void)snprintf(hang_path, sizeof(hang_path), "%s/hang", world.keys);
	(void)snprintf(hang_variable, sizeof(hang_variable), "MM_TEST_HANGS=%s", hang_path);
	world.module = module;
	world.variables[1] = module_variable;
	world.variables[2] = hang_variable;
	world.paths[2] = world.keys;
	signer_world_start(&world);
	assert_int_equal(signer_world_make(&world, &key), MM_SIGN_DONE);
	assert_int_equal(signer_world_open(&world, key.thumbprint), MM_SIGN_DONE);
	assert_signs();
	return hang_path;
}

static void
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_not_equal(fd, -1);
	close(fd);
}

/* Four threads sign with a token; what waits behind them is told, and does not wait for its deadline. */
static void
a_token_that_does_not_answer_holds_up_nobody(void **state)
{
	enum { REQUESTS = 12 };
	char input[MM_MINT_SIGNING_INPUT_MAX];
	unsigned away = 0, done = 0;
	struct signer_world_token token;
	const char *hang_path;
	size_t len;

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	hang_path = start_with_hanging_token();
	make_file(hang_path);
	signer_world_token(&token);
	len = signer_world_input(&token, &key, input);
	for (unsigned i = 0; i < REQUESTS; i++)
		(void)signer_world_send(&world, &token, &key, input, len);
	assert_true(wait_for_state(1));
	for (; away < REQUESTS - 4; away++) {
		struct mm_slice signature;
		struct mm_signed answer;

		assert_true(signer_world_answer(&world, &answer, &signature));
		assert_int_equal(answer.status, MM_SIGN_AWAY);
	}
	assert_int_equal(status_of(&token), MM_SIGN_AWAY); /* at once */
	assert_int_equal(unlink(hang_path), 0);
	for (; done < 4; done++) {
		struct mm_slice signature;
		struct mm_signed answer;

		assert_true(signer_world_answer(&world, &answer, &signature));
		assert_true(answer.status == MM_SIGN_DONE || answer.status == MM_SIGN_LATE);
	}
	assert_true(wait_for_state(0));
	assert_signs();
	end();
}

/* It is looked after every five seconds and given two; a key takes eight. */
static void
a_token_that_makes_a_key_slowly_is_not_away(void **state)
{
	struct signer_world_key other;
	const char *hang_path;

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	hang_path = start_with_hanging_token();
	make_file(hang_path);
	assert_int_equal(signer_world_make(&world, &other), MM_SIGN_DONE);
	assert_int_equal(world.state.store_away, 0);
	assert_int_equal(unlink(hang_path), 0);
	assert_signs();
	end();
}

/* The processor's milliseconds that the signer has used up. */
static int64_t
used_ms(void)
{
	struct timespec used;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(world.pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Every place for a request is taken by the token that does not answer, and the ledger goes away meanwhile. */
static void
a_ledger_that_goes_while_nothing_is_free_costs_nothing(void **state)
{
	enum { WATCHED_MS = 1000, MAY_COST_MS = 100, WATCHES_MAX = 20 };
	char input[MM_MINT_SIGNING_INPUT_MAX];
	struct signer_world_token token;
	int64_t cost_ms = INT64_MAX;
	const char *hang_path;
	size_t len;

	(void)state;
	if (!signer_world_has_softhsm())
		skip();
	hang_path = start_with_hanging_token();
	make_file(hang_path);
	signer_world_token(&token);
	len = signer_world_input(&token, &key, input);
	for (unsigned i = 0; i < SIGNER_JOBS_MAX; i++)
		(void)signer_world_send(&world, &token, &key, input, len);
	close(world.ledger);
	world.ledger = -1;
	/* A slow machine may have it work off first what it was sent. */
	for (unsigned watches = 0; cost_ms > MAY_COST_MS; watches++) {
		int64_t before_ms = used_ms();

		assert_true(watches < WATCHES_MAX);
		(void)poll(NULL, 0, WATCHED_MS); /* what it does meanwhile is what is looked at */
		cost_ms = used_ms() - before_ms;
	}
	assert_int_equal(unlink(hang_path), 0);
	signer_world_connect(&world);
	assert_true(signer_world_wait(&world, MM_MESSAGE_SIGNER_STATE));
	assert_signs();
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_signs),
		cmocka_unit_test(every_algorithm_signs_in_a_token),
		cmocka_unit_test(every_good_token_is_signed),
		cmocka_unit_test(no_kid_looks_like_an_option),
		cmocka_unit_test(it_counts_what_left),
		cmocka_unit_test(many_requests_at_once_are_all_answered),
		cmocka_unit_test(requests_of_one_message_are_each_judged),
		cmocka_unit_test(every_wrong_payload_is_refused),
		cmocka_unit_test(every_other_header_is_refused),
		cmocka_unit_test(tokens_of_others_are_refused),
		cmocka_unit_test(times_are_now_and_short),
		cmocka_unit_test(deadlines_are_kept),
		cmocka_unit_test(classes_are_two),
		cmocka_unit_test(a_realm_without_template_may_have_no_tenants_id),
		cmocka_unit_test(a_derived_realm_demands_a_tenant),
		cmocka_unit_test(tenants_come_and_go),
		cmocka_unit_test(a_key_signs_from_open_to_forget),
		cmocka_unit_test(a_key_is_made_for_the_realms_algorithm_only),
		cmocka_unit_test(keys_outlive_the_signer_and_the_ledger),
		cmocka_unit_test(its_keys_are_named_one_after_the_other),
		cmocka_unit_test(a_damaged_file_is_named_and_not_guessed),
		cmocka_unit_test(a_kill_while_keys_are_made_leaves_no_half_key),
		cmocka_unit_test(garbage_ends_the_connection_and_not_the_keys),
		cmocka_unit_test(a_serial_number_is_used_once),
		cmocka_unit_test(an_incomplete_set_up_is_refused),
		cmocka_unit_test(mintmarkds_end_is_the_signers),
		cmocka_unit_test(as_many_threads_sign_with_a_token_as_it_was_told),
		cmocka_unit_test(a_token_goes_away_and_comes_back),
		cmocka_unit_test(a_signer_starts_without_its_token),
		cmocka_unit_test(a_token_that_does_not_answer_holds_up_nobody),
		cmocka_unit_test(a_token_that_makes_a_key_slowly_is_not_away),
		cmocka_unit_test(a_ledger_that_goes_while_nothing_is_free_costs_nothing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
