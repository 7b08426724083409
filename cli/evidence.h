/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of possession for 'verify' and 'explain', as the options --dpop, --method, --url and --certificate give it.
 */
#ifndef MM_CLI_EVIDENCE_H
#define MM_CLI_EVIDENCE_H

#include "cli/command.h"

#include <mintmark/evidence.h>

/* The options as given; NULL: not given. */
struct mm_evidence_options {
	const char *proof, *method, *url, *certificate_path;
};

struct mm_shown_evidence {
	struct mm_evidence evidence;
	unsigned char certificate_digest[MM_CERTIFICATE_DIGEST_LEN];
};

/* Whether the options go together. Returns MM_EXIT_DONE, or says what is wrong and returns MM_EXIT_USAGE. */
int mm_evidence_options_check(const struct mm_command *command, const struct mm_evidence_options *options);

/*
 * Make the evidence that the options show. Every run takes a proof as new: no other one remembers it. There are no
 * nonces, so that a service that demands one denies.
 * Returns MM_EXIT_DONE, or says what is wrong and returns MM_EXIT_USAGE. Clear it in either case.
 */
int mm_shown_evidence_make(const struct mm_command *command, const struct mm_evidence_options *options,
    struct mm_shown_evidence *shown);
void mm_shown_evidence_clear(struct mm_shown_evidence *shown);

#endif
