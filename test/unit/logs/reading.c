/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading gives the same events whatever the form of its files and the number of its threads, leaves out what
 * repeats, and tells what it could not read, and where.
 */
#include "test/unit/logs/one_world.h"

#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A record of a mail access, the number-th. */
static void
add_record(struct mm_buf *buf, unsigned number)
{
	mm_buf_addf(buf, "{\"CreationTime\":\"2023-06-%02uT%02u:%02u:%02u\","
	    "\"Id\":\"%08x-0000-4000-8000-000000000000\",\"Operation\":\"MailItemsAccessed\","
	    "\"OrganizationId\":\"75243ab2-44f8-435c-a7a6-b479385df6d4\","
	    "\"RecordType\":50,\"UserId\":\"User%u@contoso.example\","
	    "\"ClientAppId\":\"%08x-1111-4111-8111-111111111111\","
	    "\"ClientIPAddress\":\"192.0.2.%u\",\"MailboxOwnerUPN\":\"user%u@contoso.example\","
	    "\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Bind\"}],"
	    "\"Folders\":[{\"FolderItems\":[{\"InternetMessageId\":\"<%u@contoso.example>\",\"SizeInBytes\":%u}],"
	    "\"Path\":\"\\\\Inbox\"}],\"OperationCount\":1}",
	    1 + number * 7 % 28, number % 24, number % 60, number * 13 % 60, number, number % 300, number % 5,
	    number % 250, number % 300, number, number + 1);
}

/* Many records as JSON lines; several blocks of them. */
static void
make_lines(struct mm_buf *buf, unsigned count)
{
	mm_buf_init(buf, 64 * 1024 * 1024);
	for (unsigned number = 0; number < count; number++) {
		add_record(buf, number);
		mm_buf_add_str(buf, "\n");
	}
	assert_true(mm_buf_ok(buf));
}

static void
test_one_record(void **state)
{
	struct mm_buf buf;
	const struct mm_logs_event *event;

	(void)state;
	mm_buf_init(&buf, 4096);
	add_record(&buf, 5);
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 1);
	event = &world.events[0];
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->access, MM_LOGS_BIND);
	assert_int_equal(event->time_us, world_time("2023-06-08T05:05:05"));
	assert_int_equal(event->messages, 1);
	assert_int_equal(event->folders, 1);
	assert_int_equal(event->size, 6);
	world_assert_name(&world, event->user, "user5@contoso.example");
	world_assert_id(&event->record, "00000005-0000-4000-8000-000000000000");
	world_assert_address(event, "192.0.2.5", MM_LOGS_PUBLIC);
	assert_int_equal(event->place.offset, 0);
	assert_string_equal(mm_logs_shapes[event->place.shape]->name, "m365-audit");
	assert_int_equal(world_report(&world)->form, MM_LOGS_JSON_LINES);
	assert_int_equal(world_report(&world)->records, 1);
	assert_int_equal(world_report(&world)->first_us, event->time_us);
	assert_int_equal(world_report(&world)->last_us, event->time_us);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_CASE), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_NO_ZONE), 1);
}

static void
test_threads_change_nothing(void **state)
{
	/* The last becomes as many as there may be. */
	static const unsigned threads[] = { 2, 3, 5, 1000 };
	struct world other;
	struct mm_buf buf;

	(void)state;
	world_make(&other);
	make_lines(&buf, 20000);
	/* Troubles and repetitions in many places. */
	for (size_t at = 0; at + 1000 < buf.len; at += 777777)
		buf.data[at + 500] = '\n';
	for (unsigned i = 0; i < 3; i++) {
		world_write_bytes(&world, i == 0 ? "a" : i == 1 ? "b" : "c", buf.data, buf.len);
		world_write_bytes(&other, i == 0 ? "a" : i == 1 ? "b" : "c", buf.data, buf.len);
	}
	world_read(&world, NULL);
	assert_true(world.count > 19000);
	assert_true(world_step(&world, MM_LOGS_STEP_DUPLICATE) > 38000);
	assert_true(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_CUT) > 0);
	for (size_t i = 0; i < MM_COUNT_OF(threads); i++) {
		world_read(&other, &(struct mm_logs_options){ .threads = threads[i], .work_fd = -1 });
		world_assert_same(&world, &other);
	}
	mm_buf_clear(&buf);
	world_remove(&other);
}

/* The same records in another form give the same events, but for their places. */
static void
check_form(const struct world *expected, const void *bytes, size_t len, enum mm_logs_form form)
{
	struct world other;

	world_make(&other);
	world_write_bytes(&other, "log", bytes, len);
	world_read(&other, &(struct mm_logs_options){ .threads = 2, .work_fd = -1 });
	assert_int_equal(world_report(&other)->form, form);
	assert_int_equal(other.count, expected->count);
	for (size_t i = 0; i < other.count; i++) {
		struct mm_logs_event event = other.events[i];

		event.place = expected->events[i].place;
		assert_memory_equal(&event, &expected->events[i], sizeof(event));
	}
	world_remove(&other);
}

static void
test_forms_change_nothing(void **state)
{
	struct mm_buf lines, other, packed;

	(void)state;
	make_lines(&lines, 3000);
	world_write_bytes(&world, "log", lines.data, lines.len);
	world_read(&world, NULL);
	assert_int_equal(world.count, 3000);

	/* An array, one in a wrapper, one after the other. */
	mm_buf_init(&other, 64 * 1024 * 1024);
	mm_buf_init(&packed, 64 * 1024 * 1024);
	for (unsigned number = 0; number < 3000; number++) {
		mm_buf_add_str(&other, number == 0 ? "[" : ",\r\n");
		add_record(&other, number);
	}
	mm_buf_add_str(&other, "]");
	check_form(&world, other.data, other.len, MM_LOGS_JSON_TEXT);
	mm_buf_add_str(&packed, "{\"@odata.context\":\"x\",\"value\":");
	mm_buf_add(&packed, other.data, other.len);
	mm_buf_add_str(&packed, ",\"more\":{}}");
	check_form(&world, packed.data, packed.len, MM_LOGS_JSON_TEXT);
	mm_buf_clear(&packed);
	mm_buf_clear(&other);
	for (unsigned number = 0; number < 3000; number++)
		add_record(&other, number);
	check_form(&world, other.data, other.len, MM_LOGS_JSON_LINES);

	/* Packed, and in UTF-16. */
	pack_gzip(&packed, lines.data, lines.len);
	check_form(&world, packed.data, packed.len, MM_LOGS_JSON_LINES);
	mm_buf_clear(&packed);
	pack_zstd(&packed, lines.data, lines.len);
	check_form(&world, packed.data, packed.len, MM_LOGS_JSON_LINES);
	mm_buf_clear(&packed);
	mm_buf_add_str(&packed, "\xFF\xFE");
	pack_utf16(&packed, lines.data, lines.len, false);
	check_form(&world, packed.data, packed.len, MM_LOGS_JSON_LINES);
	mm_buf_clear(&packed);
	mm_buf_clear(&other);
	mm_buf_clear(&lines);
}

/* A row of an export with the record in it. */
static void
add_row(struct mm_buf *buf, unsigned number, bool other_order)
{
	struct mm_buf record;

	mm_buf_init(&record, 4096);
	add_record(&record, number);
	if (other_order)
		mm_buf_add_str(buf, "MailItemsAccessed,");
	mm_buf_add_str(buf, "\"");
	for (size_t i = 0; i < record.len; i++) {
		mm_buf_add(buf, record.data + i, 1);
		if (record.data[i] == '"')
			mm_buf_add_str(buf, "\"");
	}
	mm_buf_add_str(buf, other_order ? "\"\r\n" : "\",5/20/2023 1:00:00 PM,MailItemsAccessed\r\n");
	mm_buf_clear(&record);
}

static void
test_csv_changes_nothing(void **state)
{
	struct mm_buf lines, other;

	(void)state;
	make_lines(&lines, 3000);
	world_write_bytes(&world, "log", lines.data, lines.len);
	world_read(&world, NULL);
	mm_buf_init(&other, 64 * 1024 * 1024);
	mm_buf_add_str(&other, "\xEF\xBB\xBF\"AuditData\",\"CreationDate\",\"Operations\"\r\n");
	for (unsigned number = 0; number < 3000; number++) {
		/* Exports that were put one behind the other: with their headers, the same and another. */
		if (number == 1000)
			mm_buf_add_str(&other, "\"AuditData\",\"CreationDate\",\"Operations\"\r\n");
		if (number == 2000)
			mm_buf_add_str(&other, "\xEF\xBB\xBF" "Operations, AuditData\n");
		add_row(&other, number, number >= 2000);
	}
	check_form(&world, other.data, other.len, MM_LOGS_CSV);
	mm_buf_clear(&other);
	mm_buf_clear(&lines);
}

static void
test_repetitions_are_left_out(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 65536);
	add_record(&buf, 1);
	mm_buf_add_str(&buf, "\n");
	add_record(&buf, 2);
	mm_buf_add_str(&buf, "\n");
	add_record(&buf, 1);
	mm_buf_add_str(&buf, "\n{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2023-06-01T00:00:00Z\","
	                     "\"Id\":\"00000002-0000-4000-8000-000000000000\",\"UserId\":\"other\"}\n"
	                     "{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\n"
	                     "{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\n");
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 4);
	assert_int_equal(world_report(&world)->records, 6);
	assert_int_equal(world_report(&world)->events, 4);
	assert_int_equal(world_report(&world)->duplicates, 2);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_DUPLICATE), 2);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_NO_ID), 2); /* whether these repeat, nobody knows */
}

static void
test_the_fuller_record_counts(void **state)
{
	static const char *const texts[] = {
		/* What PowerShell made of a record, what Sentinel has of it, and the record. */
		"{\"ActionType\":\"MailItemsAccessed\",\"Timestamp\":\"2021-08-02T13:32:07Z\",\"RawEventData\":"
		"{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2021-08-02T13:32:07Z\","
		"\"Id\":\"699e0b10-1c53-403e-976f-ce0847a92b44\","
		"\"Folders\":[\"@{Id=LgA; Path=\\\\Inbox; FolderItems=System.Object[]}\"]}}",
		"{\"Operation\":\"MailItemsAccessed\",\"TimeGenerated\":\"2021-08-02T13:32:07Z\","
		"\"OfficeWorkload\":\"Exchange\",\"OfficeId\":\"699e0b10-1c53-403e-976f-ce0847a92b44\","
		"\"Folders\":\"[{\\\"FolderItems\\\":[{\\\"InternetMessageId\\\":\\\"<a@b>\\\"}],"
		"\\\"Path\\\":\\\"\\\\\\\\Inbox\\\"}]\"}",
		"{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2021-08-02T13:32:07\","
		"\"Id\":\"699E0B10-1C53-403E-976F-CE0847A92B44\","
		"\"AppAccessContext\":{\"UniqueTokenId\":\"LqVzINbCskC74Dl3tec2AA\"},"
		"\"Folders\":[{\"FolderItems\":[{\"InternetMessageId\":\"<a@b>\"}],\"Path\":\"\\\\Inbox\"}]}",
	};
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
		{ 2, 1, 0 } };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(orders); i++) {
		world_write(&world, "1", texts[orders[i][0]]);
		world_write(&world, "2", texts[orders[i][1]]);
		world_write(&world, "3", texts[orders[i][2]]);
		world_read(&world, NULL);
		assert_int_equal(world.count, 1);
		assert_int_equal(world.events[0].messages, 1);
		world_assert_id(&world.events[0].token, "2073a52e-c2d6-40b2-bbe0-3977b5e73600");
		assert_int_equal(world_step(&world, MM_LOGS_STEP_DUPLICATE) +
		    world_step(&world, MM_LOGS_STEP_REPLACED), 2);
	}
}

static void
test_what_cannot_be_read_is_told(void **state)
{
	static const enum mm_logs_trouble_kind kinds[] = { MM_LOGS_TROUBLE_RECORD_CUT, MM_LOGS_TROUBLE_NOISE,
		MM_LOGS_TROUBLE_UNKNOWN_SHAPE, MM_LOGS_TROUBLE_RECORD_BROKEN, MM_LOGS_TROUBLE_NO_TIME };
	const struct mm_logs_trouble *troubles;
	size_t count;

	(void)state;
	world_read_text(&world, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\n"
	                        "{\"Operation\":\"Send\",\"Creat\n"
	                        "noise\n"
	                        "{\"some\":\"thing\"}\n"
	                        "{\"Operation\":\"Send\" \"CreationTime\"}\n"
	                        "{\"Operation\":\"Send\",\"CreationTime\":\"yesterday\"}\n");
	troubles = mm_logs_reading_troubles(world.reading, &count);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(troubles[i].kind, kinds[i]);
		assert_int_equal(troubles[i].line, i + 2);
		assert_int_equal(world_trouble(&world, kinds[i]), 1);
	}
	assert_true(mm_slice_equal(troubles[1].text, mm_slice_str("noise")));
	assert_int_equal(troubles[1].offset, 86);
	assert_int_equal(world.count, 2);
	assert_int_equal(world_report(&world)->records, 5); /* noise is no record */
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_MISSING), 1);
}

static void
test_files_that_are_no_logs_are_told(void **state)
{
	char path[128];

	(void)state;
	world_write(&world, "README", "# Title\n\nProse.\n");
	world_write(&world, "binary", "PK\x03\x04");
	world_write(&world, "empty", "");
	world_write(&world, "log", "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\n");
	(void)snprintf(path, sizeof(path), "%s/secret", world.folder);
	world_write(&world, "secret", "{}");
	assert_int_equal(chmod(path, 0), 0);
	world_read(&world, NULL);
	assert_int_equal(mm_logs_reading_inputs(world.reading), 5);
	assert_int_equal(world.count, 1);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_NO_FORM), 2);
	/* root reads what it may not */
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_UNREADABLE), geteuid() == 0 ? 0 : 1);
	assert_int_equal(mm_logs_reading_input(world.reading, 2)->records, 0);
	assert_int_equal(mm_logs_reading_input(world.reading, 2)->facts.ended, MM_LOGS_WHOLE);
}

static void
test_a_file_that_is_not_there_is_told(void **state)
{
	struct mm_logs_options options = { .threads = 1, .work_fd = -1 };
	struct mm_logs_reading *reading = mm_logs_reading_new(&options);
	const struct mm_logs_trouble *troubles;
	size_t count;

	(void)state;
	assert_non_null(reading);
	assert_int_equal(mm_logs_reading_add(reading, "/no/such/file"), 0);
	assert_int_equal(mm_logs_reading_run(reading), 0);
	troubles = mm_logs_reading_troubles(reading, &count);
	assert_int_equal(count, 1);
	assert_int_equal(troubles[0].kind, MM_LOGS_TROUBLE_UNREADABLE);
	assert_int_equal(troubles[0].failure, ENOENT);
	assert_false(mm_logs_input_has_digest(&mm_logs_reading_input(reading, 0)->facts));
	mm_logs_reading_free(&reading);
}

static void
test_folders_are_read_in_the_order_of_names(void **state)
{
	static const char *const names[] = { "B", "a", "b", "sub/x", "z" };
	char path[256];

	(void)state;
	world_write(&world, "z", "");
	world_write(&world, "a", "");
	world_write(&world, "B", "");
	world_write(&world, "b", "");
	world_write(&world, ".hidden", "");
	(void)snprintf(path, sizeof(path), "%s/sub", world.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	world_write(&world, "sub/x", "");
	(void)snprintf(path, sizeof(path), "%s/sub/loop", world.folder);
	assert_int_equal(symlink("..", path), 0);
	world_read(&world, NULL);
	assert_int_equal(mm_logs_reading_inputs(world.reading), MM_COUNT_OF(names));
	for (size_t i = 0; i < MM_COUNT_OF(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, names[i]);
		assert_string_equal(mm_logs_reading_input(world.reading, i)->path, path);
	}
}

static void
test_inputs_are_known_by_their_digest(void **state)
{
	static const char text[] = "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\n";
	uint8_t digest[MM_DIGEST_LEN];

	(void)state;
	world_read_text(&world, text);
	assert_true(mm_sha256(mm_slice_str(text), digest));
	assert_memory_equal(world_report(&world)->facts.digest, digest, sizeof(digest));
	assert_int_equal(world_report(&world)->facts.raw_size, strlen(text));
}

static void
test_long_records_are_told(void **state)
{
	size_t len = MM_LOGS_RECORD_MAX + 3 * 1024 * 1024;
	char *filling = malloc(len);
	struct mm_buf buf;

	(void)state;
	assert_non_null(filling);
	memset(filling, 'x', len);
	mm_buf_init(&buf, 64 * 1024 * 1024);
	add_record(&buf, 1);
	mm_buf_add_str(&buf, "\n{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\",\"x\":\"");
	mm_buf_add(&buf, filling, len);
	mm_buf_add_str(&buf, "\"}\n");
	/* One that is almost as long is read. */
	mm_buf_add_str(&buf, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\",\"x\":\"");
	mm_buf_add(&buf, filling, 8 * 1024 * 1024);
	mm_buf_add_str(&buf, "\"}\n");
	add_record(&buf, 2);
	world_write_bytes(&world, "log", buf.data, buf.len);
	world_read(&world, NULL);
	assert_int_equal(world.count, 3);
	assert_int_equal(world_report(&world)->records, 4);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_LONG), 1);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_CUT), 0);
	mm_buf_clear(&buf);
	free(filling);
}

static void
test_hours_are_covered(void **state)
{
	const struct mm_logs_hour *hours;
	size_t count;

	(void)state;
	world_read_text(&world,
	    "{\"Operation\":\"Send\",\"OrganizationId\":\"b\",\"Id\":\"1\",\"CreationTime\":\"2023-06-01T03:10:00Z\"}\n"
	    "{\"Operation\":\"Some\",\"OrganizationId\":\"b\",\"Id\":\"2\",\"CreationTime\":\"2023-06-01T03:59:00Z\"}\n"
	    "{\"Operation\":\"Some\",\"OrganizationId\":\"b\",\"Id\":\"2\",\"CreationTime\":\"2023-06-01T03:59:00Z\"}\n"
	    "{\"Operation\":\"Send\",\"OrganizationId\":\"b\",\"Id\":\"3\",\"CreationTime\":\"2023-06-01T05:00:00Z\"}\n"
	    "{\"Operation\":\"Send\",\"OrganizationId\":\"c\",\"Id\":\"4\","
	    "\"CreationTime\":\"2023-06-01T04:00:00Z\"}\n");
	hours = mm_logs_reading_hours(world.reading, &count);
	assert_int_equal(count, 3);
	world_assert_name(&world, hours[0].tenant, "b");
	assert_int_equal(hours[0].family, MM_LOGS_M365_AUDIT);
	assert_int_equal(hours[0].hour, world_time("2023-06-01T03:00:00Z") / 3600000000);
	assert_int_equal(hours[0].records, 2); /* not the repetition */
	assert_int_equal(hours[1].hour, hours[0].hour + 2);
	world_assert_name(&world, hours[2].tenant, "c");
	assert_int_equal(hours[2].hour, hours[0].hour + 1);
	assert_int_equal(world.count, 3); /* other events are only counted … */
	world_read(&world, &(struct mm_logs_options){ .threads = 1, .work_fd = -1, .keep_other = true });
	assert_int_equal(world.count, 4); /* … unless asked for */
}

/* One odd time must not make a log that ended long ago, or began late, look as if it had gone on. */
static void
test_odd_times_cover_nothing(void **state)
{
	const struct mm_logs_hour *hours;
	size_t count;

	(void)state;
	world_read_text(&world,
	    "{\"Operation\":\"Send\",\"Id\":\"1\",\"CreationTime\":\"1999-06-01T03:10:00Z\"}\n"
	    "{\"Operation\":\"Send\",\"Id\":\"2\",\"CreationTime\":\"2023-06-01T03:10:00Z\"}\n"
	    "{\"Operation\":\"Send\",\"Id\":\"3\",\"CreationTime\":\"never\"}\n"
	    "{\"Operation\":\"Send\",\"Id\":\"4\",\"CreationTime\":\"2199-06-01T03:10:00Z\"}\n");
	assert_int_equal(world.count, 4);
	hours = mm_logs_reading_hours(world.reading, &count);
	assert_int_equal(count, 1);
	assert_int_equal(hours[0].hour, world_time("2023-06-01T03:00:00Z") / 3600000000);
}

static void
test_clocks_that_jump_are_counted(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 65536);
	for (unsigned i = 0; i < 60; i++) {
		/* Forward, with one set back by two hours; then backward, as some exports are. */
		unsigned minute = i < 30 ? i : i == 30 ? 0 : 59 - i, hour = i < 30 ? 10 : i == 30 ? 8 : 7;

		mm_buf_addf(&buf, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T%02u:%02u:00Z\"}\n", hour,
		    minute);
	}
	mm_buf_addf(&buf, "{\"Operation\":\"Send\",\"CreationTime\":\"2026-11-30T00:00:00Z\"}\n");
	mm_buf_addf(&buf, "{\"Operation\":\"Send\",\"CreationTime\":\"1999-12-31T00:00:00Z\"}\n");
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 62);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_BACK), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_FUTURE), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_EARLY), 1);
	assert_true(world.events[0].flags & MM_LOGS_TIME_DOUBTFUL);
	assert_true(world.events[61].flags & MM_LOGS_TIME_FUTURE);
}

static void
count_progress(void *ctx, uint64_t done, uint64_t all)
{
	uint64_t *last = ctx;

	assert_true(done >= last[0] && done <= all);
	last[0] = done;
	last[1] = all;
}

static void
test_progress_ends_at_all(void **state)
{
	uint64_t last[2] = { 0, 0 };
	struct mm_buf buf;

	(void)state;
	make_lines(&buf, 5000);
	world_write_bytes(&world, "a", buf.data, buf.len);
	world_write_bytes(&world, "b", buf.data, buf.len);
	world_read(&world,
	    &(struct mm_logs_options){ .threads = 2, .work_fd = -1, .progress = count_progress, .ctx = last });
	assert_int_equal(last[0], 2 * buf.len);
	assert_int_equal(last[1], 2 * buf.len);
	mm_buf_clear(&buf);
}

/* ---- the second pass ---- */

struct visited {
	size_t count, stop_after;
	size_t numbers[8];
	char ids[8][64];
};

/* Each record has one message, whose id has the record's number. */
static bool
visit(void *ctx, size_t number, const struct mm_logs_items *items)
{
	struct visited *visited = ctx;

	assert_int_equal(items->folders_count, 1);
	assert_int_equal(items->messages_count, 1);
	assert_true(mm_slice_equal(items->folders[0].path, mm_slice_str("\\Inbox")));
	assert_false(items->folders[0].whole);
	assert_int_equal(items->messages[0].folder, 0);
	visited->numbers[visited->count] = number;
	(void)snprintf(visited->ids[visited->count], 64, "%.*s %.*s %llu", (int)items->record_id.len,
	    items->record_id.ptr, (int)items->messages[0].message_id.len, items->messages[0].message_id.ptr,
	    (unsigned long long)items->messages[0].size);
	return ++visited->count < visited->stop_after;
}

static void
check_again(void)
{
	struct mm_logs_place places[3];
	struct visited visited = { .stop_after = 8 };
	size_t found = 0;

	for (size_t i = 0; i < world.count; i++) {
		uint8_t number = world.events[i].record.bytes[3];

		if (world.events[i].record.bytes[2] == 0 && (number == 7 || number == 77 || number == 200))
			places[found++] = world.events[i].place;
	}
	assert_int_equal(found, 3);
	assert_int_equal(mm_logs_again(world.reading, places, 3, visit, &visited), 0);
	assert_int_equal(visited.count, 3);
	assert_string_equal(visited.ids[0], "00000007-0000-4000-8000-000000000000 <7@contoso.example> 8");
	assert_string_equal(visited.ids[1], "0000004d-0000-4000-8000-000000000000 <77@contoso.example> 78");
	assert_string_equal(visited.ids[2], "000000c8-0000-4000-8000-000000000000 <200@contoso.example> 201");
	for (size_t i = 1; i < 3; i++)
		assert_true(places[visited.numbers[i - 1]].offset < places[visited.numbers[i]].offset);
	visited = (struct visited){ .stop_after = 1 };
	assert_int_equal(mm_logs_again(world.reading, places, 3, visit, &visited), 0);
	assert_int_equal(visited.count, 1);
	assert_int_equal(mm_logs_again(world.reading, places, 0, visit, &visited), 0);
}

static void
test_messages_are_read_again(void **state)
{
	struct mm_buf lines, packed, rows;

	(void)state;
	make_lines(&lines, 2000);
	mm_buf_init(&packed, 64 * 1024 * 1024);
	mm_buf_init(&rows, 64 * 1024 * 1024);
	world_write_bytes(&world, "log", lines.data, lines.len);
	world_read(&world, NULL);
	check_again();
	mm_buf_add_str(&packed, "\xEF\xBB\xBF");
	mm_buf_add(&packed, lines.data, lines.len);
	world_write_bytes(&world, "log", packed.data, packed.len);
	world_read(&world, NULL);
	check_again();
	mm_buf_clear(&packed);
	pack_gzip(&packed, lines.data, lines.len);
	world_write_bytes(&world, "log", packed.data, packed.len);
	world_read(&world, NULL);
	check_again();
	mm_buf_add_str(&rows, "AuditData,CreationDate,Operations\n");
	for (unsigned number = 0; number < 2000; number++) {
		if (number == 100)
			mm_buf_add_str(&rows, "Operations,AuditData\n");
		add_row(&rows, number, number >= 100);
	}
	world_write_bytes(&world, "log", rows.data, rows.len);
	world_read(&world, NULL);
	check_again();
	mm_buf_clear(&packed);
	mm_buf_clear(&rows);
	mm_buf_clear(&lines);
}

static void
test_another_file_is_not_read_again(void **state)
{
	struct visited visited = { .stop_after = 8 };
	struct mm_logs_place place;
	char path[128];
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 4096);
	add_record(&buf, 1);
	world_write_bytes(&world, "log", buf.data, buf.len);
	world_read(&world, NULL);
	place = world.events[0].place;
	(void)snprintf(path, sizeof(path), "%s/log", world.folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mm_logs_again(world.reading, &place, 1, visit, &visited), -1);
	assert_int_equal(errno, ESTALE);
	mm_buf_add_str(&buf, "\n");
	world_write_bytes(&world, "log", buf.data, buf.len);
	mm_buf_clear(&buf);
	assert_int_equal(mm_logs_again(world.reading, &place, 1, visit, &visited), -1);
	assert_int_equal(errno, ESTALE);
	assert_int_equal(visited.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ONE_WORLD_TEST(test_one_record),
		ONE_WORLD_TEST(test_threads_change_nothing),
		ONE_WORLD_TEST(test_forms_change_nothing),
		ONE_WORLD_TEST(test_csv_changes_nothing),
		ONE_WORLD_TEST(test_repetitions_are_left_out),
		ONE_WORLD_TEST(test_the_fuller_record_counts),
		ONE_WORLD_TEST(test_what_cannot_be_read_is_told),
		ONE_WORLD_TEST(test_files_that_are_no_logs_are_told),
		ONE_WORLD_TEST(test_a_file_that_is_not_there_is_told),
		ONE_WORLD_TEST(test_folders_are_read_in_the_order_of_names),
		ONE_WORLD_TEST(test_inputs_are_known_by_their_digest),
		ONE_WORLD_TEST(test_long_records_are_told),
		ONE_WORLD_TEST(test_hours_are_covered),
		ONE_WORLD_TEST(test_odd_times_cover_nothing),
		ONE_WORLD_TEST(test_clocks_that_jump_are_counted),
		ONE_WORLD_TEST(test_progress_ends_at_all),
		ONE_WORLD_TEST(test_messages_are_read_again),
		ONE_WORLD_TEST(test_another_file_is_not_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
