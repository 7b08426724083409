/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier as a process of its own, in its sandbox: it is killed between and within requests, its disk is full, its
 * table is damaged. What is good once is never good twice.
 */
#include "daemon/ipc/limits.h"
#include "test/verifier_world.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NOBODY 65534
#define PATIENCE_MS 30000
#define KILLS 40
#define STATUSES_MAX 60

static const char *program;
static char folder[64];
static pid_t child = -1;
static bool answered_last;

/* ---- the process ---- */

static void
become_the_verifier(int control)
{
	static char time_zone[] = "TZ=UTC0", leaks[] = "ASAN_OPTIONS=detect_leaks=0";
	char *const environment[] = { time_zone, leaks, NULL };
	char name[] = "mintmark-verifier";
	char *const arguments[] = { name, NULL };

	if (dup2(control, MM_CONTROL_FD) == -1 || close_range(MM_CONTROL_FD + 1, UINT_MAX, 0) == -1)
		_exit(126);
	execve(program, arguments, environment);
	_exit(127);
}

static void
give_peer(enum mm_process process, int *ours)
{
	unsigned char payload[3] = { (unsigned char)process, 1, 0 };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	world_tell(MM_MESSAGE_VERIFIER_PEER, payload, sizeof(payload), ends[1]);
	close(ends[1]);
	*ours = ends[0];
}

static void
set_up(void)
{
	static const unsigned char nobody[8] = { 0xfe, 0xff, 0, 0, 0xfe, 0xff, 0, 0 };
	struct mm_buf realm = world_realm();
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	world_tell(MM_MESSAGE_VERIFIER_REALM, realm.data, realm.len, -1);
	mm_buf_clear(&realm);
	world_tell(MM_MESSAGE_VERIFIER_TENANT, world_contoso, sizeof(world_contoso), -1);
	world_tell(MM_MESSAGE_VERIFIER_TENANT, world_fabrikam, sizeof(world_fabrikam), -1);
	world_tell(MM_MESSAGE_VERIFIER_SERVICE, world_service, sizeof(world_service), -1);
	world_tell(MM_MESSAGE_VERIFIER_FOLDER, NULL, 0, fd);
	close(fd);
	give_peer(MM_PROCESS_ISSUER, &world.issuer);
	give_peer(MM_PROCESS_LEDGER, &world.ledger);
	world_tell(MM_MESSAGE_VERIFIER_DPOP_NONCE, "\1", 1, -1);
	world_tell(MM_MESSAGE_VERIFIER_START, nobody, sizeof(nobody), -1);
}

/* Wait for a message of mintmarkd's end; statuses and directories on the way are passed over. False: it ended. */
static bool
wait_for(enum mm_message_type type)
{
	struct pollfd control = { world.control, POLLIN, 0 };

	for (;;) {
		if (poll(&control, 1, PATIENCE_MS) != 1)
			return false;
		if (mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message) != 1)
			return false;
		if (world_message.type == type)
			return true;
		if (world_message.fd >= 0)
			close(world_message.fd);
	}
}

static bool
start(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0)
		become_the_verifier(ends[1]);
	close(ends[1]);
	world.control = ends[0];
	set_up();
	return wait_for(MM_MESSAGE_VERIFIER_READY);
}

static void
close_ends(void)
{
	close(world.control);
	close(world.issuer);
	close(world.ledger);
	world.control = world.issuer = world.ledger = -1;
}

static int
end_by(int signal)
{
	int status;

	kill(child, signal);
	assert_int_equal(waitpid(child, &status, 0), child);
	child = -1;
	close_ends();
	return status;
}

static void
stop(void)
{
	int status;

	world_tell(MM_MESSAGE_VERIFIER_STOP, NULL, 0, -1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	child = -1;
	close_ends();
}

/* ---- asking ---- */

/* Play the ledger until the answer is there, the process is gone (false), or until_tickets tickets were opened. */
static bool
wait_for_answer(struct mm_verified *answer, unsigned until_tickets)
{
	struct pollfd fds[2] = { { world.issuer, POLLIN, 0 }, { world.ledger, POLLIN, 0 } };

	answered_last = false;
	while (world.tickets < until_tickets) {
		if (poll(fds, 2, PATIENCE_MS) < 1)
			return false;
		if ((fds[1].revents & POLLIN) != 0)
			(void)world_play_ledger();
		else if (fds[1].revents != 0)
			return false;
		if ((fds[0].revents & POLLIN) == 0)
			continue;
		if (mm_message_receive(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, &world_message) != 1)
			return false;
		assert_true(mm_verified_read(mm_slice(world_message.payload, world_message.len), answer));
		answered_last = true;
		return true;
	}
	return false;
}

static struct mm_verified
ask(struct mm_verify verify)
{
	struct mm_verified answer;

	world_send(&verify);
	assert_true(wait_for_answer(&answer, UINT_MAX));
	assert_int_equal(answer.number, verify.head.number);
	return answer;
}

static bool
operate(const unsigned char *payload, size_t len)
{
	bool done;

	world_tell(MM_MESSAGE_VERIFIER_ASK, payload, len, -1);
	assert_true(wait_for(MM_MESSAGE_VERIFIER_ANSWER));
	done = world_message.payload[8] != 0;
	close(world_message.fd);
	return done;
}

static void
add_people(void)
{
	static unsigned char payload[16384];
	struct mm_ask_client app = world_client("app", "code refresh device");
	struct mm_ask_client batch = world_client("batch", "client_credentials");

	assert_true(operate(payload,
	    world_user(payload, MM_MINT_VERB_USER_ADD, "alice@contoso.example", "contoso", world_hash())));
	assert_true(operate(payload, world_client_payload(payload, MM_MINT_VERB_CLIENT_ADD, &app)));
	world_client_secret(&batch, "s3cret");
	assert_true(operate(payload, world_client_payload(payload, MM_MINT_VERB_CLIENT_ADD, &batch)));
}

static int
open_world(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	(void)snprintf(folder, sizeof(folder), "/tmp/mm-verifier-XXXXXX");
	assert_non_null(mkdtemp(folder));
	if (geteuid() == 0)
		assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
	assert_true(start());
	add_people();
	return 0;
}

static void
remove_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)unlink(path);
}

static int
close_world(void **state)
{
	(void)state;
	if (child > 0)
		(void)end_by(SIGKILL);
	(void)umount(folder); /* where a test failed on its small disk */
	remove_file("table.sqlite");
	remove_file("table.sqlite-wal");
	remove_file("table.sqlite-shm");
	remove_file("table.sqlite-journal");
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

#define TEXT(text) mm_mint_text_get(&(text))

static struct mm_verified
sign_in(void)
{
	struct mm_verified answer = ask(world_sign_in("app", "alice@contoso.example", PASSWORD));

	if (answer.status != MM_SIGN_IN_OK)
		fail_msg("%.*s", (int)answer.description.len, answer.description.bytes);
	return answer;
}

/* ---- tests ---- */

static void
it_serves_and_stops(void **state)
{
	struct mm_verified signed_in = sign_in(), tokens = ask(world_code("app", TEXT(signed_in.code)));

	(void)state;
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	assert_int_equal(world.tickets, 2);
	stop();
	/* What it told is there when it is started anew. */
	assert_true(start());
	assert_int_equal(ask(world_refresh("app", TEXT(tokens.refresh_token))).status, MM_SIGN_IN_OK);
	assert_int_equal(ask(world_code("app", TEXT(signed_in.code))).status, MM_SIGN_IN_INVALID_GRANT);
}

/* Kill it some time after the request: at once, when the ledger has the ticket, or a little later. */
static bool
kill_within(struct mm_verify verify, unsigned round, struct mm_verified *answer)
{
	unsigned tickets = world.tickets;

	world_send(&verify);
	answered_last = false;
	if (round % 4 != 0)
		(void)wait_for_answer(answer, round % 4 == 1 ? UINT_MAX : tickets + round % 4 - 1);
	else {
		struct pollfd fds = { world.issuer, POLLIN, 0 };

		(void)poll(&fds, 1, (int)(round % 3));
	}
	(void)end_by(SIGKILL);
	return answered_last && answer->status == MM_SIGN_IN_OK;
}

/*
 * A code is presented, the process is killed, the code is presented again: whatever was told before, at most one of
 * them has tokens that go on.
 */
static void
a_code_is_good_once_whatever_dies(void **state)
{
	unsigned told = 0, again = 0;

	(void)state;
	for (unsigned round = 0; round < KILLS; round++) {
		struct mm_verified signed_in = sign_in(), first, second;
		bool had = kill_within(world_code("app", TEXT(signed_in.code)), round, &first);

		assert_true(start());
		second = ask(world_code("app", TEXT(signed_in.code)));
		if (had)
			assert_int_equal(second.status, MM_SIGN_IN_INVALID_GRANT);
		else
			assert_true(second.status == MM_SIGN_IN_OK || second.status == MM_SIGN_IN_INVALID_GRANT);
		told += had;
		again += second.status == MM_SIGN_IN_OK;
	}
	/* Both ways were gone. */
	assert_true(told > 0);
	assert_true(again > 0);
}

static void
a_refresh_token_is_good_once_whatever_dies(void **state)
{
	unsigned told = 0, again = 0;

	(void)state;
	for (unsigned round = 0; round < KILLS; round++) {
		struct mm_verified signed_in = sign_in(), first, second;
		struct mm_verified tokens = ask(world_code("app", TEXT(signed_in.code)));
		bool had = kill_within(world_refresh("app", TEXT(tokens.refresh_token)), round, &first);

		assert_true(start());
		second = ask(world_refresh("app", TEXT(tokens.refresh_token)));
		if (had) {
			assert_int_equal(second.status, MM_SIGN_IN_INVALID_GRANT);
			/* And the family is ended. */
			second = ask(world_refresh("app", TEXT(first.refresh_token)));
			assert_int_equal(second.status, MM_SIGN_IN_INVALID_GRANT);
		}
		told += had;
		again += second.status == MM_SIGN_IN_OK;
	}
	assert_true(told > 0);
	assert_true(again > 0);
}

static void
flip(const char *name, off_t at)
{
	char path[128];
	unsigned char byte;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0xff;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void
a_damaged_table_is_found(void **state)
{
	int status;

	(void)state;
	stop(); /* which writes what the log had into the table */
	flip("table.sqlite", 0);
	assert_false(start());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	close_ends();
	flip("table.sqlite", 0);
	/* The number of cells of the first page behind the schema's. */
	flip("table.sqlite", 4096 + 3);
	assert_false(start());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	child = -1;
	close_ends();
}

/* Else it would stay so when the disk is well again. */
static void
a_log_that_can_only_be_read_is_refused(void **state)
{
	char path[128];
	int status, fd;

	(void)state;
	stop(); /* which removes the log */
	(void)snprintf(path, sizeof(path), "%s/table.sqlite-wal", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_false(start());
	assert_int_equal(waitpid(child, &status, 0), child);
	child = -1;
	close_ends();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	remove_file("table.sqlite-wal");
	assert_true(start());
	assert_int_equal(sign_in().status, MM_SIGN_IN_OK);
}

/* A stranger's bytes in place of a request end the issuer's pair, and nothing else. */
static void
an_issuer_that_breaks_the_rules_is_cut_off(void **state)
{
	struct pollfd fds = { .events = POLLIN };
	unsigned char garbage[2000];

	(void)state;
	memset(garbage, 0xa5, sizeof(garbage));
	assert_int_equal(mm_message_send(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFY,
	                     garbage, sizeof(garbage), -1), 0);
	fds.fd = world.issuer;
	assert_int_equal(poll(&fds, 1, PATIENCE_MS), 1);
	assert_int_equal(
	    mm_message_receive(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, &world_message), 0);
	close(world.issuer);
	give_peer(MM_PROCESS_ISSUER, &world.issuer);
	assert_int_equal(sign_in().status, MM_SIGN_IN_OK);
}

/* Fill what is left of the folder's disk; the file's name. */
static void
fill_disk(const char *name)
{
	static char block[65536];
	char path[128];
	size_t len = sizeof(block);
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	while (len > 0)
		if (write(fd, block, len) != (ssize_t)len)
			len /= 2;
	close(fd);
}

/* Until it tells that something could be written, behind the alarm that nothing could. */
static void
wait_for_store(void)
{
	static const char good[] = "\"store_failed\":false";

	for (unsigned left = STATUSES_MAX; left > 0; left--) {
		assert_true(wait_for(MM_MESSAGE_VERIFIER_STATUS));
		if (memmem(world_message.payload, world_message.len, good, sizeof(good) - 1) != NULL)
			return;
	}
	fail_msg("nothing can be written");
}

static void
a_full_disk_gives_nothing_and_loses_nothing(void **state)
{
	struct mm_verified signed_in, tokens;
	struct mm_verify verify;

	(void)state;
	if (end_by(SIGKILL) != SIGKILL || mount("tmpfs", folder, "tmpfs", 0, "size=1m,mode=0777") == -1) {
		print_message("not run: no small disk can be mounted here\n");
		assert_true(start());
		return;
	}
	assert_true(start());
	add_people();
	signed_in = sign_in();
	tokens = ask(world_code("app", TEXT(signed_in.code)));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	fill_disk("full");
	verify = world_refresh("app", TEXT(tokens.refresh_token));
	assert_int_equal(ask(verify).status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(ask(world_sign_in("app", "alice@contoso.example", PASSWORD)).status,
	    MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_true(wait_for(MM_MESSAGE_VERIFIER_ALARM));
	remove_file("full");
	/* It tries by itself whether the disk takes writes again. */
	wait_for_store();
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	stop();
	assert_int_equal(umount(folder), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(it_serves_and_stops),
		TEST(a_code_is_good_once_whatever_dies),
		TEST(a_refresh_token_is_good_once_whatever_dies),
		TEST(a_full_disk_gives_nothing_and_loses_nothing),
		TEST(a_damaged_table_is_found),
		TEST(a_log_that_can_only_be_read_is_refused),
		TEST(an_issuer_that_breaks_the_rules_is_cut_off),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: faults-verifier MINTMARK-VERIFIER\n");
		return 2;
	}
	program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
