/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What autopsies found of late, so that nobody fills the journal with findings: whoever has one token that some key
 * signed can show it ten thousand times a second where it does not belong.
 *
 * One thread uses a memory.
 */
#ifndef MM_DAEMON_GATE_AUTOPSY_MEMORY_H
#define MM_DAEMON_GATE_AUTOPSY_MEMORY_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* A token that was found at a service, from a source and under an epoch is not looked at again there for so long. */
#define GATE_AUTOPSY_REMEMBERED_S 60

/*
 * Findings of one source that are told in a second, those of proof and leads apart, so that nobody hides a forgery
 * behind leads; as many of its denials are recorded singly.
 */
#define GATE_AUTOPSY_TOLD_PER_S 100

struct gate_autopsy_memory;

/* A showing of a token that some key signed. */
struct gate_autopsy_showing {
	struct mm_slice token, service, source;
	uint64_t epoch;
};

/* An empty memory; NULL where memory or randomness are short. */
struct gate_autopsy_memory *gate_autopsy_memory_new(void);
void gate_autopsy_memory_free(struct gate_autopsy_memory **memory);

/* Whether the same showing was found of late. Some are forgotten early; none is taken for another. */
bool gate_autopsy_memory_has(const struct gate_autopsy_memory *memory, const struct gate_autopsy_showing *showing,
    int64_t now_s);

/*
 * Remember a showing that was found. Returns whether to tell of it: false where its source has used up what may be told
 * of it in this second. Two sources rarely share one account; then more is told.
 */
MM_MUST_USE bool gate_autopsy_memory_add(struct gate_autopsy_memory *memory, const struct gate_autopsy_showing *showing,
    bool is_proof, int64_t now_s);

#endif
