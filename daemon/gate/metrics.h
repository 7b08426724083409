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
#include "lib/trust/trust.h"

#include <mintmark/reason.h>
#include <mintmark/version.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Kinds of findings that the gate itself can have; each becomes a label. */
enum gate_finding {
	GATE_FINDING_KEY_MATERIAL, /* compiling saw material offered to two realms, or a revoked key's again */
	GATE_FINDING_COUNT
};

const char *gate_finding_name(enum gate_finding finding);

/* Bounds of the latency histogram (metrics.c has them). */
#define GATE_LATENCY_BUCKET_COUNT 11

struct gate_service_metrics {
	_Atomic uint64_t decisions[MM_REASON_COUNT];
	_Atomic uint64_t latency[GATE_LATENCY_BUCKET_COUNT + 1]; /* the last is above all bounds */
	_Atomic uint64_t latency_sum_ns;
	_Atomic uint64_t callers_refused;
};

/* Answers are counted by the class of their status; 1xx and 3xx are never given. */
#define GATE_STATUS_CLASS_COUNT 6

/* More than the route table has rows; its last row counts what no route matched. */
#define GATE_ROUTES_MAX 16

struct gate_metrics {
	struct gate_service_metrics *services; /* as in the trust's array */
	_Atomic uint64_t answers[GATE_ROUTES_MAX][GATE_STATUS_CLASS_COUNT];
	_Atomic uint64_t unknown_services;
	_Atomic uint64_t findings[GATE_FINDING_COUNT];
	_Atomic uint64_t alarms_untold; /* mintmarkd's socket was full */
};

/* Room for the trust's services. False where memory is short. */
MM_MUST_USE bool gate_metrics_init(struct gate_metrics *metrics, size_t service_count);
void gate_metrics_clear(struct gate_metrics *metrics);

void gate_metrics_count_decision(struct gate_service_metrics *service, enum mm_reason reason, uint64_t latency_ns);

struct gate;

/* A request for a service whose caller was not authenticated. */
void gate_metrics_count_refused_caller(struct gate *gate, const struct mm_service *service);

/* Write all of it for a scrape at now_s. */
void gate_metrics_write(struct gate *gate, int64_t now_s, struct mm_buf *out);

#endif
