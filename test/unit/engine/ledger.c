/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's files: what is written is read; a torn end is cut wherever it was torn; damage is found and named;
 * what was never durable is nothing; and an audit finds what a head does not count.
 */
#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"
#include "engine/ledger_search.h"
#include "engine/ledger_writer.h"
#include "lib/crypto/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL ((uint64_t)64 * 1024)

static char folder[64];
static int folder_fd;
static struct mm_ledger_record record; /* large */

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/unit-ledger.XXXXXX");
	assert_non_null(mkdtemp(folder));
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	return folder_fd == -1;
}

static int
tear_down(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)state;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(folder_fd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	close(folder_fd);
	return rmdir(folder);
}

/* The minute of the tokens' places. */
static uint32_t token_minute = 28333333;

/* A token's record; number is its counter. */
static void
make_issued(uint32_t number)
{
	memset(&record, 0, sizeof(record));
	record.kind = MM_LEDGER_ISSUED;
	record.time_us = 1700000000000000 + number;
	record.issued.place = (struct mm_token_place){ 3, token_minute, number };
	record.issued.serial = number;
	record.issued.token_class = 1;
	record.issued.iat_s = 1700000000;
	record.issued.exp_s = 1700003600;
	memset(record.issued.digest, (int)number, sizeof(record.issued.digest));
	record.issued.facts[MM_LEDGER_REALM] = mm_slice_str("staff");
	record.issued.facts[MM_LEDGER_SUBJECT] = mm_slice_str("alice");
	record.issued.facts[MM_LEDGER_SCOPE] = mm_slice_str("mail.read mail.send");
}

static struct mm_ledger_writer *
open_writer(struct mm_ledger_tail *tail)
{
	struct mm_ledger_writer *writer = mm_ledger_writer_open(folder_fd, SMALL, tail);

	assert_non_null(writer);
	return writer;
}

static void
wait_durable(struct mm_ledger_writer *writer, uint64_t sequence)
{
	while (mm_ledger_writer_durable(writer) < sequence) {
		struct pollfd event = { mm_ledger_writer_event_fd(writer), POLLIN, 0 };

		assert_null(mm_ledger_writer_trouble(writer));
		assert_int_equal(poll(&event, 1, 60000), 1);
	}
}

/* Have count tokens taken, from a number on; the last one's sequence number. */
static uint64_t
append_tokens(struct mm_ledger_writer *writer, uint32_t from, uint32_t count)
{
	uint64_t sequence = 0;

	for (uint32_t i = from; i < from + count; i++) {
		make_issued(i);
		sequence = mm_ledger_writer_append(writer, &record, NULL);
		assert_int_not_equal(sequence, 0);
	}
	return sequence;
}

static void
write_tokens(struct mm_ledger_writer *writer, uint32_t from, uint32_t count)
{
	wait_durable(writer, append_tokens(writer, from, count));
}

/* Read all; how many records, and what it ended with. */
static size_t
read_all(enum mm_ledger_read *end, struct mm_ledger_tail *tail)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(folder_fd, 0);
	struct mm_ledger_item item;
	size_t count = 0;

	assert_non_null(reader);
	while ((*end = mm_ledger_reader_next(reader, &item)) == MM_LEDGER_READ_RECORD) {
		assert_true(mm_ledger_decode(item.bytes, item.len, &record));
		count++;
	}
	mm_ledger_reader_tail(reader, tail);
	mm_ledger_reader_free(&reader);
	return count;
}

static void
test_format(void **state)
{
	uint8_t bytes[MM_LEDGER_RECORD_MAX];
	struct mm_ledger_link link = { 77, 5, { 1, 2, 3 }, 4 }, got;
	struct mm_ledger_record again;
	size_t len;

	(void)state;
	make_issued(9);
	record.issued.has_root = true;
	record.issued.root_iat_s = 12;
	record.issued.facts[MM_LEDGER_PARENT] = mm_slice_str("parent");
	len = mm_ledger_encode(&record, bytes);
	assert_true(len > 0 && len % MM_LEDGER_ALIGN == 0);
	mm_ledger_seal(bytes, len, &link);
	assert_int_equal(mm_ledger_record_len(bytes, 77), len);
	assert_int_equal(mm_ledger_record_len(bytes, 78), 0);
	assert_true(mm_ledger_record_whole(bytes, len));
	mm_ledger_get_link(bytes, &got);
	assert_memory_equal(&got, &link, sizeof(link));
	assert_true(mm_ledger_decode(bytes, len, &again));
	assert_int_equal(again.issued.place.counter, 9);
	assert_int_equal(again.issued.root_iat_s, 12);
	assert_true(mm_slice_equal(again.issued.facts[MM_LEDGER_PARENT], mm_slice_str("parent")));
	assert_false(mm_slice_present(again.issued.facts[MM_LEDGER_CLIENT]));
	for (size_t i = 4; i < len; i++) {
		bytes[i] ^= 1;
		assert_false(mm_ledger_record_whole(bytes, len));
		bytes[i] ^= 1;
	}
	record.issued.facts[MM_LEDGER_SUBJECT] = mm_slice(bytes, MM_CLAIM_LEN_MAX + 1);
	assert_int_equal(mm_ledger_encode(&record, bytes), 0);
}

static void
make_revoke(enum mm_revoked_kind kind, const char *value, const char *client, int64_t up_to_s)
{
	memset(&record, 0, sizeof(record));
	record.kind = MM_LEDGER_REVOKE;
	record.time_us = up_to_s * 1000000;
	record.revoke = (struct mm_ledger_revoke){ mm_slice_str("staff"),
		{ kind, mm_slice_str(value), mm_slice_str(client) }, up_to_s, up_to_s + MM_REVOKED_MATTERS_S };
}

static void
test_revoke_format(void **state)
{
	uint8_t bytes[MM_LEDGER_RECORD_MAX];
	struct mm_ledger_record again;
	size_t len;

	(void)state;
	make_revoke(MM_REVOKED_SESSION, "s-1", "mail", 1700000010);
	len = mm_ledger_encode(&record, bytes);
	assert_int_not_equal(len, 0);
	assert_true(mm_ledger_decode(bytes, len, &again));
	assert_int_equal(again.kind, MM_LEDGER_REVOKE);
	assert_true(mm_slice_equal(again.revoke.realm, mm_slice_str("staff")));
	assert_int_equal(again.revoke.what.kind, MM_REVOKED_SESSION);
	assert_true(mm_slice_equal(again.revoke.what.value, mm_slice_str("s-1")));
	assert_true(mm_slice_equal(again.revoke.what.client, mm_slice_str("mail")));
	assert_int_equal(again.revoke.up_to_s, 1700000010);
	assert_int_equal(again.revoke.matters_s, 1700000010 + MM_REVOKED_MATTERS_S);
	/* The kind stands behind both times. */
	bytes[80 + 16] = MM_REVOKED_KIND_END;
	assert_false(mm_ledger_decode(bytes, len, &again));
	bytes[80 + 16] = MM_REVOKED_CLIENT;
	assert_false(mm_ledger_decode(bytes, len, &again));
	bytes[80 + 16] = MM_REVOKED_SESSION;
	bytes[80 + 17] = 1;
	assert_false(mm_ledger_decode(bytes, len, &again));
	make_revoke(MM_REVOKED_SUBJECT, "", "", 1700000010);
	assert_int_equal(mm_ledger_encode(&record, bytes), 0);
}

static void
test_header(void **state)
{
	const struct mm_ledger_header header = { .number = 3, .size_bytes = SMALL, .created_us = 5, .salt = 9,
		.id = { 1 }, .previous_number = 2, .previous_end = 4096, .sequence = 17, .rare = { 1, 256 } };
	struct mm_ledger_header got;
	uint8_t bytes[MM_LEDGER_HEADER_LEN];

	(void)state;
	mm_ledger_encode_header(&header, bytes);
	assert_true(mm_ledger_decode_header(bytes, &got));
	assert_int_equal(got.sequence, 17);
	assert_int_equal(got.rare.offset, 256);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 0x20;
		assert_false(mm_ledger_decode_header(bytes, &got));
		bytes[i] ^= 0x20;
	}
}

/* What came while records were held is of one sync; but a segment that is full waits for nobody, nor does the end. */
static void
test_held(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	struct mm_ledger_writer_stats stats;
	enum mm_ledger_read end;
	uint64_t sequence;

	(void)state;
	mm_ledger_writer_hold(writer);
	sequence = append_tokens(writer, 0, 100);
	mm_ledger_writer_go(writer);
	wait_durable(writer, sequence);
	mm_ledger_writer_stats(writer, &stats);
	assert_int_equal(stats.syncs, 1);
	assert_int_equal(stats.records, 100);
	mm_ledger_writer_hold(writer);
	(void)append_tokens(writer, 100, 300);
	mm_ledger_writer_hold(writer);
	(void)append_tokens(writer, 400, 10);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &tail), 410);
	assert_int_equal(end, MM_LEDGER_READ_END);
	assert_true(tail.end.segment > 1);
}

static void
test_segments(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	static struct mm_ledger_finding finding;
	enum mm_ledger_read end;

	(void)state;
	/* Several segments, and a second run that goes on in the last one. */
	write_tokens(writer, 0, 600);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &tail), 600);
	assert_int_equal(end, MM_LEDGER_READ_END);
	assert_true(tail.end.segment > 2);
	writer = open_writer(&tail);
	write_tokens(writer, 600, 10);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &tail), 610);
	mm_ledger_find(folder_fd, NULL, mm_slice_str("staff"), (struct mm_token_place){ 3, 28333333, 601 }, NULL,
	    &finding);
	assert_true(finding.found);
	assert_int_equal(finding.sequence, 602);
	mm_ledger_find(folder_fd, NULL, mm_slice_str("staff"), (struct mm_token_place){ 3, 28333333, 611 }, NULL,
	    &finding);
	assert_false(finding.found);
	assert_false(finding.unknown);
}

/* A segment may have been begun by a clock that was behind that of its tokens, and of those before it. */
static void
test_find_by_any_clock(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 250, 599 };
	static struct mm_ledger_finding finding;
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	const uint32_t usual = token_minute, ahead = (uint32_t)(time(NULL) / 60) + 60;
	uint32_t minute;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		token_minute = ahead + i;
		write_tokens(writer, i * 600, 600);
	}
	token_minute = usual;
	assert_true(mm_ledger_writer_close(&writer));
	for (uint32_t i = 0; i < 3; i++)
		for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
			mm_ledger_find(folder_fd, NULL, mm_slice_str("staff"),
			    (struct mm_token_place){ 3, ahead + i, i * 600 + numbers[j] }, NULL, &finding);
			assert_true(finding.found);
			assert_int_equal(finding.sequence, i * 600 + numbers[j] + 1);
		}
	for (uint32_t i = 0; i < 5; i++) {
		mm_ledger_find(folder_fd, NULL, mm_slice_str("staff"),
		    (struct mm_token_place){ 3, ahead - 1 + i, 5000 }, NULL, &finding);
		assert_false(finding.found || finding.unknown);
	}
	assert_true(mm_ledger_minute_of(folder_fd, 1, &minute));
	assert_int_equal(minute, ahead);
}

/* What revoked a token is found behind it, as long as it could be presented. */
static void
test_find_revoked(void **state)
{
	static const struct {
		enum mm_revoked_kind kind;
		const char *value, *client;
		int64_t up_to_s;
		enum mm_revoked_kind found;
	} rows[] = {
		{ MM_REVOKED_SUBJECT, "bob", "", 1700000010, 0 },
		{ MM_REVOKED_SUBJECT, "alice", "", 1699999999, 0 },
		{ MM_REVOKED_SUBJECT, "alice", "", 1700000000, MM_REVOKED_SUBJECT },
		{ MM_REVOKED_TOKEN, "the-id", "", 1700000010, MM_REVOKED_TOKEN },
	};
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	static struct mm_ledger_finding finding;

	(void)state;
	write_tokens(writer, 0, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_revoke(rows[i].kind, rows[i].value, rows[i].client, rows[i].up_to_s);
		wait_durable(writer, mm_ledger_writer_append(writer, &record, NULL));
		mm_ledger_find(folder_fd, NULL, mm_slice_str("staff"), (struct mm_token_place){ 3, 28333333, 1 }, NULL,
		    &finding);
		mm_ledger_find_revoked(folder_fd, mm_slice_str("the-id"), NULL, &finding);
		assert_true(finding.found);
		assert_int_equal(finding.revoked, rows[i].found);
	}
	assert_true(mm_ledger_writer_close(&writer));
}

/* The file of the first segment. */
static int
open_first(void)
{
	int fd = openat(folder_fd, "0000000001.ledger", O_RDWR);

	assert_true(fd != -1);
	return fd;
}

/* Torn at every byte of the last record: the one before is the end, and the next run goes on there. */
static void
test_torn(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 }, before, after;
	struct mm_ledger_writer *writer = open_writer(&tail);
	static char last[MM_LEDGER_RECORD_MAX];
	enum mm_ledger_read end;
	size_t len;
	int fd;

	(void)state;
	write_tokens(writer, 0, 3);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &before), 3);
	writer = open_writer(&before);
	write_tokens(writer, 3, 1);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &after), 4);
	len = (size_t)(after.end.offset - before.end.offset);
	fd = open_first();
	assert_int_equal(pread(fd, last, len, (off_t)before.end.offset), (ssize_t)len);
	for (size_t cut = 0; cut < len; cut++) {
		static const char zeroes[MM_LEDGER_RECORD_MAX];

		assert_int_equal(pwrite(fd, last, cut, (off_t)before.end.offset), (ssize_t)cut);
		assert_int_equal(pwrite(fd, zeroes, len - cut, (off_t)(before.end.offset + cut)), (ssize_t)(len - cut));
		/* Where what was cut off is zero itself, the record is whole. */
		if (memcmp(last + cut, zeroes, len - cut) == 0)
			continue;
		assert_int_equal(read_all(&end, &tail), 3);
		assert_int_equal(end, MM_LEDGER_READ_END);
		assert_int_equal(tail.end.offset, before.end.offset);
	}
	assert_int_equal(pwrite(fd, last, len - 100, (off_t)before.end.offset), (ssize_t)len - 100);
	writer = open_writer(&tail);
	write_tokens(writer, 9, 2);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &tail), 5);
	assert_int_equal(end, MM_LEDGER_READ_END);
	close(fd);
}

/* Any byte of what was durable, changed: found, at that record or the one behind it. */
static void
test_damage(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	enum mm_ledger_read end;
	int fd;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		write_tokens(writer, i, 1); /* each knows that the one before is durable */
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(read_all(&end, &tail), 4);
	fd = open_first();
	for (off_t at = MM_LEDGER_HEADER_LEN; at < (off_t)tail.end.offset * 3 / 5; at += 7) {
		struct mm_ledger_tail other;
		unsigned char byte, changed;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		changed = byte ^ 0x11;
		assert_int_equal(pwrite(fd, &changed, 1, at), 1);
		(void)read_all(&end, &other);
		assert_int_equal(end, MM_LEDGER_READ_DAMAGE);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
}

/* The last file is no segment: it is told once, and then there is no more. */
static void
test_damaged_header(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	struct mm_ledger_reader *reader;
	struct mm_ledger_item item;
	int fd = open_first();

	(void)state;
	write_tokens(writer, 0, 1);
	assert_true(mm_ledger_writer_close(&writer));
	assert_int_equal(pwrite(fd, "?", 1, 30), 1);
	close(fd);
	reader = mm_ledger_reader_new(folder_fd, 0);
	assert_non_null(reader);
	assert_int_equal(mm_ledger_reader_next(reader, &item), MM_LEDGER_READ_DAMAGE);
	assert_int_equal(mm_ledger_reader_next(reader, &item), MM_LEDGER_READ_END);
	mm_ledger_reader_free(&reader);
}

static void
test_missing(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	static struct mm_ledger_audit audit;

	(void)state;
	write_tokens(writer, 0, 700);
	assert_true(mm_ledger_writer_close(&writer));
	assert_true(mm_ledger_audit(folder_fd, NULL, NULL, NULL, &audit));
	assert_null(audit.fault);
	assert_int_equal(audit.kinds[MM_LEDGER_ISSUED], 700);
	assert_int_equal(unlinkat(folder_fd, "0000000002.ledger", 0), 0);
	assert_true(mm_ledger_audit(folder_fd, NULL, NULL, NULL, &audit));
	assert_string_equal(audit.fault, "a segment before this one is missing");
	assert_int_equal(audit.at.segment, 3);
}

/* A term with the key-state key's certificate, and heads. */
static void
test_audit(void **state)
{
	const uint8_t seed[MM_ED25519_SEED_LEN] = { 1 }, root_seed[MM_ED25519_SEED_LEN] = { 2 };
	struct mm_ed25519 *key = mm_ed25519_new(seed), *root = mm_ed25519_new(root_seed);
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, 1, 4000000000, { 0 } };
	uint8_t root_public[MM_ED25519_PUBLIC_LEN];
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	static struct mm_ledger_audit audit;
	uint64_t sequence;

	(void)state;
	assert_true(key != NULL && root != NULL);
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(key, certificate.public_key);
	memset(&record, 0, sizeof(record));
	record.kind = MM_LEDGER_TERM;
	record.term.number = 1;
	assert_true(mm_mint_certificate_make(&certificate, root, record.term.certificate));
	record.term.why = mm_slice_str("started");
	record.term.realm_count = 1;
	record.term.realms[0] = (struct mm_ledger_realm_signer){ mm_slice_str("staff"), 3, { 0 } };
	assert_int_not_equal(mm_ledger_writer_append(writer, &record, NULL), 0);
	write_tokens(writer, 0, 5);
	memset(&record, 0, sizeof(record));
	record.kind = MM_LEDGER_HEAD;
	record.head.term = 1;
	record.head.realm_count = 1;
	record.head.realms[0] = (struct mm_ledger_head_realm){ mm_slice_str("staff"), { 5, 0, 0, 0 } };
	assert_int_equal(mm_ledger_writer_append(writer, &record, NULL), 0); /* nothing signs it */
	sequence = mm_ledger_writer_append(writer, &record, key);
	wait_durable(writer, sequence);
	assert_true(mm_ledger_audit(folder_fd, root_public, NULL, NULL, &audit));
	assert_null(audit.fault);
	assert_int_equal(audit.heads_verified, 1);
	root_public[0] ^= 1;
	assert_true(mm_ledger_audit(folder_fd, root_public, NULL, NULL, &audit));
	assert_string_equal(audit.fault, "the term's key-state key is not certified by the offline root");
	record.head.realms[0].counts.recorded = 6;
	sequence = mm_ledger_writer_append(writer, &record, key);
	wait_durable(writer, sequence);
	root_public[0] ^= 1;
	assert_true(mm_ledger_audit(folder_fd, root_public, NULL, NULL, &audit));
	assert_string_equal(audit.fault, "the head counts other tokens than stand before it");
	assert_true(mm_ledger_writer_close(&writer));
	mm_ed25519_free(&key);
	mm_ed25519_free(&root);
}

static void
test_places(void **state)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = open_writer(&tail);
	static struct mm_ledger_audit audit;

	(void)state;
	write_tokens(writer, 5, 1);
	write_tokens(writer, 5, 1);
	assert_true(mm_ledger_writer_close(&writer));
	assert_true(mm_ledger_audit(folder_fd, NULL, NULL, NULL, &audit));
	assert_string_equal(audit.fault, "the token's place does not come behind the last one's of its realm");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_header),
		cmocka_unit_test_setup_teardown(test_held, set_up, tear_down),
		cmocka_unit_test(test_revoke_format),
		cmocka_unit_test_setup_teardown(test_find_by_any_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_find_revoked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_header, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_audit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_places, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
