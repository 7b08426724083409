/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate counts, and its text for Prometheus (exposition format 0.0.4).
 *
 * Label values come from the configuration, known keys and tables of this program alone: nobody who sends
 * requests can make a new time series.
 */
#ifndef MM_DAEMON_GATE_METRICS_H
#define MM_DAEMON_GATE_METRICS_H

#include "lib/base/buf.h"

#include <mintmark/proof.h>
#include <mintmark/reason.h>
#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Kinds of findings that the gate itself can have; each becomes a label. */
enum gate_finding {
	GATE_FINDING_KEY_MATERIAL,  /* compiling saw material offered to two realms, or a revoked key's again */
	GATE_FINDING_AUTOPSY_PROOF, /* a refused token was signed by a key that could not have: somebody holds it */
	GATE_FINDING_AUTOPSY_LEAD,  /* a refused token was signed by a key that could have */
	GATE_FINDING_COUNT
};

const char *gate_finding_name(enum gate_finding finding);

/* The latency histogram's upper bounds. */
#define GATE_LATENCY_BUCKET_COUNT 11
extern const uint64_t gate_latency_bounds_us[GATE_LATENCY_BUCKET_COUNT];

/*
 * The counters of one service. They stay as long as the gate, however often the service is taken out of the
 * configuration and comes back: what it counted goes on.
 */
struct gate_service_metrics {
	struct gate_service_metrics *next;
	char *name;
	_Atomic uint64_t decisions[MM_REASON_COUNT];
	_Atomic uint64_t shadow_decisions[MM_REASON_COUNT];
	_Atomic uint64_t latency[GATE_LATENCY_BUCKET_COUNT + 1]; /* the last is above all bounds */
	_Atomic uint64_t latency_sum_ns;
	_Atomic uint64_t proofs[MM_ISSUANCE_COUNT]; /* of decisions on mints' tokens */
	_Atomic uint64_t callers_refused;
};

/* Answers are counted by the class of their status; 1xx and 3xx are never given. */
#define GATE_STATUS_CLASS_COUNT 6

/* More than the route table has rows; its last row counts what no route matched. */
#define GATE_ROUTES_MAX 16

struct gate_metrics {
	struct gate_service_metrics *services; /* every one that ever was in the gate's trust */
	_Atomic uint64_t answers[GATE_ROUTES_MAX][GATE_STATUS_CLASS_COUNT];
	_Atomic uint64_t unknown_services;
	_Atomic uint64_t findings[GATE_FINDING_COUNT];
	_Atomic uint64_t alarms_untold; /* mintmarkd's socket was full */
};

/* The counters of the service of this name, new ones where it had none yet; NULL: memory is short. One thread alone. */
struct gate_service_metrics *gate_metrics_service(struct gate_metrics *metrics, struct mm_slice name);
void gate_metrics_clear(struct gate_metrics *metrics);

void gate_metrics_count_decision(struct gate_service_metrics *service, enum mm_reason reason, uint64_t latency_ns);

/* What proved the token of a decision; MM_ISSUANCE_NONE is not counted. */
void gate_metrics_count_proof(struct gate_service_metrics *service, enum mm_issuance issuance);

/* A decision that nobody was told of. */
void gate_metrics_count_shadow(struct gate_service_metrics *service, enum mm_reason reason);

/* A request for a service whose caller was not authenticated. */
void gate_metrics_count_refused_caller(struct gate_service_metrics *service);

struct gate;
struct gate_view;

/* Write all of it for a scrape at now_s, with the services and keys of this view. */
void gate_metrics_write(struct gate *gate, const struct gate_view *view, int64_t now_s, struct mm_buf *out);

#endif
