/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mint's ledger as it would be if it had begun long ago: for mint-kept.sh.
 *
 *	aged_ledger FOLDER DAYS REALM
 *
 * FOLDER has the secrets and the sealing key that 'mintmark init' made, and no segment yet. Segments of those days ago
 * are written, small ones, with one token of the realm in the first of them; its id is printed.
 */
#include "engine/file.h"
#include "engine/ledger_file.h"
#include "engine/ledger_secrets.h"
#include "engine/ledger_writer.h"
#include "lib/token/token_id.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SMALL ((uint64_t)64 * 1024)
#define SEGMENTS 6
#define NOTES 600 /* more than fit into those */
#define SIGNER 1

static struct mm_ledger_record record;
static int64_t then_s;

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
load_secrets(int folder_fd, struct mm_ledger_secrets *secrets)
{
	size_t len;
	char *key = mm_file_read(folder_fd, "sealing.key", MM_SEALING_KEY_LEN, &len);
	const char *why;

	if (key == NULL || len != MM_SEALING_KEY_LEN)
		fail("sealing.key");
	why = mm_ledger_secrets_load(folder_fd, (const uint8_t *)key, secrets);
	if (why != NULL) {
		fprintf(stderr, "secrets: %s\n", why);
		exit(1);
	}
	free(key);
}

static void
append(struct mm_ledger_writer *writer, enum mm_ledger_kind kind)
{
	record.kind = kind;
	record.time_us = then_s * 1000000;
	if (mm_ledger_writer_append(writer, &record, NULL) == 0)
		fail("a record");
}

/* The id of the place. */
static void
print_id(const struct mm_ledger_secrets *secrets, struct mm_slice realm, struct mm_token_place place)
{
	const uint8_t *root = mm_ledger_secrets_find(secrets, realm);
	uint8_t key[MM_TOKEN_ID_KEY_LEN];
	struct mm_token_id_cipher *cipher;
	char text[MM_TOKEN_ID_LEN];

	if (root == NULL || !mm_mint_token_id_key(root, realm, key) ||
	    (cipher = mm_token_id_cipher_new(key)) == NULL || !mm_token_id_encode(cipher, place, text))
		fail("the token's id");
	mm_token_id_cipher_free(&cipher);
	printf("%.*s\n", (int)sizeof(text), text);
}

static void
write_token(struct mm_ledger_writer *writer, struct mm_slice realm, struct mm_token_place place)
{
	record.issued.place = place;
	record.issued.token_class = 1;
	record.issued.iat_s = then_s;
	record.issued.exp_s = then_s + 3600;
	record.issued.facts[MM_LEDGER_REALM] = realm;
	append(writer, MM_LEDGER_ISSUED);
	memset(&record, 0, sizeof(record));
}

static void
write_notes(struct mm_ledger_writer *writer)
{
	static char words[MM_LEDGER_TEXT_MAX];

	memset(words, 'x', sizeof(words));
	record.note = mm_slice(words, sizeof(words));
	for (unsigned i = 0; i < NOTES; i++)
		append(writer, MM_LEDGER_NOTE);
}

/* As if they had been begun then. */
static void
age_headers(int folder_fd)
{
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(folder_fd, &numbers);

	if (count < SEGMENTS)
		fail("segments");
	for (ssize_t i = 0; i < count; i++) {
		uint8_t bytes[MM_LEDGER_HEADER_LEN];
		struct mm_ledger_header header;
		int fd = mm_ledger_segment_open(folder_fd, numbers[i], O_RDWR, &header);

		if (fd == -1)
			fail("a segment");
		header.created_us = then_s * 1000000;
		mm_ledger_encode_header(&header, bytes);
		if (!mm_ledger_write_at(fd, bytes, sizeof(bytes), 0))
			fail("a segment");
		close(fd);
	}
	free(numbers);
}

int
main(int argc, char **argv)
{
	static struct mm_ledger_secrets secrets;
	const struct mm_ledger_tail nothing = { .sequence = 0 };
	struct mm_ledger_writer *writer;
	struct mm_token_place place = { SIGNER, 0, 1 };
	int folder_fd;

	if (argc != 4)
		return 2;
	folder_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd == -1)
		fail(argv[1]);
	then_s = time(NULL) - strtol(argv[2], NULL, 10) * 86400;
	place.minute = (uint32_t)(then_s / 60);
	load_secrets(folder_fd, &secrets);
	writer = mm_ledger_writer_open(folder_fd, SMALL, &nothing);
	if (writer == NULL)
		fail("the ledger");
	write_token(writer, mm_slice_str(argv[3]), place);
	write_notes(writer);
	if (!mm_ledger_writer_close(&writer))
		fail("the ledger");
	age_headers(folder_fd);
	print_id(&secrets, mm_slice_str(argv[3]), place);
	return 0;
}
