/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections at the control socket: who waits, who is late, who does not read and who is gone; no real clock.
 */
#include "daemon/desk/connection.h"

#include "daemon/desk/control.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "engine/journal.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct desk desk;
static int mintmarkd; /* the other end of the desk's descriptor 3 */
static char folder[32];

/* ---- surroundings ---- */

/* The pair with mintmarkd, of which the desk's end has its number. */
static void
open_control(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_not_equal(mintmarkd = fcntl(pair[1], F_DUPFD_CLOEXEC, MM_CONTROL_FD + 1), -1);
	close(pair[1]);
	if (pair[0] == MM_CONTROL_FD)
		return;
	assert_int_equal(dup2(pair[0], MM_CONTROL_FD), MM_CONTROL_FD);
	close(pair[0]);
}

/* A journal to write to. */
static struct mm_journal *
open_journal(void)
{
	static const struct mm_journal_hooks hooks = { .want_segment = NULL };
	struct mm_journal *journal = mm_journal_open(MM_JOURNAL_GATE, MM_JOURNAL_BEFORE_ANSWER, &hooks);

	assert_non_null(journal);
	assert_true(mm_journal_add_segment(journal,
	    mm_journal_segment_create(desk.journal_fd, MM_JOURNAL_GATE, 16 * 1024 * 1024, 1)));
	return journal;
}

/* A journal with some records. */
static void
write_journal(size_t records)
{
	struct mm_journal *journal = open_journal();
	struct mm_journal_record record = {
		.kind = MM_JOURNAL_DECISION, .allowed = true, .reason = MM_OK, .time_us = 5,
	};

	record.text = mm_slice_str("");
	for (size_t i = 0; i < records; i++)
		assert_true(mm_journal_append(journal, &record));
	assert_true(mm_journal_close(&journal));
}

static int
set_up(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	open_control();
	memset(&desk, 0, sizeof(desk));
	memcpy(folder, "/tmp/mm-desk-XXXXXX", 20);
	assert_non_null(mkdtemp(folder));
	assert_int_not_equal(desk.journal_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1);
	assert_int_not_equal(desk.listener_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), -1);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", folder);
	assert_int_equal(bind(desk.listener_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(desk.listener_fd, 128), 0);
	desk.ranks = (struct desk_ranks){ .operator_uid = geteuid(), .reader_gid = (gid_t)-1 };
	return 0;
}

static int
tear_down(void **state)
{
	char path[64];

	(void)state;
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		if (desk.connections[i].phase != DESK_FREE)
			desk_connection_close(&desk.connections[i]);
	close(desk.listener_fd);
	unlinkat(desk.journal_fd, "gate.0000000001.journal", 0);
	close(desk.journal_fd);
	close(mintmarkd);
	close(MM_CONTROL_FD);
	snprintf(path, sizeof(path), "%s/control", folder);
	unlink(path);
	rmdir(folder);
	return 0;
}

/* ---- clients ---- */

static int
knock(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", folder);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* One turn of the loop, at a time, for every connection. */
static void
turn(int64_t now_ms)
{
	while (desk_connection_accept(&desk, now_ms))
		;
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++) {
		struct desk_connection *connection = &desk.connections[i];
		struct pollfd pollfd = { .fd = connection->fd, .events = desk_connection_waits_for(connection) };

		if (connection->phase == DESK_FREE)
			continue;
		(void)poll(&pollfd, 1, 0);
		desk_connection_go_on(&desk, connection, pollfd.revents, now_ms);
	}
}

static size_t
present(void)
{
	size_t count = 0;

	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		count += desk.connections[i].phase != DESK_FREE;
	return count;
}

static int
ask(const char *question)
{
	int fd = knock();

	assert_int_equal(write(fd, question, strlen(question)), (ssize_t)strlen(question));
	turn(0);
	turn(0);
	return fd;
}

/* All that the desk has sent, up to the end of the connection, is exactly text. */
static void
expect(int fd, const char *text)
{
	char answer[4096];
	ssize_t len = 0, got;

	while ((got = recv(fd, answer + len, sizeof(answer) - (size_t)len, MSG_DONTWAIT)) > 0)
		len += got;
	/* Where what was asked was not even read, the end is a reset. */
	assert_true(got == 0 || errno == ECONNRESET);
	if (!mm_slice_equal(mm_slice(answer, (size_t)len), mm_slice_str(text)))
		fail_msg("'%.*s' instead of '%s'", (int)len, answer, text);
	close(fd);
}

static void
expect_open(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
	assert_int_equal(errno, EAGAIN);
}

/* ---- mintmarkd ---- */

static uint64_t
take_question(enum mm_message_type type)
{
	static struct mm_message message;
	uint64_t number;

	assert_int_equal(mm_message_receive(mintmarkd, MM_PROCESS_MINTMARKD, MM_PROCESS_DESK, &message), 1);
	assert_int_equal(message.type, type);
	assert_true(message.len >= sizeof(number));
	memcpy(&number, message.payload, sizeof(number));
	return number;
}

/* ---- questions ---- */

static void
test_answer(void **state)
{
	int first, second;
	uint64_t first_number, second_number;

	(void)state;
	first = ask("{\"ask\":\"status\"}\n");
	second = ask("{\"ask\":\"reload\"}\n");
	first_number = take_question(MM_MESSAGE_DESK_ASK_STATUS);
	second_number = take_question(MM_MESSAGE_DESK_ASK_RELOAD);
	assert_int_not_equal(first_number, second_number);
	desk_connection_answer(&desk, second_number, mm_slice_str("{\"done\":true}"), 0);
	expect(second, "{\"done\":true}\n");
	expect_open(first);
	desk_connection_answer(&desk, first_number, mm_slice_str("{}"), 0);
	expect(first, "{}\n");
	/* Once answered, twice is nobody's. */
	desk_connection_answer(&desk, first_number, mm_slice_str("{}"), 0);
	assert_int_equal(present(), 0);
}

static void
test_in_pieces(void **state)
{
	static const char question[] = "{\"ask\":\"fetch\",\"realm\":\"enterprise\"}\n";
	int fd = knock();

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(question); i++) {
		assert_int_equal(write(fd, question + i, 1), 1);
		turn(0);
	}
	desk_connection_answer(&desk, take_question(MM_MESSAGE_DESK_ASK_FETCH), mm_slice_str("{}"), 0);
	expect(fd, "{}\n");
}

static void
test_refused(void **state)
{
	int fd;

	(void)state;
	expect(ask("{\"ask\":\"status\"}\n{"), "{\"error\":\"something stands behind the question\"}\n");
	expect(ask("{\"ask\":\"fetch\"}\n"), "{\"error\":\"'realm' is missing\"}\n");
	expect(ask("\n"), "{\"error\":\"the question is no JSON object, or has a member twice\"}\n");
	desk.ranks.operator_uid = (uid_t)-1;
	if (geteuid() == 0)
		return; /* root may everything */
	expect(ask("{\"ask\":\"status\"}\n"),
	    "{\"error\":\"you may not ask here: root, the service's user and its group may\"}\n");
	desk.ranks.reader_gid = getegid();
	expect(ask("{\"ask\":\"reload\"}\n"),
	    "{\"error\":\"you may look, but not change anything: root and the service's user may\"}\n");
	fd = ask("{\"ask\":\"status\"}\n");
	(void)take_question(MM_MESSAGE_DESK_ASK_STATUS);
	close(fd);
}

/* ---- those who are late ---- */

static void
test_no_question(void **state)
{
	int fd = knock();

	(void)state;
	turn(1000);
	turn(1000 + DESK_QUESTION_MS - 1);
	expect_open(fd);
	assert_true(desk_connection_due_ms(&desk.connections[0], 1000) == 1000 + DESK_QUESTION_MS);
	turn(1000 + DESK_QUESTION_MS);
	expect(fd, "{\"error\":\"no question came\"}\n");
}

static void
test_no_answer(void **state)
{
	int fd = ask("{\"ask\":\"status\"}\n");

	(void)state;
	turn(DESK_ANSWER_MS - 1);
	expect_open(fd);
	turn(DESK_ANSWER_MS);
	expect(fd, "{\"error\":\"mintmarkd does not answer\"}\n");
	desk_connection_answer(&desk, 1, mm_slice_str("{}"), DESK_ANSWER_MS);
}

/* ---- those who are gone ---- */

static void
test_gone(void **state)
{
	int fd = ask("{\"ask\":\"status\"}\n");

	(void)state;
	close(fd);
	turn(0);
	assert_int_equal(present(), 0);
	desk_connection_answer(&desk, take_question(MM_MESSAGE_DESK_ASK_STATUS), mm_slice_str("{}"), 0);
	fd = knock();
	turn(0);
	assert_int_equal(present(), 1);
	close(fd);
	turn(0);
	assert_int_equal(present(), 0);
}

/* Who has said all that he will say still gets his answer. */
static void
test_half_closed(void **state)
{
	int fd = knock();

	(void)state;
	assert_int_equal(write(fd, "{\"ask\":\"status\"}\n", 17), 17);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	turn(0);
	turn(0);
	desk_connection_answer(&desk, take_question(MM_MESSAGE_DESK_ASK_STATUS), mm_slice_str("{}"), 0);
	expect(fd, "{}\n");
}

/* ---- too many ---- */

static void
test_too_many(void **state)
{
	int fds[DESK_CONNECTIONS_MAX];

	(void)state;
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		fds[i] = knock();
	turn(0);
	assert_int_equal(present(), DESK_CONNECTIONS_MAX);
	expect(ask(""), "{\"error\":\"too many ask at once\"}\n");
	close(fds[0]);
	turn(0);
	expect(ask("{}\n"), "{\"error\":\"'ask' is not status, reload, fetch, decisions, autopsies or a question "
	    "about a mint\"}\n");
	for (size_t i = 1; i < DESK_CONNECTIONS_MAX; i++)
		close(fds[i]);
}

static void
test_too_many_streams(void **state)
{
	int fds[DESK_STREAMS_MAX];

	(void)state;
	write_journal(1);
	for (size_t i = 0; i < DESK_STREAMS_MAX; i++)
		fds[i] = ask("{\"ask\":\"decisions\",\"follow\":true,\"last\":0}\n");
	expect(ask("{\"ask\":\"autopsies\"}\n"), "{\"error\":\"too many read the journal at once\"}\n");
	close(fds[0]);
	turn(0);
	expect(ask("{\"ask\":\"autopsies\"}\n"), "{\"end\":true}\n");
	for (size_t i = 1; i < DESK_STREAMS_MAX; i++)
		close(fds[i]);
}

/* ---- the journal ---- */

static void
test_no_journal(void **state)
{
	(void)state;
	expect(ask("{\"ask\":\"decisions\"}\n"), "{\"end\":true}\n");
}

/* Of findings, those of the autopsy; of these the proofs, and the leads where they are asked for. */
static void
test_autopsies(void **state)
{
	static const char *const findings[][2] = {
		{ MM_FINDING_AUTOPSY, MM_FINDING_CLASS_LEAD }, { "other", MM_FINDING_CLASS_PROOF },
		{ MM_FINDING_AUTOPSY, MM_FINDING_CLASS_PROOF },
	};
	static const char proof[] = "{\"kind\":\"finding\",\"time\":\"1970-01-01T00:00:00.000007Z\",\"time_us\":7,"
	                            "\"finding\":\"autopsy\",\"class\":\"proof\",\"text\":\"t\",\"segment\":1,"
	                            "\"offset\":544}\n{\"end\":true}\n";
	struct mm_journal *journal = open_journal();

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(findings); i++) {
		struct mm_journal_record record = { .kind = MM_JOURNAL_FINDING, .time_us = 5 + (int64_t)i };

		record.fields[MM_JF_FINDING] = mm_slice_str(findings[i][0]);
		record.fields[MM_JF_FINDING_CLASS] = mm_slice_str(findings[i][1]);
		record.text = mm_slice_str("t");
		assert_true(mm_journal_append(journal, &record));
	}
	assert_true(mm_journal_close(&journal));
	expect(ask("{\"ask\":\"autopsies\"}\n"), proof);
	expect(ask("{\"ask\":\"autopsies\",\"leads\":true,\"last\":1}\n"), proof);
	expect(ask("{\"ask\":\"autopsies\",\"leads\":false,\"since_us\":8}\n"), "{\"end\":true}\n");
}

/* Records wait in the journal, not in memory; who takes nothing for too long is cut. */
static void
test_slow_reader(void **state)
{
	static char taken[1024 * 1024];
	struct desk_connection *connection = &desk.connections[0];
	size_t most = 0;
	ssize_t got;
	int fd;

	(void)state;
	write_journal(20000);
	fd = ask("{\"ask\":\"decisions\"}\n");
	for (int i = 0; i < 200; i++) {
		turn(1);
		most = connection->out.len > most ? connection->out.len : most;
	}
	assert_int_equal(connection->phase, DESK_STREAMING);
	assert_in_range(most, 1, 2 * 1024 * 1024);
	/* Who takes something gets more time. */
	got = recv(fd, taken, sizeof(taken), MSG_DONTWAIT);
	assert_true(got > 0);
	turn(DESK_TAKING_MS - 1);
	turn(DESK_TAKING_MS + 1);
	assert_int_equal(connection->phase, DESK_STREAMING);
	turn(2 * DESK_TAKING_MS - 2);
	assert_int_equal(connection->phase, DESK_STREAMING);
	turn(2 * DESK_TAKING_MS);
	assert_int_equal(present(), 0);
	close(fd);
}

/* A follower to whom nothing happens is not late. */
static void
test_patient_follower(void **state)
{
	int fd;

	(void)state;
	write_journal(3);
	fd = ask("{\"ask\":\"decisions\",\"follow\":true,\"last\":0}\n");
	for (int64_t now_ms = 0; now_ms < 5 * (int64_t)DESK_TAKING_MS; now_ms += DESK_TICK_MS * 10)
		turn(now_ms);
	expect_open(fd);
	assert_true(desk.connections[0].paused);
	assert_true(desk_connection_due_ms(&desk.connections[0], 7) == 7 + DESK_TICK_MS);
	close(fd);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_streams, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_autopsies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_patient_follower, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
