/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays mintmarkd for a real mintmark-courier: for the tests of what key servers can do to it.
 *
 *	courier_driver COURIER CA-FILE FOLDER
 *
 * enters mintmarkd's sandbox, which the courier inherits, starts it as mintmarkd would, and takes lines from standard
 * input: "source discovery|jwks REFRESH ADDRESS [issuer=ISSUER | host=HOST]…", "kept NUMBER FILE SECONDS", "start",
 * "refresh NUMBER", "broken" (a message that must not come), "stop". What the courier says is printed, a line each:
 * "document NUMBER PRESENT DROPPED" (its bytes are FOLDER/NUMBER.keys then), "status NUMBER OUTCOME FAILURES WAIT
 * SENTENCE" (WAIT: seconds to the next), and at last "end STATUS". The end of standard input is an end without "stop".
 */
#include "daemon/ipc/fetch.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "engine/config.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"
#include "test/behaviour/played_mintmarkd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_LEN_MAX 8192

static const char *const outcomes[MM_FETCH_COUNT] = { "new", "same", "unreachable", "refused", "unreadable" };

static const char *folder;
static uint32_t source_count;

static void
send_message(enum mm_message_type type, struct mm_buf *payload, int fd)
{
	if (!mm_buf_ok(payload) || mm_message_send(control, MM_PROCESS_MINTMARKD, MM_PROCESS_COURIER, type,
	                               payload->data, payload->len, fd) == -1)
		die("sending a message");
	mm_buf_clear(payload);
}

static void
send_file(enum mm_message_type type, struct mm_buf *payload, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		die(path);
	send_message(type, payload, fd);
	close(fd);
}

/* ---- commands ---- */

static void
add_text(struct mm_buf *payload, const char *text)
{
	mm_buf_add(payload, text, strlen(text) + 1);
}

/* The words behind NAME=, each as a text, and an empty one. */
static void
add_named(struct mm_buf *payload, char *const *words, const char *name)
{
	for (; *words != NULL; words++)
		if (strncmp(*words, name, strlen(name)) == 0)
			add_text(payload, *words + strlen(name));
	add_text(payload, "");
}

static void
send_source(char *const *words)
{
	struct mm_buf payload;

	mm_buf_init(&payload, MM_MESSAGE_LEN_MAX);
	mm_buf_add_u32(&payload, source_count++);
	mm_buf_add_u8(&payload, strcmp(words[1], "jwks") == 0 ? MM_KEYS_JWKS : MM_KEYS_DISCOVERY);
	mm_buf_add_u32(&payload, (uint32_t)strtoul(words[2], NULL, 10));
	mm_buf_add_u32(&payload, 86400);
	add_text(&payload, words[3]);
	add_named(&payload, words + 4, "issuer=");
	add_named(&payload, words + 4, "host=");
	send_message(MM_MESSAGE_COURIER_SOURCE, &payload, -1);
}

static void
send_kept(char *const *words)
{
	struct mm_buf payload;

	mm_buf_init(&payload, 12);
	mm_buf_add_u32(&payload, (uint32_t)strtoul(words[1], NULL, 10));
	mm_buf_add_u64(&payload, strtoull(words[3], NULL, 10));
	send_file(MM_MESSAGE_COURIER_KEPT, &payload, words[2]);
}

static void
send_number(enum mm_message_type type, const char *number)
{
	struct mm_buf payload;

	mm_buf_init(&payload, 4);
	if (number != NULL)
		mm_buf_add_u32(&payload, (uint32_t)strtoul(number, NULL, 10));
	send_message(type, &payload, -1);
}

static void
obey(char *line)
{
	char *words[256], *rest = line;
	size_t count = 0;

	while (count < 255 && (words[count] = strsep(&rest, " ")) != NULL)
		count += *words[count] != '\0';
	words[count] = NULL;
	if (count >= 4 && strcmp(words[0], "source") == 0)
		send_source(words);
	else if (count == 4 && strcmp(words[0], "kept") == 0)
		send_kept(words);
	else if (count == 2 && strcmp(words[0], "refresh") == 0)
		send_number(MM_MESSAGE_COURIER_REFRESH, words[1]);
	else if (count == 1 && strcmp(words[0], "start") == 0)
		send_number(MM_MESSAGE_COURIER_START, NULL);
	else if (count == 1 && strcmp(words[0], "broken") == 0)
		send_number(MM_MESSAGE_COURIER_REFRESH, "4000000000");
	else if (count == 1 && strcmp(words[0], "stop") == 0)
		send_number(MM_MESSAGE_COURIER_STOP, NULL);
	else
		die("no such command");
}

/* ---- what the courier says ---- */

static void
store(uint32_t number, int fd)
{
	char path[PATH_MAX], beside[PATH_MAX];
	struct mm_slice bytes;
	int out;

	snprintf(path, sizeof(path), "%s/%" PRIu32 ".keys", folder, number);
	snprintf(beside, sizeof(beside), "%s/%" PRIu32 ".keys.new", folder, number);
	if (mm_sealed_map(fd, MM_DOCUMENT_LEN_MAX, &bytes) == -1)
		die("a document is no sealed memory");
	out = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out == -1 || write(out, bytes.ptr, bytes.len) != (ssize_t)bytes.len || close(out) == -1 ||
	    rename(beside, path) == -1)
		die(path);
	mm_sealed_unmap(&bytes);
}

static void
tell_document(const struct mm_message *message)
{
	struct mm_reader reader;
	uint32_t number, present, dropped;

	mm_reader_init(&reader, message->payload, message->len);
	number = mm_reader_u32(&reader);
	(void)mm_reader_u64(&reader);
	present = mm_reader_u32(&reader);
	dropped = mm_reader_u32(&reader);
	store(number, message->fd);
	close(message->fd);
	printf("document %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", number, present, dropped);
}

static void
tell_status(const struct mm_message *message)
{
	struct mm_reader reader;
	uint32_t number, failures;
	uint8_t outcome;
	int64_t tried_s, next_s;

	mm_reader_init(&reader, message->payload, message->len);
	number = mm_reader_u32(&reader);
	outcome = mm_reader_u8(&reader);
	failures = mm_reader_u32(&reader);
	tried_s = (int64_t)mm_reader_u64(&reader);
	next_s = (int64_t)mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader) || outcome >= MM_FETCH_COUNT)
		die("a status cannot be read");
	printf("status %" PRIu32 " %s %" PRIu32 " %" PRId64 " %.*s\n", number, outcomes[outcome], failures,
	    next_s - tried_s, (int)reader.left, (const char *)reader.at);
}

/* Whether the courier is still there. */
static bool
listen_to_courier(void)
{
	static struct mm_message message;

	if (mm_message_receive(control, MM_PROCESS_MINTMARKD, MM_PROCESS_COURIER, &message) != 1)
		return false;
	if (message.type == MM_MESSAGE_COURIER_DOCUMENT)
		tell_document(&message);
	else
		tell_status(&message);
	return true;
}

static void
listen_to_test(void)
{
	static char text[LINE_LEN_MAX];
	static size_t held;
	ssize_t len = read(STDIN_FILENO, text + held, sizeof(text) - held);
	char *line = text, *end;

	if (len <= 0) {
		shutdown(control, SHUT_WR);
		return;
	}
	held += (size_t)len;
	for (; (end = memchr(line, '\n', held)) != NULL; line = end + 1) {
		*end = '\0';
		held -= (size_t)(end + 1 - line);
		obey(line);
	}
	if (held == sizeof(text))
		die("a line is too long");
	memmove(text, line, held);
}

int
main(int argc, char **argv)
{
	struct mm_buf nothing;

	if (argc != 4) {
		fprintf(stderr, "usage: courier_driver COURIER CA-FILE FOLDER\n");
		return 2;
	}
	folder = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_child("courier", argv[1]);
	mm_buf_init(&nothing, 1);
	send_file(MM_MESSAGE_COURIER_CA, &nothing, argv[2]);
	for (;;) {
		struct pollfd fds[] = { { control, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };

		if (poll(fds, 2, -1) == -1)
			die("poll");
		if ((fds[0].revents & (POLLIN | POLLHUP)) != 0 && !listen_to_courier())
			break;
		if ((fds[1].revents & (POLLIN | POLLHUP)) != 0)
			listen_to_test();
	}
	wait_for_child();
	return 0;
}
