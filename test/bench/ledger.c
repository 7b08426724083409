/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-ledger RECORDS FOLDER
 *
 * Write a ledger of so many tokens into an empty folder, with a release for each and a signed head each minute of
 * theirs, as mintmark-ledger does at 10^9 tokens a day, for what reads it to be measured. The pinned root comes
 * beside the folder.
 */
#include "engine/ledger_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TOKENS_A_MINUTE 694444
#define RELEASED_EACH 5000
#define BEGIN_MINUTE 29000000U

struct bench {
	struct mm_ledger_writer *writer;
	struct mm_ed25519 *key;
	struct mm_ledger_record record;
	uint64_t sequence; /* of the last record */
	uint64_t tokens, released;
};

/* Append, and where there is no room wait for the disk. */
static bool
append(struct bench *bench)
{
	struct pollfd event = { mm_ledger_writer_event_fd(bench->writer), POLLIN, 0 };

	while ((bench->sequence = mm_ledger_writer_append(bench->writer, &bench->record, bench->key)) == 0) {
		if (mm_ledger_writer_trouble(bench->writer) != NULL)
			return false;
		(void)poll(&event, 1, 1000);
		(void)mm_ledger_writer_durable(bench->writer);
	}
	return true;
}

static bool
begin(struct bench *bench, int folder_fd)
{
	const uint8_t root_seed[MM_ED25519_SEED_LEN] = { 1 }, seed[MM_ED25519_SEED_LEN] = { 2 };
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, 1, 4000000000, { 0 } };
	struct mm_ed25519 *root = mm_ed25519_new(root_seed);
	const struct mm_ledger_tail nothing = { .sequence = 0 };
	uint8_t root_public[MM_ED25519_PUBLIC_LEN];
	int fd = openat(folder_fd, "../root.pub", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	bench->key = mm_ed25519_new(seed);
	bench->writer = mm_ledger_writer_open(folder_fd, UINT64_C(64) << 20, &nothing);
	if (root == NULL || bench->key == NULL || bench->writer == NULL || fd == -1)
		return false;
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(bench->key, certificate.public_key);
	bench->record.kind = MM_LEDGER_TERM;
	bench->record.term.number = 1;
	bench->record.term.why = mm_slice_str("bench");
	return mm_mint_certificate_make(&certificate, root, bench->record.term.certificate) &&
	    write(fd, root_public, sizeof(root_public)) == sizeof(root_public) && close(fd) == 0 && append(bench);
}

static bool
put_token(struct bench *bench, uint64_t number)
{
	struct mm_ledger_issued *issued = &bench->record.issued;
	int64_t iat_s = (int64_t)BEGIN_MINUTE * 60 + (int64_t)(number / (TOKENS_A_MINUTE / 60));

	memset(issued, 0, sizeof(*issued));
	bench->record.kind = MM_LEDGER_ISSUED;
	bench->record.time_us = iat_s * 1000000;
	issued->place = (struct mm_token_place){ 1, BEGIN_MINUTE + (uint32_t)(number / TOKENS_A_MINUTE),
		(uint32_t)(number % TOKENS_A_MINUTE) };
	issued->serial = number + 1;
	issued->token_class = 1;
	issued->grant = 3;
	issued->iat_s = iat_s;
	issued->exp_s = iat_s + 3600;
	memcpy(issued->digest, &number, sizeof(number));
	issued->facts[MM_LEDGER_REALM] = mm_slice_str("enterprise");
	issued->facts[MM_LEDGER_TENANT_ID] = mm_slice_str("aaaaaaaa-0000-4000-8000-00000000000a");
	issued->facts[MM_LEDGER_SUBJECT] = mm_slice_str("9f8e7d6c-5b4a-4c3d-8e1f-0a1b2c3d4e5f");
	issued->facts[MM_LEDGER_CLIENT] = mm_slice_str("webmail");
	issued->facts[MM_LEDGER_SESSION] = mm_slice_str("Zm9vYmFyYmF6cXV4cXV1eA");
	issued->facts[MM_LEDGER_AUDIENCE] = mm_slice_str("https://mail.example");
	issued->facts[MM_LEDGER_SCOPE] = mm_slice_str("mail.read mail.send");
	bench->tokens++;
	return append(bench);
}

static bool
put_released(struct bench *bench)
{
	bench->record.kind = MM_LEDGER_RELEASED;
	bench->record.released.count = 1;
	bench->record.released.ranges[0] =
	    (struct mm_ledger_range){ bench->sequence - RELEASED_EACH + 1, RELEASED_EACH };
	bench->released += RELEASED_EACH;
	return append(bench);
}

static bool
put_head(struct bench *bench)
{
	bench->record.kind = MM_LEDGER_HEAD;
	bench->record.head.term = 1;
	bench->record.head.realm_count = 1;
	bench->record.head.realms[0] = (struct mm_ledger_head_realm){ mm_slice_str("enterprise"),
		{ bench->tokens, 0, bench->released, 0 } };
	return append(bench);
}

static bool
put_all(struct bench *bench, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (!put_token(bench, i) || (i % RELEASED_EACH == RELEASED_EACH - 1 && !put_released(bench)) ||
		    (i % TOKENS_A_MINUTE == TOKENS_A_MINUTE - 1 && !put_head(bench)))
			return false;
	return put_head(bench);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	uint64_t count = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
	int fd = count == 0 ? -1 : open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct timespec start, end;
	double seconds;

	if (fd == -1) {
		fprintf(stderr, "usage: bench-ledger RECORDS FOLDER\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (!begin(&bench, fd) || !put_all(&bench, count) || !mm_ledger_writer_close(&bench.writer)) {
		fprintf(stderr, "bench-ledger: the ledger cannot be written\n");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	printf("%llu tokens written in %.1f s (%.0f a second)\n", (unsigned long long)count, seconds,
	    (double)count / seconds);
	return 0;
}
