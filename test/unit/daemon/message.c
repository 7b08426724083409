/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: what the table allows arrives whole; what it does not is neither sent nor accepted. */
#include "daemon/ipc/message.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#define HEADER_LEN 8

static const struct {
	enum mm_process sender, receiver;
	size_t len_max;
	bool with_fd;
} table[] = {
#define MM_MESSAGE(type, sender, receiver, max_len, with_fd)                                                          \
	{ MM_PROCESS_##sender, MM_PROCESS_##receiver, max_len, with_fd },
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE
};

struct pair {
	int ends[2];
	struct mm_message *message;
};

static int
setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	pair->message = calloc(1, sizeof(*pair->message));
	assert_non_null(pair->message);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair->ends), 0);
	*state = pair;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *pair = *state;

	close(pair->ends[0]);
	close(pair->ends[1]);
	free(pair->message);
	free(pair);
	return 0;
}

static int
count_open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static int
send_type(struct pair *pair, unsigned type, const void *payload, size_t len, int fd)
{
	return mm_message_send(pair->ends[0], table[type].sender, table[type].receiver, (enum mm_message_type)type,
	    payload, len, fd);
}

static int
receive_type(struct pair *pair, unsigned type)
{
	return mm_message_receive(pair->ends[1], table[type].receiver, table[type].sender, pair->message);
}

static void
every_row_arrives_whole(void **state)
{
	struct pair *pair = *state;
	static unsigned char payload[MM_MESSAGE_LEN_MAX];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * 7 + 1);
	for (unsigned type = 0; type < MM_MESSAGE_COUNT; type++) {
		int fd = table[type].with_fd ? pair->ends[0] : -1;

		assert_int_equal(send_type(pair, type, payload, table[type].len_max, fd), 0);
		assert_int_equal(receive_type(pair, type), 1);
		assert_int_equal(pair->message->type, type);
		assert_int_equal(pair->message->len, table[type].len_max);
		assert_memory_equal(pair->message->payload, payload, table[type].len_max);
		assert_int_equal(pair->message->fd >= 0, table[type].with_fd);
		if (pair->message->fd >= 0) {
			assert_int_equal(fcntl(pair->message->fd, F_GETFD), FD_CLOEXEC);
			close(pair->message->fd);
		}
	}
}

static void
nothing_else_is_sent(void **state)
{
	struct pair *pair = *state;
	static const unsigned char payload[MM_MESSAGE_LEN_MAX];

	for (unsigned type = 0; type < MM_MESSAGE_COUNT; type++) {
		int fd = table[type].with_fd ? pair->ends[0] : -1;

		assert_int_equal(send_type(pair, type, payload, table[type].len_max + 1, fd), -1);
		assert_int_equal(errno, EMSGSIZE);
		assert_int_equal(send_type(pair, type, NULL, 0, fd >= 0 ? -1 : pair->ends[0]), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(mm_message_send(pair->ends[0], table[type].receiver, table[type].sender,
		    (enum mm_message_type)type, NULL, 0, fd), -1);
		assert_int_equal(errno, EPERM);
	}
	assert_int_equal(mm_message_send(pair->ends[0], MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, MM_MESSAGE_COUNT, NULL,
	    0, -1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(mm_message_receive(pair->ends[1], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, pair->message), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Send any bytes with any number of descriptors, as a process that was taken over would. */
static void
send_raw(struct pair *pair, const void *bytes, size_t len, unsigned fd_count)
{
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(4 * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		for (unsigned i = 0; i < fd_count; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &pair->ends[0], sizeof(int));
	}
	assert_int_equal(sendmsg(pair->ends[0], &msg, MSG_NOSIGNAL), len);
}

static void
assert_refused(struct pair *pair, const void *bytes, size_t len, unsigned fd_count)
{
	int open_before = count_open_fds();

	send_raw(pair, bytes, len, fd_count);
	errno = 0;
	assert_int_equal(mm_message_receive(pair->ends[1], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, pair->message), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(pair->message->fd, -1);
	assert_int_equal(count_open_fds(), open_before);
}

#define STOP MM_MESSAGE_GATE_STOP
#define SNAPSHOT MM_MESSAGE_GATE_SNAPSHOT

static void
broken_packets_are_refused(void **state)
{
	struct pair *pair = *state;
	static unsigned char large[HEADER_LEN + MM_MESSAGE_LEN_MAX + 100] = { STOP };

	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 0, 0, 0, 0 }, 7, 0);       /* a short header */
	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 0, 1, 0, 0, 0 }, 8, 0);    /* more announced than sent */
	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 0, 0, 0, 0, 0, 9 }, 9, 0); /* more sent than announced */
	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 0, 1, 0, 0, 0, 9 }, 9, 0); /* longer than its row */
	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 1, 0, 0, 0, 0 }, 8, 0);          /* the zero byte is not */
	assert_refused(pair, (unsigned char[]){ STOP, 1, 0, 0, 0, 0, 0, 0 }, 8, 0);          /* no such type */
	assert_refused(pair, (unsigned char[]){ MM_MESSAGE_COUNT, 0, 0, 0, 0, 0, 0, 0 }, 8, 0);
	assert_refused(pair, (unsigned char[]){ MM_MESSAGE_GATE_READY, 0, 0, 0, 0, 0, 0, 0 }, 8, 0); /* the other way */
	assert_refused(pair, large, sizeof(large), 0);
}

static void
wrong_descriptors_are_refused_and_closed(void **state)
{
	struct pair *pair = *state;

	assert_refused(pair, (unsigned char[]){ STOP, 0, 0, 0, 0, 0, 0, 0 }, 8, 1);
	assert_refused(pair, (unsigned char[]){ STOP, 0, 1, 0, 0, 0, 0, 0 }, 8, 1);
	assert_refused(pair, (unsigned char[]){ SNAPSHOT, 0, 1, 0, 0, 0, 0, 0 }, 8, 0);
	assert_refused(pair, (unsigned char[]){ SNAPSHOT, 0, 0, 0, 0, 0, 0, 0 }, 8, 1);
	assert_refused(pair, (unsigned char[]){ SNAPSHOT, 0, 1, 0, 0, 0, 0, 0 }, 8, 2);
	assert_refused(pair, (unsigned char[]){ SNAPSHOT, 0, 1, 0, 0, 0, 0, 0 }, 8, 4);
}

static void
a_peer_that_went_is_told(void **state)
{
	struct pair *pair = *state;

	shutdown(pair->ends[0], SHUT_RDWR);
	assert_int_equal(mm_message_receive(pair->ends[1], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, pair->message), 0);
	assert_int_equal(mm_message_send(pair->ends[1], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD,
	    MM_MESSAGE_GATE_WANT_SEGMENT, NULL, 0, -1), -1);
	assert_int_equal(errno, EPIPE);
}

/* ---- many at once ---- */

#define MANY 40
_Static_assert(MANY > MM_BATCH_MAX, "more than go together");

static struct mm_batch batch;

/* As the ledger tells an issuer; each of another length. */
static int
send_many(struct pair *pair, size_t from, size_t count)
{
	static unsigned char payload[MANY];
	struct mm_outgoing outgoing[MANY];

	for (size_t i = 0; i < MANY; i++)
		payload[i] = (unsigned char)i;
	for (size_t i = 0; i < count; i++)
		outgoing[i] = (struct mm_outgoing){ MM_MESSAGE_TOKEN_MADE, mm_slice(payload, from + i) };
	return mm_message_send_batch(pair->ends[0], MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, outgoing, count);
}

static int
receive_many(struct pair *pair, size_t max)
{
	errno = 0;
	return mm_message_receive_batch(pair->ends[1], MM_PROCESS_ISSUER, MM_PROCESS_LEDGER, &batch, max);
}

static void
assert_batch(size_t from, size_t count)
{
	assert_int_equal(batch.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(batch.messages[i].type, MM_MESSAGE_TOKEN_MADE);
		assert_int_equal(batch.messages[i].len, from + i);
		assert_int_equal(batch.messages[i].fd, -1);
		for (size_t k = 0; k < from + i; k++)
			assert_int_equal(batch.messages[i].payload[k], k);
	}
}

static void
many_arrive_in_their_order(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(send_many(pair, 0, MANY), MM_BATCH_MAX);
	assert_int_equal(send_many(pair, MM_BATCH_MAX, MANY - MM_BATCH_MAX), MANY - MM_BATCH_MAX);
	assert_int_equal(receive_many(pair, 3), 1);
	assert_batch(0, 3);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), 1);
	assert_batch(3, MM_BATCH_MAX);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), -1);
	assert_int_equal(errno, EAGAIN);
	assert_batch(3 + MM_BATCH_MAX, MANY - MM_BATCH_MAX - 3);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(batch.count, 0);
}

static void
the_table_holds_for_many(void **state)
{
	struct pair *pair = *state;
	const struct mm_outgoing outgoing[] = {
		{ MM_MESSAGE_TOKEN_MADE, mm_slice("", 0) },
		{ MM_MESSAGE_TICKET_SPEND, mm_slice("", 0) }, /* the other way */
	};

	assert_int_equal(mm_message_send_batch(pair->ends[0], MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, outgoing, 2), 1);
	assert_int_equal(mm_message_send_batch(pair->ends[0], MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, outgoing + 1, 1),
	    -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), -1);
	assert_int_equal(errno, EAGAIN);
	assert_batch(0, 1);
}

/* What fits is taken, and nothing waits for the rest. */
static void
a_full_socket_takes_what_fits(void **state)
{
	struct pair *pair = *state;
	size_t sent = 0, received = 0;
	int taken;

	while ((taken = send_many(pair, 0, MM_BATCH_MAX)) > 0)
		sent += (size_t)taken;
	assert_int_equal(taken, -1);
	assert_int_equal(errno, EAGAIN);
	do {
		taken = receive_many(pair, MM_BATCH_MAX);
		received += batch.count;
	} while (taken == 1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(received, sent);
}

/* Of a batch with this packet, sent with so many descriptors, what stands before it is taken and nothing behind it. */
static void
assert_cut(struct pair *pair, const void *bytes, size_t len, unsigned fd_count)
{
	int open_before = count_open_fds();

	assert_int_equal(send_many(pair, 0, 2), 2);
	send_raw(pair, bytes, len, fd_count);
	send_raw(pair, bytes, len, 2);
	assert_int_equal(send_many(pair, 2, 1), 1);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), -1);
	assert_int_equal(errno, EPROTO);
	assert_batch(0, 2);
	assert_int_equal(count_open_fds(), open_before);
}

static void
a_broken_packet_ends_a_batch(void **state)
{
	struct pair *pair = *state;

	assert_cut(pair, (unsigned char[]){ MM_MESSAGE_TOKEN_MADE, 0, 0, 0, 1, 0, 0, 0 }, 8, 0);
	assert_cut(pair, (unsigned char[]){ MM_MESSAGE_TOKEN_MADE, 0, 0, 0, 0, 0, 0, 0 }, 8, 1);
	assert_cut(pair, (unsigned char[]){ MM_MESSAGE_TOKEN_MADE, 0, 1, 0, 0, 0, 0, 0 }, 8, 1);
	assert_cut(pair, (unsigned char[]){ MM_MESSAGE_TICKET_SPEND, 0, 0, 0, 0, 0, 0, 0 }, 8, 0);
}

/* One that the table allows to come with a descriptor comes alone. */
static void
a_descriptor_is_refused_in_a_batch(void **state)
{
	struct pair *pair = *state;
	int open_before = count_open_fds();

	assert_int_equal(send_type(pair, SNAPSHOT, NULL, 0, pair->ends[0]), 0);
	assert_int_equal(mm_message_receive_batch(pair->ends[1], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, &batch,
	                     MM_BATCH_MAX), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(batch.count, 0);
	assert_int_equal(count_open_fds(), open_before);
}

static void
what_a_peer_said_last_is_heard(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(send_many(pair, 0, 2), 2);
	shutdown(pair->ends[0], SHUT_RDWR);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), 0);
	assert_batch(0, 2);
	assert_int_equal(receive_many(pair, MM_BATCH_MAX), 0);
	assert_int_equal(batch.count, 0);
	assert_int_equal(send_many(pair, 0, 2), -1);
	assert_int_equal(errno, EPIPE);
}

static void
names_are_those_of_the_executables(void **state)
{
	(void)state;
	assert_string_equal(mm_process_name(MM_PROCESS_MINTMARKD), "mintmarkd");
	assert_string_equal(mm_process_name(MM_PROCESS_COMPILER), "mintmark-compiler");
	assert_string_equal(mm_process_name(MM_PROCESS_GATE), "mintmark-gate");
	assert_string_equal(mm_process_name(MM_PROCESS_COURIER), "mintmark-courier");
	assert_string_equal(mm_process_name(MM_PROCESS_DESK), "mintmark-desk");
	assert_string_equal(mm_process_name(MM_PROCESS_SIGNER), "mintmark-signer");
	assert_string_equal(mm_process_name(MM_PROCESS_LEDGER), "mintmark-ledger");
	assert_string_equal(mm_process_name(MM_PROCESS_VERIFIER), "mintmark-verifier");
	assert_string_equal(mm_process_name(MM_PROCESS_ISSUER), "mintmark-issuer");
	assert_string_equal(mm_process_name(MM_PROCESS_COUNT), "unknown");
}

/* doc/PROTOCOL.ipc says every byte: its table is the build's. */
static void
the_document_has_every_row(void **state)
{
	static const char *const names[] = { "MINTMARKD", "COMPILER", "GATE", "COURIER", "DESK", "SIGNER", "LEDGER",
	    "VERIFIER",
		"ISSUER" };
	static const char *const types[] = {
#define MM_MESSAGE(type, sender, receiver, max_len, with_fd) #type,
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE
	};
	FILE *document = fopen("doc/PROTOCOL.ipc", "r");
	char line[256], wanted[256];
	unsigned next = 0;

	(void)state;
	assert_non_null(document);
	while (fgets(line, sizeof(line), document) != NULL) {
		/* A row of the table is indented by three, begins with its number, and ends with "yes" or "no". */
		if (strncmp(line, "   ", 3) != 0 || line[3] < '0' || line[3] > '9' ||
		    (strstr(line, " yes\n") == NULL && strstr(line, " no\n") == NULL))
			continue;
		assert_in_range(next, 0, MM_MESSAGE_COUNT - 1);
		snprintf(wanted, sizeof(wanted), "   %-7u %-20s %-10s %-10s %-14zu %s\n", next, types[next],
		    names[table[next].sender], names[table[next].receiver], table[next].len_max,
		    table[next].with_fd ? "yes" : "no");
		assert_string_equal(line, wanted);
		next++;
	}
	fclose(document);
	assert_int_equal(next, MM_MESSAGE_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_arrives_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_else_is_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_packets_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_descriptors_are_refused_and_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_went_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(many_arrive_in_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(the_table_holds_for_many, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_socket_takes_what_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_packet_ends_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(a_descriptor_is_refused_in_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_peer_said_last_is_heard, setup, teardown),
		cmocka_unit_test(names_are_those_of_the_executables),
		cmocka_unit_test(the_document_has_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
