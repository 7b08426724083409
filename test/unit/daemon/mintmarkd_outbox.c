/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait: whole, in their order, with their descriptors, and never for ever. */
#include "daemon/mintmarkd/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN 32000

struct bench {
	int ends[2];
	struct mm_outbox outbox;
	struct mm_message message;
	unsigned char payload[LEN];
};

static int
setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, bench->ends), 0);
	*state = bench;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	mm_outbox_clear(&bench->outbox);
	close(bench->ends[0]);
	close(bench->ends[1]);
	free(bench);
	return 0;
}

static bool
send_number(struct bench *bench, unsigned number)
{
	memcpy(bench->payload, &number, sizeof(number));
	return mm_outbox_send(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER, MM_MESSAGE_COURIER_SOURCE,
	    bench->payload, LEN, -1);
}

static bool
receive(struct bench *bench)
{
	return mm_message_receive(bench->ends[1], MM_PROCESS_COURIER, MM_PROCESS_MINTMARKD, &bench->message) == 1;
}

static void
what_is_not_taken_waits_and_keeps_its_order(void **state)
{
	struct bench *bench = *state;
	const unsigned count = 100; /* far more than a socket holds */
	unsigned next = 0;

	for (unsigned i = 0; i < count; i++)
		assert_true(send_number(bench, i));
	assert_non_null(bench->outbox.first);
	while (next < count) {
		unsigned number;

		assert_true(receive(bench));
		assert_int_equal(bench->message.len, LEN);
		memcpy(&number, bench->message.payload, sizeof(number));
		assert_int_equal(number, next++);
		assert_true(mm_outbox_flush(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER));
	}
	assert_null(bench->outbox.first);
	assert_int_equal(bench->outbox.bytes, 0);
}

static void
a_descriptor_waits_with_its_message(void **state)
{
	struct bench *bench = *state;
	struct stat sent, received;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &sent), 0);
	for (unsigned i = 0; bench->outbox.first == NULL; i++)
		assert_true(send_number(bench, i));
	assert_true(mm_outbox_send(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER, MM_MESSAGE_COURIER_CA, NULL, 0,
	    fd));
	close(fd); /* the sender's own is not needed any more */
	do {
		assert_true(receive(bench));
		assert_true(mm_outbox_flush(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER));
	} while (bench->message.type != MM_MESSAGE_COURIER_CA);
	assert_int_equal(fstat(bench->message.fd, &received), 0);
	assert_int_equal(sent.st_rdev, received.st_rdev);
	close(bench->message.fd);
}

static void
what_the_table_forbids_is_refused_at_once(void **state)
{
	struct bench *bench = *state;

	assert_false(mm_outbox_send(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER, MM_MESSAGE_GATE_STOP, NULL, 0,
	    -1));
	assert_int_equal(errno, EPERM);
	assert_null(bench->outbox.first);
}

static void
a_peer_that_went_is_told(void **state)
{
	struct bench *bench = *state;

	for (unsigned i = 0; bench->outbox.first == NULL; i++)
		assert_true(send_number(bench, i));
	shutdown(bench->ends[1], SHUT_RDWR);
	assert_false(mm_outbox_flush(&bench->outbox, bench->ends[0], MM_PROCESS_COURIER));
	assert_int_equal(errno, EPIPE);
}

static void
no_more_wait_than_there_is_room(void **state)
{
	struct bench *bench = *state;
	size_t count = 0;

	while (count < 2 * MM_OUTBOX_BYTES_MAX / LEN && send_number(bench, 0))
		count++;
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(bench->outbox.bytes, MM_OUTBOX_BYTES_MAX - LEN, MM_OUTBOX_BYTES_MAX);
	mm_outbox_clear(&bench->outbox);
	assert_int_equal(bench->outbox.bytes, 0);
	assert_null(bench->outbox.first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_taken_waits_and_keeps_its_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_descriptor_waits_with_its_message, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_table_forbids_is_refused_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_went_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_wait_than_there_is_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
