/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs between processes: made once both serve, made anew for whom a process was started anew, and for nobody else. */
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/peers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEDGER, SIGNER, VERIFIER, COUNT };

/* Stand-ins: the test holds the processes' ends of their control sockets, and their ends of the pairs. */
struct bench {
	struct mm_keeper keepers[COUNT];
	int controls[COUNT];
	struct mm_peers peers;
	struct mm_message message;
};

static const struct mm_keeper_role roles[COUNT] = {
	[LEDGER] = { .process = MM_PROCESS_LEDGER, .name = "ledger" },
	[SIGNER] = { .process = MM_PROCESS_SIGNER, .name = "signer" },
	[VERIFIER] = { .process = MM_PROCESS_VERIFIER, .name = "verifier" },
};

static void
start(struct bench *bench, int which)
{
	struct mm_keeper *keeper = &bench->keepers[which];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	mm_child_close(&keeper->child);
	if (bench->controls[which] >= 0)
		close(bench->controls[which]);
	keeper->child.socket = pair[0];
	bench->controls[which] = pair[1];
	keeper->state = MM_KEEPER_STARTING;
	keeper->starts++;
}

static int
setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	for (int i = 0; i < COUNT; i++) {
		mm_keeper_init(&bench->keepers[i], &roles[i], NULL);
		bench->keepers[i].child.process = roles[i].process;
		bench->controls[i] = -1;
	}
	mm_peers_add(&bench->peers, &bench->keepers[LEDGER], 0, &bench->keepers[SIGNER], 7);
	mm_peers_add(&bench->peers, &bench->keepers[LEDGER], 0, &bench->keepers[VERIFIER], 7);
	*state = bench;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < COUNT; i++) {
		mm_child_close(&bench->keepers[i].child);
		if (bench->controls[i] >= 0)
			close(bench->controls[i]);
	}
	free(bench);
	return 0;
}

/* The end that a process was handed, of a pair with peer; -1: nothing came. */
static int
take_end(struct bench *bench, int which, enum mm_process peer, unsigned realm)
{
	int got = mm_message_receive(bench->controls[which], roles[which].process, MM_PROCESS_MINTMARKD,
	    &bench->message);

	if (got == -1 && errno == EAGAIN)
		return -1;
	assert_int_equal(got, 1);
	assert_int_equal(bench->message.len, 3);
	assert_int_equal(bench->message.payload[0], peer);
	assert_int_equal(bench->message.payload[1] | bench->message.payload[2] << 8, realm);
	assert_true(bench->message.fd >= 0);
	return bench->message.fd;
}

/* What goes in at one end comes out at the other, and neither end waits. */
static void
assert_joined(int a, int b)
{
	char byte = 0;

	assert_int_equal(recv(b, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(a, "x", 1, 0), 1);
	assert_int_equal(recv(b, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	close(a);
	close(b);
}

static void
joins_when_both_serve(void **state)
{
	struct bench *bench = *state;
	int a, b;

	start(bench, LEDGER);
	mm_peers_join(&bench->peers);
	assert_int_equal(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), -1);
	start(bench, SIGNER);
	mm_peers_join(&bench->peers);
	a = take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7);
	b = take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0);
	assert_joined(a, b);
	mm_peers_join(&bench->peers);
	assert_int_equal(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), -1);
	assert_int_equal(take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0), -1);
}

static void
joins_anew_with_a_new_process(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < COUNT; i++)
		start(bench, i);
	mm_peers_join(&bench->peers);
	close(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7));
	close(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7));
	close(take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0));
	close(take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0));

	start(bench, SIGNER);
	mm_peers_join(&bench->peers);
	assert_joined(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0));
	assert_int_equal(take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0), -1);

	/* Of the ledger each has another one now. */
	start(bench, LEDGER);
	mm_peers_join(&bench->peers);
	assert_joined(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0));
	assert_joined(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7),
	    take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0));
}

/* Give up the ledger's pair with the verifier: it is not made anew at once, unless this is held up meanwhile. */
static void
give_up_verifier(struct bench *bench)
{
	enum { PAUSE_MS = 1000 };
	int64_t begun_ms;
	int end;

	do {
		begun_ms = mm_clock_ms();
		mm_peers_give_up(&bench->peers, &bench->keepers[LEDGER], MM_PROCESS_VERIFIER, 7);
		mm_peers_join(&bench->peers);
		end = take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0);
		if (end == -1)
			return;
		close(end);
		close(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7));
	} while (mm_clock_ms() - begun_ms >= PAUSE_MS);
	fail_msg("the pair was made anew at once");
}

/* What is given up by one of two that live is made anew, not at once, and no other pair with it. */
static void
joins_anew_what_was_given_up(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < COUNT; i++)
		start(bench, i);
	mm_peers_join(&bench->peers);
	close(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7));
	close(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7));
	close(take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0));
	close(take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0));

	mm_peers_give_up(&bench->peers, &bench->keepers[LEDGER], MM_PROCESS_VERIFIER, 8); /* of another realm */
	mm_peers_join(&bench->peers);
	usleep(1100000);
	mm_peers_join(&bench->peers);
	assert_int_equal(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7), -1);

	give_up_verifier(bench);
	usleep(1100000);
	mm_peers_join(&bench->peers);
	assert_joined(take_end(bench, LEDGER, MM_PROCESS_VERIFIER, 7),
	    take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0));
	assert_int_equal(take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0), -1);

	mm_peers_give_up(&bench->peers, &bench->keepers[SIGNER], MM_PROCESS_LEDGER, 0);
	usleep(1100000);
	mm_peers_join(&bench->peers);
	assert_joined(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), take_end(bench, SIGNER, MM_PROCESS_LEDGER, 0));
	assert_int_equal(take_end(bench, VERIFIER, MM_PROCESS_LEDGER, 0), -1);
}

static void
joins_nobody_who_stops(void **state)
{
	struct bench *bench = *state;

	start(bench, LEDGER);
	start(bench, SIGNER);
	bench->keepers[SIGNER].state = MM_KEEPER_STOPPING;
	mm_peers_join(&bench->peers);
	assert_int_equal(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), -1);
	bench->keepers[SIGNER].state = MM_KEEPER_RUNNING;
	mm_peers_remove(&bench->peers, &bench->keepers[SIGNER]);
	mm_peers_join(&bench->peers);
	assert_int_equal(take_end(bench, LEDGER, MM_PROCESS_SIGNER, 7), -1);
	assert_int_equal(bench->peers.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins_when_both_serve, setup, teardown),
		cmocka_unit_test_setup_teardown(joins_anew_with_a_new_process, setup, teardown),
		cmocka_unit_test_setup_teardown(joins_anew_what_was_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(joins_nobody_who_stops, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
