/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's stream at the gate: what is signed and in order is taken, anything else ends it; one after the other,
 * and through the thread that hears a ledger, which is the test here.
 */
#include "daemon/gate/ledger.h"
#include "daemon/gate/stream.h"
#include "daemon/ipc/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE 29000000
#define HASTE_S 3 /* long for a test that looks each millisecond, and not too long to be waited for */
#define NOW_S ((int64_t)MINUTE * 60 + 20)

static struct mm_ed25519 *root, *key, *thief;
static uint8_t root_public[MM_ED25519_PUBLIC_LEN], certificate_bytes[MM_MINT_CERTIFICATE_LEN];
static const char *const names[MM_MINT_REALMS_MAX] = { "consumer", "enterprise" };
static uint32_t minute = MINUTE; /* of tokens; the thread forgets those that are old by its own clock */
static struct mm_index_writer writer;
static struct gate_stream stream;
static const struct gate_stream_time time_of_test = { NOW_S, NOW_S * 1000000, 5000 };

static struct mm_ed25519 *
make_key(void)
{
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *made;

	assert_true(mm_ed25519_make(seed));
	made = mm_ed25519_new(seed);
	assert_non_null(made);
	return made;
}

static int
make_keys(void **state)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 7, 0, INT64_C(1) << 40, { 0 } };

	(void)state;
	root = make_key();
	key = make_key();
	thief = make_key();
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(key, certificate.public_key);
	return mm_mint_certificate_make(&certificate, root, certificate_bytes) ? 0 : -1;
}

static int
free_keys(void **state)
{
	(void)state;
	mm_ed25519_free(&root);
	mm_ed25519_free(&key);
	mm_ed25519_free(&thief);
	return 0;
}

static int
begin(void **state)
{
	(void)state;
	assert_true(mm_index_writer_init(&writer));
	assert_true(gate_stream_init(&stream, root_public));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	gate_stream_clear(&stream);
	return 0;
}

static struct mm_token_place
place(uint32_t counter)
{
	return (struct mm_token_place){ .signer = 4, .minute = minute, .counter = counter };
}

static struct mm_slice
finish(const struct mm_ed25519 *signer, bool is_beat, uint32_t settled_minute)
{
	const struct mm_index_head head = { .epoch = 9, .time_us = NOW_S * 1000000, .boot_ms = 5000,
		.settled_minute = settled_minute, .is_beat = is_beat, .revoked_told = true };
	struct mm_slice message;

	assert_true(mm_index_finish(&writer, &head, certificate_bytes, signer, &message));
	return message;
}

/* A batch with these entries of consumer, from a counter on, and its high-water mark. */
static struct mm_slice
batch(const struct mm_ed25519 *signer, uint32_t from, const uint64_t *entries, size_t count)
{
	mm_index_begin(&writer);
	assert_int_equal(mm_index_add_entries(&writer, 0, place(from), entries, count), count);
	assert_true(mm_index_add_place(&writer, MM_INDEX_HIGH_WATER, 0, place(from + (uint32_t)count - 1)));
	return finish(signer, false, MINUTE);
}

/* A heartbeat of another time, by the boot clock. */
static struct mm_slice
beat_at(int64_t boot_ms)
{
	const struct mm_index_head head = { .epoch = 9, .time_us = NOW_S * 1000000, .boot_ms = boot_ms,
		.settled_minute = MINUTE, .is_beat = true, .revoked_told = true };
	struct mm_slice message;

	mm_index_begin(&writer);
	assert_true(mm_index_finish(&writer, &head, certificate_bytes, key, &message));
	return message;
}

static const char *
take(enum mm_message_type type, struct mm_slice bytes)
{
	static struct mm_message message;

	message = (struct mm_message){ .type = type, .len = bytes.len, .fd = -1 };
	memcpy(message.payload, bytes.ptr, bytes.len);
	return gate_stream_take(&stream, &message, names, &time_of_test);
}

static enum mm_issued_result
find(const struct mm_proof *proof, uint32_t counter, uint64_t entry)
{
	const struct mm_proof_realm *realm = mm_proof_find_realm(proof, mm_slice_str("consumer"));

	return realm == NULL ? 0 : mm_issued_find(realm->issued, place(counter), entry);
}

static void
takes_what_is_signed(void **state)
{
	const uint64_t entries[] = { 11, 12, 13 };

	(void)state;
	assert_null(take(MM_MESSAGE_LEDGER_INDEX, batch(key, 0, entries, 3)));
	assert_true(stream.settled);
	assert_int_equal(stream.head.epoch, 9);
	assert_int_equal(stream.clock_off_ms, 0);
	assert_int_equal(find(stream.proof, 1, 12), MM_ISSUED_FOUND);
	assert_int_equal(find(stream.proof, 1, 13), MM_ISSUED_ABSENT);
	assert_int_equal(find(stream.proof, 3, 14), MM_ISSUED_NOT_YET);
	mm_index_begin(&writer);
	assert_null(take(MM_MESSAGE_LEDGER_BEAT, finish(key, true, MINUTE)));
	mm_index_begin(&writer);
	assert_true(mm_index_add_place(&writer, MM_INDEX_VOID, 0, place(1)));
	assert_null(take(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE)));
	assert_int_equal(find(stream.proof, 1, 12), MM_ISSUED_ABSENT);
}

static void
refuses_what_is_not(void **state)
{
	const uint64_t entries[] = { 11 };
	struct mm_slice message;
	char copy[MM_INDEX_MESSAGE_MAX];

	(void)state;
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, batch(thief, 0, entries, 1)));
	end(NULL);
	begin(NULL);
	message = batch(key, 0, entries, 1);
	memcpy(copy, message.ptr, message.len);
	copy[message.len / 2] ^= 1;
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, mm_slice(copy, message.len)));
	end(NULL);
	begin(NULL);
	assert_non_null(take(MM_MESSAGE_LEDGER_BEAT, batch(key, 0, entries, 1)));
	end(NULL);
	begin(NULL);
	assert_non_null(take(MM_MESSAGE_GATE_LEDGER_SAYS, mm_slice_str("")));
}

static void
refuses_what_is_left_out_or_repeated(void **state)
{
	const uint64_t entries[] = { 11 };
	struct mm_slice message;
	char copy[MM_INDEX_MESSAGE_MAX];

	(void)state;
	message = batch(key, 0, entries, 1);
	memcpy(copy, message.ptr, message.len);
	assert_null(take(MM_MESSAGE_LEDGER_INDEX, mm_slice(copy, message.len)));
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, mm_slice(copy, message.len)));
	end(NULL);
	begin(NULL);
	assert_null(take(MM_MESSAGE_LEDGER_INDEX, batch(key, 0, entries, 1)));
	(void)batch(key, 1, entries, 1);
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, batch(key, 2, entries, 1)));
}

/* ---- revocations ---- */

static const unsigned char revoked_seed[MM_REVOKED_SEED_LEN] = "a seed that nobody else knows..";

static void
add_revoked(uint16_t realm, enum mm_revoked_kind kind, const char *value, const char *client, int64_t up_to_s)
{
	const struct mm_revoked_what what = { kind, mm_slice_str(value), mm_slice_str(client) };

	assert_true(mm_index_add_revoked(&writer, realm, &what, up_to_s));
}

static bool
is_revoked(const struct mm_revoked *revoked, enum mm_revoked_kind kind, const char *value, const char *client,
    int64_t iat_s)
{
	const struct mm_revoked_what what = { kind, mm_slice_str(value), mm_slice_str(client) };

	return mm_revoked_has(revoked, &what, iat_s);
}

/* It would count as recent for as long as it is ahead. */
static void
refuses_what_is_to_come(void **state)
{
	(void)state;
	assert_null(take(MM_MESSAGE_LEDGER_BEAT, beat_at(time_of_test.boot_ms + 500)));
	assert_null(take(MM_MESSAGE_LEDGER_BEAT, beat_at(time_of_test.boot_ms - 3600000)));
	assert_non_null(take(MM_MESSAGE_LEDGER_BEAT, beat_at(time_of_test.boot_ms + 2000)));
	assert_int_equal(stream.head.boot_ms, time_of_test.boot_ms - 3600000);
}

static void
takes_revocations_beside_entries(void **state)
{
	const uint64_t entries[] = { 11, 12 };
	struct mm_revoked *sets[MM_MINT_REALMS_MAX] = { mm_revoked_new(revoked_seed), mm_revoked_new(revoked_seed) };

	(void)state;
	mm_index_begin(&writer);
	add_revoked(1, MM_REVOKED_SESSION, "s-1", "mail", NOW_S);
	assert_int_equal(mm_index_add_entries(&writer, 0, place(0), entries, 2), 2);
	add_revoked(0, MM_REVOKED_SUBJECT, "alice", "", NOW_S - 5);
	add_revoked(0, MM_REVOKED_REALM, "", "", NOW_S - 500);
	assert_null(take(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE)));
	assert_int_equal(stream.revoked, 3);
	assert_true(stream.head.revoked_told);
	assert_true(gate_stream_revoke(&stream, sets, &time_of_test));
	assert_int_equal(find(stream.proof, 1, 12), MM_ISSUED_FOUND);
	assert_true(is_revoked(sets[1], MM_REVOKED_SESSION, "s-1", "mail", NOW_S));
	assert_false(is_revoked(sets[1], MM_REVOKED_SESSION, "s-1", "", NOW_S));
	assert_true(is_revoked(sets[0], MM_REVOKED_SUBJECT, "alice", "", NOW_S - 5));
	assert_false(is_revoked(sets[0], MM_REVOKED_SUBJECT, "alice", "", NOW_S - 4));
	assert_true(is_revoked(sets[0], MM_REVOKED_REALM, "", "", NOW_S - 500));
	/* The message behind it brings none again. */
	mm_index_begin(&writer);
	assert_null(take(MM_MESSAGE_LEDGER_BEAT, finish(key, true, MINUTE)));
	assert_int_equal(stream.revoked, 0);
	/* They are kept for as long as a token may be good that was issued when they were told. */
	mm_revoked_forget(sets[0], time_of_test.boot_ms + (int64_t)MM_REVOKED_MATTERS_S * 1000, INT64_MAX);
	assert_true(is_revoked(sets[0], MM_REVOKED_SUBJECT, "alice", "", NOW_S - 5));
	mm_revoked_free(&sets[0]);
	mm_revoked_free(&sets[1]);
}

/* What no writer makes is refused with all of its message, whoever signed it. */
static void
refuses_malformed_revocations(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 1, 0 },                      /* no kind */
		{ 1, MM_REVOKED_KIND_END },    /* none that is known */
		{ 1, MM_REVOKED_CLIENT },      /* a client beside one that has none */
		{ 4, 0 },                      /* no value */
		{ 4, 200 }, { 5, 1 }, { 7, 1 }, /* texts longer than what is there */
		{ 16 + 7, 'x' },               /* no zeroes behind them */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mm_index_begin(&writer);
		add_revoked(0, MM_REVOKED_SESSION, "s-1", "abc", NOW_S);
		writer.bytes[MM_INDEX_HEAD_LEN + rows[i].at] = rows[i].value;
		assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE)));
		end(NULL);
		begin(NULL);
	}
	mm_index_begin(&writer);
	add_revoked(5, MM_REVOKED_SESSION, "s-1", "", NOW_S);
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE)));
}

static void
refuses_a_mint_that_nobody_told_of(void **state)
{
	struct mm_day_keys keys = { .realm = 7 };

	(void)state;
	mm_index_begin(&writer);
	assert_true(mm_index_add_place(&writer, MM_INDEX_HIGH_WATER, 5, place(0)));
	assert_non_null(take(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE)));
	assert_non_null(take(MM_MESSAGE_LEDGER_DAY_KEYS, mm_slice((const char *)&keys, sizeof(keys))));
	assert_non_null(take(MM_MESSAGE_LEDGER_DAY_KEYS, mm_slice((const char *)&keys, sizeof(keys) - 1)));
}

/* ---- the thread ---- */

static struct gate gate;
static int mintmarkd = -1, ledger = -1;

static void
connect_ledger(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	if (ledger >= 0)
		close(ledger);
	ledger = pair[0];
	gate_ledger_take_peer(&gate, pair[1]);
	assert_true(mm_index_writer_init(&writer));
}

static int
begin_thread_of(uint32_t stale_after_s)
{
	static const unsigned char payload[] = { 0, 0, 'c', 'o', 'n', 's', 'u', 'm', 'e', 'r' };
	int pair[2];

	minute = (uint32_t)(time(NULL) / 60);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	mintmarkd = fcntl(pair[0], F_DUPFD_CLOEXEC, MM_CONTROL_FD + 1); /* that number may be one of the two */
	close(pair[0]);
	assert_int_equal(dup2(pair[1], MM_CONTROL_FD), MM_CONTROL_FD);
	if (pair[1] != MM_CONTROL_FD)
		close(pair[1]);
	memset(&gate, 0, sizeof(gate));
	gate.stale_after_s = stale_after_s;
	assert_true(gate_mint_keys_set_root(&gate.mint_keys, root_public, sizeof(root_public)));
	assert_true(gate_mint_keys_add_mint(&gate.mint_keys, payload, sizeof(payload)));
	assert_true(gate_ledger_begin(&gate));
	return 0;
}

/* What is fresh stays so, however long a busy machine lets this test wait. */
static int
begin_thread(void **state)
{
	(void)state;
	return begin_thread_of(600);
}

static int
begin_hasty_thread(void **state)
{
	(void)state;
	return begin_thread_of(HASTE_S);
}

static int
end_thread(void **state)
{
	(void)state;
	gate_ledger_let_go(&gate);
	gate_ledger_end(&gate);
	if (mintmarkd >= 0)
		close(mintmarkd);
	if (ledger >= 0)
		close(ledger);
	mintmarkd = ledger = -1;
	close(MM_CONTROL_FD);
	return 0;
}

static void
send_bytes(enum mm_message_type type, struct mm_slice bytes)
{
	assert_int_equal(mm_message_send(ledger, MM_PROCESS_LEDGER, MM_PROCESS_GATE, type, bytes.ptr, bytes.len, -1),
	    0);
}

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A heartbeat of now, but for what the test makes of the clock; told: there is no more to be heard of revocations. */
static void
beat_told(bool told, uint64_t epoch, int64_t clock_off_ms, int64_t age_ms)
{
	const struct mm_index_head head = {
		.epoch = epoch,
		.time_us = (clock_ms(CLOCK_REALTIME) + clock_off_ms - age_ms) * 1000,
		.boot_ms = clock_ms(CLOCK_BOOTTIME) - age_ms,
		.settled_minute = MINUTE,
		.is_beat = true,
		.revoked_told = told,
	};
	struct mm_slice message;

	mm_index_begin(&writer);
	assert_true(mm_index_finish(&writer, &head, certificate_bytes, key, &message));
	send_bytes(MM_MESSAGE_LEDGER_BEAT, message);
}

static void
beat(uint64_t epoch, int64_t clock_off_ms, int64_t age_ms)
{
	beat_told(true, epoch, clock_off_ms, age_ms);
}

static enum mm_freshness
freshness(uint64_t epoch)
{
	return gate_ledger_freshness(gate.ledger, epoch, clock_ms(CLOCK_REALTIME));
}

/* Until it is so; a test that waits in vain fails by its time. */
static void
await_freshness(uint64_t epoch, enum mm_freshness wanted)
{
	const struct timespec step = { 0, 1000000 };

	while (freshness(epoch) != wanted)
		nanosleep(&step, NULL);
}

/* Heartbeats of now until the gate is seen to be fresh: where that lasts only seconds, one of them may be missed. */
static void
beat_until_fresh(uint64_t epoch)
{
	const struct timespec step = { 0, 1000000 };

	for (unsigned looks = 0; freshness(epoch) != MM_FRESH; looks++) {
		if (looks % 500 == 0)
			beat(epoch, 0, 0);
		nanosleep(&step, NULL);
	}
}

static void
await_message(enum mm_message_type type)
{
	static struct mm_message message;
	const struct timespec step = { 0, 1000000 };

	for (;;) {
		if (mm_message_receive(mintmarkd, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, &message) == 1 &&
		    message.type == type)
			return;
		nanosleep(&step, NULL);
	}
}

static void
is_fresh_by_heartbeats(void **state)
{
	(void)state;
	assert_int_equal(freshness(9), MM_STALE);
	assert_int_equal(gate_ledger_age_ms(gate.ledger), INT64_MAX);
	connect_ledger();
	beat(9, 0, 0);
	await_freshness(9, MM_FRESH);
	assert_int_equal(freshness(8), MM_STALE);
	beat(10, 0, 0);
	await_freshness(9, MM_STALE);
	assert_int_equal(freshness(10), MM_FRESH);
	beat(10, 31000, 0);
	await_freshness(10, MM_CLOCK_IS_OFF);
	beat(10, 29000, 0);
	await_freshness(10, MM_FRESH);
	beat(10, -31000, 0);
	await_freshness(10, MM_CLOCK_IS_OFF);
	beat(10, 0, 0);
	await_freshness(10, MM_FRESH);
}

/* Until so many are there, and those before the last one are worked off. */
static void
await_messages(uint64_t count)
{
	const struct timespec step = { 0, 1000000 };
	struct gate_ledger_stats stats;

	for (;;) {
		gate_ledger_get_stats(gate.ledger, &stats);
		if (stats.messages >= count)
			return;
		nanosleep(&step, NULL);
	}
}

static void
is_stale_when_nothing_comes(void **state)
{
	struct gate_ledger_stats stats;

	(void)state;
	connect_ledger();
	beat_until_fresh(10);
	await_freshness(10, MM_STALE);
	gate_ledger_get_stats(gate.ledger, &stats);
	beat(10, 0, HASTE_S * 1000 + 1);
	beat(10, 0, HASTE_S * 1000 + 1);
	await_messages(stats.messages + 2);
	assert_int_equal(freshness(10), MM_STALE);
	beat_until_fresh(10);
}

/* A ledger that was started anew may not know what the one before named. */
static void
remembers_the_latest_epoch(void **state)
{
	struct gate_ledger_stats stats;

	(void)state;
	connect_ledger();
	beat(10, 0, 0);
	await_freshness(10, MM_FRESH);
	assert_int_equal(freshness(9), MM_STALE);
	beat(9, 0, 0);
	beat(9, 0, 0);
	await_messages(3);
	gate_ledger_get_stats(gate.ledger, &stats);
	assert_int_equal(stats.epoch, 10);
	assert_int_equal(freshness(9), MM_STALE);
	assert_int_equal(freshness(10), MM_FRESH);
}

/* Each is near ours, and yet the second is from before the first: until its clock is back there. */
static void
takes_no_time_that_was_before(void **state)
{
	(void)state;
	connect_ledger();
	beat(9, 25000, 0);
	await_freshness(9, MM_FRESH);
	beat(9, -25000, 0);
	await_freshness(9, MM_CLOCK_IS_OFF);
	beat(9, 0, 0);
	await_freshness(9, MM_FRESH);
}

/* For how much longer it lacks an epoch than it has heard nothing: its age first, which grows meanwhile. */
static int64_t
lacks_longer_ms(void)
{
	int64_t age_ms = gate_ledger_age_ms(gate.ledger);

	return gate_ledger_stale_for_ms(gate.ledger) - age_ms;
}

/* Heartbeats that go on coming do not make an epoch that is lacking younger, nor do later ones. */
static void
is_stale_for_as_long_as_it_lacks_an_epoch(void **state)
{
	enum { PAUSE_MS = 300 };
	const struct timespec pause = { 0, PAUSE_MS * 1000000 };
	const struct timespec step = { 0, 1000000 };

	(void)state;
	assert_int_equal(gate_ledger_stale_for_ms(gate.ledger), INT64_MAX);
	gate_ledger_hold_epoch(&gate, 9);
	connect_ledger();
	beat(9, 0, 0);
	await_freshness(9, MM_FRESH);
	beat(10, 0, 0);
	await_freshness(9, MM_STALE);
	nanosleep(&pause, NULL);
	beat(11, 0, 0);
	beat(11, 0, 0);
	await_messages(4);
	assert_true(lacks_longer_ms() >= PAUSE_MS);
	gate_ledger_hold_epoch(&gate, 10);
	assert_true(lacks_longer_ms() >= PAUSE_MS);
	gate_ledger_hold_epoch(&gate, 11);
	assert_int_equal(freshness(11), MM_FRESH);
	while (lacks_longer_ms() >= PAUSE_MS)
		nanosleep(&step, NULL); /* this test was held up between two looks */
}

static bool
decisions_know(enum mm_revoked_kind kind, const char *value, int64_t iat_s)
{
	const struct mm_proof *proof = gate_ledger_hold_proof(gate.ledger);
	const struct mm_proof_realm *realm =
	    proof == NULL ? NULL : mm_proof_find_realm(proof, mm_slice_str("consumer"));
	bool known = realm != NULL && is_revoked(realm->revoked, kind, value, "", iat_s);

	gate_ledger_give_back_proof(gate.ledger);
	return known;
}

static void
await_revoked(enum mm_revoked_kind kind, const char *value, int64_t iat_s)
{
	const struct timespec step = { 0, 1000000 };

	while (!decisions_know(kind, value, iat_s))
		nanosleep(&step, NULL);
}

/* Who has not heard all that was revoked is as one who hears nothing. */
static void
is_not_fresh_before_all_revocations_came(void **state)
{
	const struct timespec step = { 0, 1000000 };
	struct gate_ledger_stats stats;

	(void)state;
	connect_ledger();
	beat_told(false, 8, 0, 0);
	beat_told(false, 9, 0, 0); /* when it is there, the one before was worked off */
	while (gate_ledger_get_stats(gate.ledger, &stats), stats.epoch != 9)
		nanosleep(&step, NULL);
	assert_int_equal(freshness(9), MM_STALE);
	assert_int_equal(gate_ledger_age_ms(gate.ledger), INT64_MAX);
	mm_index_begin(&writer);
	add_revoked(0, MM_REVOKED_SUBJECT, "alice", "", 1000);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, finish(key, false, 0));
	await_revoked(MM_REVOKED_SUBJECT, "alice", 1000);
	beat_until_fresh(9);
	/* Heartbeats that go on leaving something out are none. */
	for (int i = 0; freshness(9) == MM_FRESH; i++) {
		const struct timespec pause = { 0, 50000000 };

		beat_told(false, 9, 0, 0);
		nanosleep(&pause, NULL);
	}
	gate_ledger_get_stats(gate.ledger, &stats);
	assert_int_equal(stats.revoked, 1);
	assert_int_equal(stats.revoked_heard, 1);
	assert_true(stats.revoked_bytes > 0);
}

/* Another ledger's stream takes nothing back, and what it brings counts at once, before its index is there. */
static void
keeps_revocations_over_streams(void **state)
{
	const uint64_t entries[] = { 21 };

	(void)state;
	connect_ledger();
	mm_index_begin(&writer);
	add_revoked(0, MM_REVOKED_SUBJECT, "alice", "", 1000);
	assert_int_equal(mm_index_add_entries(&writer, 0, place(0), entries, 1), 1);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE));
	await_revoked(MM_REVOKED_SUBJECT, "alice", 1000);
	close(ledger);
	ledger = -1;
	await_message(MM_MESSAGE_GATE_WANT_PEER);
	assert_true(decisions_know(MM_REVOKED_SUBJECT, "alice", 1000));
	connect_ledger();
	mm_index_begin(&writer);
	add_revoked(0, MM_REVOKED_CLIENT, "mail", "", 1000);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, finish(key, false, 0));
	await_revoked(MM_REVOKED_CLIENT, "mail", 1000);
	assert_true(decisions_know(MM_REVOKED_SUBJECT, "alice", 1000));
}

static void
await_token(uint32_t counter, uint64_t entry)
{
	const struct timespec step = { 0, 1000000 };
	enum mm_issued_result found;

	do {
		const struct mm_proof *proof = gate_ledger_hold_proof(gate.ledger);

		found = proof == NULL ? 0 : find(proof, counter, entry);
		gate_ledger_give_back_proof(gate.ledger);
		nanosleep(&step, NULL);
	} while (found != MM_ISSUED_FOUND);
}

static bool
has_token(uint32_t counter, uint64_t entry)
{
	const struct mm_proof *proof = gate_ledger_hold_proof(gate.ledger);
	bool found = proof != NULL && find(proof, counter, entry) == MM_ISSUED_FOUND;

	gate_ledger_give_back_proof(gate.ledger);
	return found;
}

/* A ledger that is started anew sends everything again; until it has, the gate decides by what it had. */
static void
decides_by_the_old_stream_until_the_new_one_has_all(void **state)
{
	const struct timespec step = { 0, 1000000 };
	const uint64_t entries[] = { 21, 22 };

	(void)state;
	connect_ledger();
	send_bytes(MM_MESSAGE_LEDGER_INDEX, batch(key, 0, entries, 2));
	await_token(1, 22);
	close(ledger);
	ledger = -1;
	await_message(MM_MESSAGE_GATE_WANT_PEER);
	assert_true(has_token(1, 22));
	assert_true(gate_ledger_may_come(gate.ledger));
	connect_ledger();
	mm_index_begin(&writer);
	assert_int_equal(mm_index_add_entries(&writer, 0, place(0), entries, 1), 1);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, finish(key, false, 0));
	while (!gate_ledger_connected(gate.ledger))
		nanosleep(&step, NULL);
	assert_true(has_token(1, 22));
	mm_index_begin(&writer);
	assert_int_equal(mm_index_add_entries(&writer, 0, place(1), (const uint64_t[]){ 23 }, 1), 1);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, finish(key, false, MINUTE));
	await_token(1, 23);
	assert_false(has_token(1, 22));
}

static void
ends_a_stream_that_cannot_be_believed(void **state)
{
	const uint64_t entries[] = { 21 };
	struct gate_ledger_stats stats;

	(void)state;
	connect_ledger();
	send_bytes(MM_MESSAGE_LEDGER_INDEX, batch(key, 0, entries, 1));
	await_token(0, 21);
	send_bytes(MM_MESSAGE_LEDGER_INDEX, batch(thief, 1, entries, 1));
	await_message(MM_MESSAGE_GATE_ALARM);
	await_message(MM_MESSAGE_GATE_WANT_PEER);
	gate_ledger_get_stats(gate.ledger, &stats);
	assert_int_equal(stats.broken, 1);
	assert_true(has_token(0, 21));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_what_is_signed, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_not, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_left_out_or_repeated, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_to_come, begin, end),
		cmocka_unit_test_setup_teardown(takes_revocations_beside_entries, begin, end),
		cmocka_unit_test_setup_teardown(refuses_malformed_revocations, begin, end),
		cmocka_unit_test_setup_teardown(refuses_a_mint_that_nobody_told_of, begin, end),
		cmocka_unit_test_setup_teardown(is_fresh_by_heartbeats, begin_thread, end_thread),
		cmocka_unit_test_setup_teardown(is_stale_when_nothing_comes, begin_hasty_thread, end_thread),
		cmocka_unit_test_setup_teardown(remembers_the_latest_epoch, begin_thread, end_thread),
		cmocka_unit_test_setup_teardown(takes_no_time_that_was_before, begin_thread, end_thread),
		cmocka_unit_test_setup_teardown(is_stale_for_as_long_as_it_lacks_an_epoch, begin_thread, end_thread),
		cmocka_unit_test_setup_teardown(is_not_fresh_before_all_revocations_came, begin_hasty_thread,
		    end_thread),
		cmocka_unit_test_setup_teardown(keeps_revocations_over_streams, begin_thread, end_thread),
		cmocka_unit_test_setup_teardown(decides_by_the_old_stream_until_the_new_one_has_all, begin_thread,
		    end_thread),
		cmocka_unit_test_setup_teardown(ends_a_stream_that_cannot_be_believed, begin_thread, end_thread),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
