/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-compiler: from a configuration and key files, which strangers may have written, to a trust snapshot.
 *
 * A child of mintmarkd that runs once to its end. Everything comes by messages on one socket; it opens nothing.
 * Exit status 0: the answer was sent, whatever it is.
 */
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "daemon/sandbox/sandbox.h"
#include "engine/file.h"
#include "engine/trustfile.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compiler {
	char *config_path;
	struct mm_slice config_text;
	struct mm_trustfile_document documents[MM_DOCUMENTS_MAX];
	size_t document_count;
	struct mm_problems problems;
};

/* What one message leads to. */
enum outcome {
	GO_ON,
	FINISHED,
	BROKEN, /* mintmarkd sent what it must not, or memory is short */
};

static enum outcome
take_config(struct compiler *compiler, const struct mm_message *message)
{
	if (compiler->config_path != NULL ||
	    mm_sealed_map(message->fd, MM_CONFIG_LEN_MAX, &compiler->config_text) == -1)
		return BROKEN;
	compiler->config_path = strndup((const char *)message->payload, message->len);
	return compiler->config_path == NULL ? BROKEN : GO_ON;
}

static enum outcome
take_document(struct compiler *compiler, const struct mm_message *message)
{
	enum mm_document_origin origin = MM_DOCUMENT_FILE;
	char *path = NULL;
	size_t len = 0;
	char *bytes;

	if (message->len > 1 && message->payload[0] <= MM_DOCUMENT_MINT) {
		origin = (enum mm_document_origin)message->payload[0];
		path = strndup((const char *)message->payload + 1, message->len - 1);
	}
	if (path == NULL || compiler->document_count == MM_DOCUMENTS_MAX) {
		free(path);
		return BROKEN;
	}
	bytes = mm_file_read_open(message->fd, origin == MM_DOCUMENT_MINT ? MM_DIRECTORY_LEN_MAX : MM_DOCUMENT_LEN_MAX,
	    &len);
	if (bytes == NULL) {
		mm_problems_add(&compiler->problems, MM_PROBLEM_ERROR, path, 0, NULL, "cannot be read: %s",
		    mm_file_failure_text(errno));
		free(path);
		return GO_ON;
	}
	compiler->documents[compiler->document_count++] =
	    (struct mm_trustfile_document){ .path = path, .bytes = mm_slice(bytes, len), .origin = origin };
	return GO_ON;
}

/* A text of at most max bytes, and its NUL. */
static void
add_text(struct mm_buf *buf, const char *text, size_t max)
{
	mm_buf_add_slice(buf, mm_slice(text, strnlen(text, max)));
	mm_buf_add_u8(buf, 0);
}

/* Three texts, each cut so that together they fit the message. */
#define PROBLEM_TEXT_MAX 2700

static bool
send_problem(const struct mm_problem *problem)
{
	struct mm_buf buf;
	bool sent;

	mm_buf_init(&buf, 3 * (PROBLEM_TEXT_MAX + 1) + 5);
	mm_buf_add_u8(&buf, (uint8_t)problem->class);
	mm_buf_add_u32(&buf, (uint32_t)problem->line);
	add_text(&buf, problem->where, PROBLEM_TEXT_MAX);
	add_text(&buf, problem->text, PROBLEM_TEXT_MAX);
	add_text(&buf, problem->mend == NULL ? "" : problem->mend, PROBLEM_TEXT_MAX);
	sent = mm_buf_ok(&buf) && mm_message_send(MM_CONTROL_FD, MM_PROCESS_COMPILER, MM_PROCESS_MINTMARKD,
	           MM_MESSAGE_COMPILE_PROBLEM, buf.data, buf.len, -1) == 0;
	mm_buf_clear(&buf);
	return sent;
}

/* Compile into the descriptor; whether it holds a whole snapshot. */
static bool
compile(struct compiler *compiler, uint64_t epoch, int snapshot_fd)
{
	struct mm_config *config = mm_config_parse(compiler->config_text, compiler->config_path, &compiler->problems);
	void *snapshot = NULL;
	size_t snapshot_len = 0;
	bool whole;

	if (config == NULL || mm_problems_has_error(&compiler->problems)) {
		mm_config_free(&config);
		return false;
	}
	whole = mm_trustfile_compile(config, compiler->documents, compiler->document_count, epoch, &compiler->problems,
	            &snapshot, &snapshot_len) &&
	    mm_sealed_write(snapshot_fd, mm_slice(snapshot, snapshot_len)) == 0;
	free(snapshot);
	mm_config_free(&config);
	return whole;
}

static enum outcome
finish(struct compiler *compiler, const struct mm_message *message)
{
	struct mm_reader reader;
	uint64_t epoch;
	unsigned char whole;

	mm_reader_init(&reader, message->payload, message->len);
	epoch = mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader) || compiler->config_path == NULL)
		return BROKEN;
	whole = compile(compiler, epoch, message->fd);
	for (size_t i = 0; i < compiler->problems.count; i++)
		if (!send_problem(&compiler->problems.items[i]))
			return BROKEN;
	if (mm_message_send(MM_CONTROL_FD, MM_PROCESS_COMPILER, MM_PROCESS_MINTMARKD, MM_MESSAGE_COMPILE_DONE,
	        &whole, sizeof(whole), -1) == -1)
		return BROKEN;
	return FINISHED;
}

static enum outcome
take(struct compiler *compiler, const struct mm_message *message)
{
	enum outcome outcome = BROKEN;

	if (message->type == MM_MESSAGE_COMPILE_CONFIG)
		outcome = take_config(compiler, message);
	else if (message->type == MM_MESSAGE_COMPILE_DOCUMENT)
		outcome = take_document(compiler, message);
	else if (message->type == MM_MESSAGE_COMPILE_START)
		outcome = finish(compiler, message);
	close(message->fd);
	return outcome;
}

static void
clear_compiler(struct compiler *compiler)
{
	for (size_t i = 0; i < compiler->document_count; i++) {
		free((void *)(uintptr_t)compiler->documents[i].path);
		free((void *)(uintptr_t)compiler->documents[i].bytes.ptr);
	}
	mm_problems_clear(&compiler->problems);
	mm_sealed_unmap(&compiler->config_text);
	free(compiler->config_path);
}

int
main(void)
{
	static struct compiler compiler;
	static struct mm_message message;
	enum outcome outcome = GO_ON;

	mm_sandbox_prepare();
	if (!mm_sandbox_enter(MM_PROCESS_COMPILER, getuid(), getgid()))
		return EXIT_FAILURE;
	while (outcome == GO_ON)
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_COMPILER, MM_PROCESS_MINTMARKD, &message) == 1)
			outcome = take(&compiler, &message);
		else
			outcome = BROKEN;
	clear_compiler(&compiler);
	return outcome == FINISHED ? EXIT_SUCCESS : EXIT_FAILURE;
}
