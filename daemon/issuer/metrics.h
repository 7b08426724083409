/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the issuer counts. Labels are of our own tables alone.
 */
#ifndef MM_DAEMON_ISSUER_METRICS_H
#define MM_DAEMON_ISSUER_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ISSUER_METRICS_ROUTES 20
#define ISSUER_STATUS_CLASSES 6

struct issuer_metrics {
	_Atomic uint64_t answers[ISSUER_METRICS_ROUTES][ISSUER_STATUS_CLASSES]; /* by the status's hundreds */
	_Atomic uint64_t alarms_untold;
};

static inline void
issuer_metrics_count(struct issuer_metrics *metrics, size_t route, unsigned status)
{
	size_t class = status / 100 < ISSUER_STATUS_CLASSES ? status / 100 : 0;

	atomic_fetch_add_explicit(&metrics->answers[route][class], 1, memory_order_relaxed);
}

struct issuer;
struct mm_buf;

/* /metrics in the text format of Prometheus; what ISSUER_STATUS says, as JSON. */
void issuer_metrics_write(struct issuer *issuer, struct mm_buf *out);
void issuer_state_write(struct issuer *issuer, struct mm_buf *out);

enum issuer_trouble {
	ISSUER_WELL,
	ISSUER_WITHOUT_KEYS,
	ISSUER_WITHOUT_TENANTS,
	ISSUER_NOTHING_SIGNS,
	ISSUER_WITHOUT_VERIFIER,
	ISSUER_WITHOUT_LEDGER,
	ISSUER_SIGNER_AWAY,
	ISSUER_CANNOT_RECORD,
	ISSUER_TROUBLES,
};

/* Why the realm makes no tokens now, as far as the issuer knows; and that as a sentence, NULL where it does. */
enum issuer_trouble issuer_find_trouble(struct issuer *issuer);
const char *issuer_trouble_text(enum issuer_trouble trouble);

#endif
