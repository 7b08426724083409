/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings of compiling, told once.
 */
#include "daemon/gate/finding.h"

#include "daemon/gate/control.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/record.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/crypto/digest.h"
#include "lib/trust/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whoever publishes documents could make new findings with each. Beyond this many, what is old is told again. */
#define TOLD_MAX 4096

/* Names and a sentence. */
#define IDENTITY_LEN_MAX 65536

static bool
was_told(const struct gate_findings *findings, const uint8_t digest[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < findings->count; i++)
		if (memcmp(findings->told[i], digest, MM_DIGEST_LEN) == 0)
			return true;
	return false;
}

/* Where it cannot be remembered it is told again with the next snapshot. */
static void
remember(struct gate_findings *findings, const uint8_t digest[MM_DIGEST_LEN])
{
	uint8_t (*told)[MM_DIGEST_LEN];

	if (findings->count == TOLD_MAX)
		findings->count = 0;
	told = reallocarray(findings->told, findings->count + 1, sizeof(*told));
	if (told == NULL)
		return;
	findings->told = told;
	memcpy(told[findings->count++], digest, MM_DIGEST_LEN);
}

/* Two findings are the same where place, kid and sentence are. */
static bool
identify(const struct mm_trust_finding *finding, uint8_t digest[MM_DIGEST_LEN])
{
	const struct mm_slice parts[] = { finding->where, finding->kid, finding->text };
	struct mm_buf identity;
	bool identified;

	mm_buf_init(&identity, IDENTITY_LEN_MAX);
	for (size_t i = 0; i < MM_COUNT_OF(parts); i++) {
		mm_buf_add_u64(&identity, mm_slice_present(parts[i]) ? parts[i].len : UINT64_MAX);
		mm_buf_add_slice(&identity, parts[i]);
	}
	identified = mm_buf_ok(&identity) && mm_sha256(mm_slice(identity.data, identity.len), digest);
	mm_buf_clear(&identity);
	return identified;
}

static void
tell(struct gate *gate, uint64_t epoch, const struct mm_trust_finding *finding)
{
	char text[512];

	atomic_fetch_add(&gate->metrics.findings[GATE_FINDING_KEY_MATERIAL], 1);
	snprintf(text, sizeof(text), "%.*s: %.*s", (int)finding->where.len, finding->where.ptr,
	    (int)finding->text.len, finding->text.ptr);
	gate_control_alarm(gate, text);
	if (!gate_record_finding(gate, epoch, finding))
		gate_control_alarm(gate, "a finding could not be recorded");
}

void
gate_findings_tell(struct gate *gate, const struct mm_trust *trust)
{
	for (size_t i = 0; i < trust->finding_count; i++) {
		const struct mm_trust_finding *finding = &trust->findings[i];
		uint8_t digest[MM_DIGEST_LEN];
		bool identified = identify(finding, digest);

		if (identified && was_told(&gate->findings, digest))
			continue;
		tell(gate, trust->epoch, finding);
		if (identified)
			remember(&gate->findings, digest);
	}
}

void
gate_findings_clear(struct gate_findings *findings)
{
	free(findings->told);
	*findings = (struct gate_findings){ NULL, 0 };
}
