/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of possession from options.
 */
#include "cli/evidence.h"

#include "engine/file.h"
#include "lib/codec/pem.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

/* One certificate in PEM; large ones have five kilobytes. */
#define CERTIFICATE_LEN_MAX 65536

int
mm_evidence_options_check(const struct mm_command *command, const struct mm_evidence_options *options)
{
	if ((options->proof == NULL) != (options->method == NULL) || (options->proof == NULL) != (options->url == NULL))
		return mm_command_usage_error(command,
		    "a proof is for one request: --dpop, --method and --url go together");
	return MM_EXIT_DONE;
}

/* Set the certificate's digest from the text of its file. */
static bool
take_certificate(struct mm_shown_evidence *shown, struct mm_slice text)
{
	char *room = malloc(MM_PEM_ROOM(text.len));
	struct mm_slice der;
	bool taken = room != NULL && mm_pem_certificate_decode(text, room, &der) &&
	    mm_sha256(der, shown->certificate_digest);

	free(room);
	if (taken)
		shown->evidence.certificate_digest = shown->certificate_digest;
	return taken;
}

static int
read_certificate(const struct mm_command *command, const char *path, struct mm_shown_evidence *shown)
{
	size_t len;
	char *text = mm_file_read(AT_FDCWD, path, CERTIFICATE_LEN_MAX, &len);
	bool taken;

	if (text == NULL)
		return mm_command_usage_error(command, "%.256s: %s", path, mm_file_failure_text(errno));
	taken = take_certificate(shown, mm_slice(text, len));
	free(text);
	if (!taken)
		return mm_command_usage_error(command, "%.256s is not one certificate in PEM, without text around it",
		    path);
	return MM_EXIT_DONE;
}

static int
make_store(const struct mm_command *command, struct mm_shown_evidence *shown)
{
	unsigned char seed[MM_EVIDENCE_SECRET_LEN];

	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		shown->evidence.replay_store = mm_replay_store_new(MM_REPLAY_BYTES_MIN, seed);
	if (shown->evidence.replay_store == NULL)
		return mm_command_usage_error(command, "there is no memory or no randomness");
	return MM_EXIT_DONE;
}

int
mm_shown_evidence_make(const struct mm_command *command, const struct mm_evidence_options *options,
    struct mm_shown_evidence *shown)
{
	int status = MM_EXIT_DONE;

	*shown = (struct mm_shown_evidence){ .evidence = {
		.dpop_proof = mm_slice_str(options->proof),
		.dpop_proof_count = options->proof != NULL,
		.http_method = mm_slice_str(options->method),
		.http_url = mm_slice_str(options->url),
	} };
	if (options->proof != NULL)
		status = make_store(command, shown);
	if (status == MM_EXIT_DONE && options->certificate_path != NULL)
		status = read_certificate(command, options->certificate_path, shown);
	return status;
}

void
mm_shown_evidence_clear(struct mm_shown_evidence *shown)
{
	mm_replay_store_free(&shown->evidence.replay_store);
}
