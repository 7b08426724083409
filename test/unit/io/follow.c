/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A follower against servers that keep to doc/PROTOCOL.follow, and such that do not.
 */
#include <mintmark/follow.h>

#include "daemon/ipc/sealed.h"
#include "lib/base/array.h"
#include "lib/trust/snapshot.h"

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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Longer than any wait here should be; reached only where something is broken. */
#define PATIENCE_MS 20000

struct server {
	char folder[32], path[64];
	int listener, connection;
};

/* ---- snapshots ---- */

/* The elliptic-curve key of RFC 7517 appendix A.1. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"kid\":\"1\",\"alg\":\"ES256\"}]}";

static void *
make_snapshot(uint64_t epoch, size_t *len)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;

	assert_non_null(builder);
	assert_true(mm_trust_builder_add_document(builder, "k", mm_slice_str(jwks), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "r", .issuer = "https://a.example", .keys = "k" }));
	assert_true(mm_trust_builder_compile(builder, epoch, NULL, NULL, &snapshot, len));
	mm_trust_builder_free(&builder);
	return snapshot;
}

/* A memfd with bytes, sealed or not. */
static int
make_memory(const void *bytes, size_t len, bool sealed)
{
	int fd = mm_sealed_new("test");

	assert_int_not_equal(fd, -1);
	assert_int_equal(mm_sealed_write(fd, mm_slice(bytes, len)), 0);
	if (sealed)
		assert_int_equal(mm_sealed_seal(fd), 0);
	return fd;
}

static int
make_trust_memory(uint64_t epoch)
{
	size_t len;
	void *snapshot = make_snapshot(epoch, &len);
	int fd = make_memory(snapshot, len, true);

	free(snapshot);
	return fd;
}

/* ---- the server ---- */

static void
listen_at(struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, server->path, strlen(server->path) + 1);
	server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_not_equal(server->listener, -1);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server->listener, 4), 0);
}

static int
set_up(void **state)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	memcpy(server->folder, "/tmp/mm-follow-XXXXXX", 22);
	assert_non_null(mkdtemp(server->folder));
	snprintf(server->path, sizeof(server->path), "%s/trust", server->folder);
	server->connection = -1;
	listen_at(server);
	*state = server;
	return 0;
}

static int
tear_down(void **state)
{
	struct server *server = *state;

	if (server->connection >= 0)
		close(server->connection);
	close(server->listener);
	unlink(server->path);
	rmdir(server->folder);
	free(server);
	return 0;
}

/* Send len bytes and descriptors, and close those. */
static void
send_packet(struct server *server, const void *bytes, size_t len, const int *fds, size_t fd_count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), fds, fd_count * sizeof(int));
	}
	assert_int_equal(sendmsg(server->connection, &header, MSG_NOSIGNAL), (ssize_t)len);
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i]);
}

static void
send_epoch(struct server *server, uint64_t epoch, int fd)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(epoch >> (8 * i));
	send_packet(server, bytes, sizeof(bytes), &fd, 1);
}

/* Let the follower connect, and accept it. */
static void
meet(struct server *server, struct mm_follower *follower)
{
	struct pollfd pollfd = { .fd = server->listener, .events = POLLIN };
	const char *why = NULL;

	/* Each call connects if it is time; the follower backs off for at most some seconds. */
	for (int tries = 0; tries < PATIENCE_MS / 50 && poll(&pollfd, 1, 0) == 0; tries++)
		assert_null(mm_trust_follow(follower, 50, &why));
	if (server->connection >= 0)
		close(server->connection);
	server->connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_not_equal(server->connection, -1);
}

static void
expect_trust(struct mm_follower *follower, uint64_t epoch)
{
	const char *why = "none";
	struct mm_trust *trust = mm_trust_follow(follower, PATIENCE_MS, &why);

	if (trust == NULL)
		fail_msg("no trust: %s", why);
	assert_true(mm_trust_epoch(trust) == epoch);
	assert_true(mm_follower_connected(follower));
	mm_trust_free(&trust);
}

static void
expect_refusal(struct mm_follower *follower, const char *wanted)
{
	const char *why = NULL;

	assert_null(mm_trust_follow(follower, PATIENCE_MS, &why));
	assert_string_equal(why, wanted);
	assert_false(mm_follower_connected(follower));
}

/* Whether the follower's end of the connection is closed. */
static void
expect_closed(struct server *server)
{
	char byte;

	assert_int_equal(recv(server->connection, &byte, 1, 0), 0);
}

/* ---- what should be ---- */

static void
test_each_epoch(void **state)
{
	struct server *server = *state;
	struct mm_follower *follower = mm_follower_new(server->path);
	struct pollfd pollfd = { .events = POLLIN };
	const char *why = NULL;

	assert_non_null(follower);
	pollfd.fd = mm_follower_fd(follower);
	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1); /* it wants to connect */
	meet(server, follower);
	assert_false(mm_follower_connected(follower));
	assert_null(mm_trust_follow(follower, 0, &why));
	assert_string_equal(why, "mintmarkd has told no trust yet");
	assert_int_equal(poll(&pollfd, 1, 0), 0);
	send_epoch(server, 5, make_trust_memory(5));
	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	expect_trust(follower, 5);
	assert_null(mm_trust_follow(follower, 0, &why));
	assert_string_equal(why, "there is no newer trust");
	send_epoch(server, 7, make_trust_memory(7));
	send_epoch(server, UINT64_C(1) << 40, make_trust_memory(UINT64_C(1) << 40));
	expect_trust(follower, 7);
	expect_trust(follower, UINT64_C(1) << 40);
	assert_int_equal(mm_follower_fd(follower), pollfd.fd);
	mm_follower_free(&follower);
	assert_null(follower);
	mm_follower_free(&follower);
	mm_follower_free(NULL);
}

/* A new connection begins with the epoch that is known; only the next one is given. */
static void
test_connects_again(void **state)
{
	struct server *server = *state;
	struct mm_follower *follower = mm_follower_new(server->path);
	int fd = mm_follower_fd(follower);
	const char *why = NULL;

	meet(server, follower);
	send_epoch(server, 5, make_trust_memory(5));
	expect_trust(follower, 5);
	close(server->connection);
	server->connection = -1;
	expect_refusal(follower, "the connection to mintmarkd ended");
	meet(server, follower);
	send_epoch(server, 5, make_trust_memory(5));
	assert_null(mm_trust_follow(follower, 0, &why));
	assert_string_equal(why, "there is no newer trust");
	assert_true(mm_follower_connected(follower));
	send_epoch(server, 6, make_trust_memory(6));
	expect_trust(follower, 6);
	assert_int_equal(mm_follower_fd(follower), fd);
	mm_follower_free(&follower);
}

static void
test_nobody_there(void **state)
{
	struct server *server = *state;
	struct mm_follower *follower;
	char path[200];
	const char *why = NULL;

	close(server->listener);
	follower = mm_follower_new(server->path);
	assert_non_null(follower);
	assert_null(mm_trust_follow(follower, 300, &why));
	assert_string_equal(why, "nobody answers at the trust socket: does mintmarkd run?");
	assert_null(mm_trust_follow(follower, 0, NULL));
	unlink(server->path);
	listen_at(server);
	meet(server, follower);
	send_epoch(server, 1, make_trust_memory(1));
	expect_trust(follower, 1);
	mm_follower_free(&follower);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(mm_follower_new(path));
	assert_int_equal(errno, ENAMETOOLONG);
}

/* ---- what should not be ---- */

static int
memory_of_text(const char *text)
{
	return make_memory(text, strlen(text), true);
}

static int
unsealed(void)
{
	size_t len;
	void *snapshot = make_snapshot(5, &len);
	int fd = make_memory(snapshot, len, false);

	free(snapshot);
	return fd;
}

/* Three of four seals: it could still be written. */
static int
badly_sealed(void)
{
	int fd = unsealed();

	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	return fd;
}

static int
cut(void)
{
	size_t len;
	void *snapshot = make_snapshot(5, &len);
	int fd = make_memory(snapshot, len - 1, true);

	free(snapshot);
	return fd;
}

static int
huge(void)
{
	int fd = mm_sealed_new("test");

	assert_int_equal(ftruncate(fd, (off_t)MM_SNAPSHOT_LEN_MAX + 1), 0);
	assert_int_equal(mm_sealed_seal(fd), 0);
	return fd;
}

static int
garbage(void)
{
	return memory_of_text("MMTRUST1 and what else comes to a mind");
}

static int
empty(void)
{
	return memory_of_text("");
}

static int
no_memory_at_all(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int
other_epoch(void)
{
	return make_trust_memory(6);
}

static void
test_bad_memory(void **state)
{
	static const struct {
		int (*make)(void);
		const char *why; /* NULL: what loading says */
	} rows[] = {
		{ unsealed, "what came is no sealed memory, so it could still change" },
		{ badly_sealed, "what came is no sealed memory, so it could still change" },
		{ no_memory_at_all, "what came is no sealed memory, so it could still change" },
		{ huge, "what came is longer than any snapshot" },
		{ empty, "what came is empty" },
		{ other_epoch, "the snapshot that came is not of the epoch that was said" },
		{ cut, NULL },
		{ garbage, NULL },
	};
	struct server *server = *state;

	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_follower *follower = mm_follower_new(server->path);
		const char *why = NULL;

		meet(server, follower);
		send_epoch(server, 5, rows[i].make());
		if (rows[i].why != NULL)
			expect_refusal(follower, rows[i].why);
		else
			assert_null(mm_trust_follow(follower, PATIENCE_MS, &why));
		assert_true(rows[i].why != NULL || why != NULL);
		expect_closed(server);
		/* What is good afterwards is taken. */
		meet(server, follower);
		send_epoch(server, 5, make_trust_memory(5));
		expect_trust(follower, 5);
		mm_follower_free(&follower);
	}
}

static void
test_bad_packets(void **state)
{
	static const struct {
		size_t len, fd_count;
	} rows[] = {
		{ 7, 1 }, { 9, 1 }, { 4096, 1 }, { 1, 1 }, { 8, 0 }, { 8, 2 }, { 8, 8 }, { 8, 12 }, { 1, 0 },
	};
	static const uint8_t bytes[4096] = { 5 };
	struct server *server = *state;
	int before = dup(0), after;

	close(before);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_follower *follower = mm_follower_new(server->path);
		int fds[16];

		meet(server, follower);
		for (size_t j = 0; j < rows[i].fd_count; j++)
			fds[j] = make_trust_memory(5);
		send_packet(server, bytes, rows[i].len, fds, rows[i].fd_count);
		expect_refusal(follower, "what came is no epoch with one descriptor");
		expect_closed(server);
		mm_follower_free(&follower);
		close(server->connection);
		server->connection = -1;
	}
	/* Every descriptor that came was closed again. */
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

static void
test_epoch_never_goes_back(void **state)
{
	struct server *server = *state;
	struct mm_follower *follower = mm_follower_new(server->path);

	meet(server, follower);
	send_epoch(server, 5, make_trust_memory(5));
	expect_trust(follower, 5);
	send_epoch(server, 4, make_trust_memory(4));
	expect_refusal(follower, "an epoch came that is older than one before");
	expect_closed(server);
	/* Nor over another connection. */
	meet(server, follower);
	send_epoch(server, 1, make_trust_memory(1));
	expect_refusal(follower, "an epoch came that is older than one before");
	meet(server, follower);
	send_epoch(server, 6, make_trust_memory(6));
	expect_trust(follower, 6);
	mm_follower_free(&follower);
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Who is refused again and again is not asked again and again: at 0, 100, 300, 700 ms and so on, and no earlier. */
static void
test_backs_off(void **state)
{
	struct server *server = *state;
	struct mm_follower *follower = mm_follower_new(server->path);
	struct pollfd pollfd = { .fd = server->listener, .events = POLLIN };
	int64_t begun_us = now_us();
	int attempts = 0;

	for (int i = 0; i < 10; i++) {
		(void)!mm_trust_follow(follower, 100, NULL);
		if (poll(&pollfd, 1, 0) == 1) {
			close(accept(server->listener, NULL, NULL));
			assert_true(now_us() - begun_us >= ((1 << attempts) - 1) * 100 * 1000);
			attempts++;
		}
	}
	assert_true(attempts >= 2);
	mm_follower_free(&follower);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_epoch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connects_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_packets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_epoch_never_goes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_backs_off, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
