/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting. metrics_page.c writes what was counted.
 */
#include "daemon/gate/metrics.h"

#include <stdlib.h>
#include <string.h>

/* Upper bounds: a decision takes some 20 µs, a journal that is synced before the answer some 100 µs more. */
const uint64_t gate_latency_bounds_us[GATE_LATENCY_BUCKET_COUNT] = {
	10, 20, 30, 50, 75, 100, 200, 500, 1000, 5000, 50000,
};

const char *
gate_finding_name(enum gate_finding finding)
{
	static const char *const names[GATE_FINDING_COUNT] = {
		[GATE_FINDING_KEY_MATERIAL] = "key_material",
		[GATE_FINDING_AUTOPSY_PROOF] = "autopsy_proof",
		[GATE_FINDING_AUTOPSY_LEAD] = "autopsy_lead",
	};

	return names[finding];
}

struct gate_service_metrics *
gate_metrics_service(struct gate_metrics *metrics, struct mm_slice name)
{
	struct gate_service_metrics *service = metrics->services;

	while (service != NULL && !mm_slice_equal(name, mm_slice_str(service->name)))
		service = service->next;
	if (service != NULL)
		return service;
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return NULL;
	service->name = strndup(name.ptr, name.len);
	if (service->name == NULL) {
		free(service);
		return NULL;
	}
	service->next = metrics->services;
	metrics->services = service;
	return service;
}

void
gate_metrics_clear(struct gate_metrics *metrics)
{
	while (metrics->services != NULL) {
		struct gate_service_metrics *service = metrics->services;

		metrics->services = service->next;
		free(service->name);
		free(service);
	}
}

static void
count(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

void
gate_metrics_count_decision(struct gate_service_metrics *service, enum mm_reason reason, uint64_t latency_ns)
{
	size_t bucket = 0;

	while (bucket < GATE_LATENCY_BUCKET_COUNT && latency_ns > gate_latency_bounds_us[bucket] * 1000)
		bucket++;
	count(&service->decisions[reason], 1);
	count(&service->latency[bucket], 1);
	count(&service->latency_sum_ns, latency_ns);
}

void
gate_metrics_count_proof(struct gate_service_metrics *service, enum mm_issuance issuance)
{
	if (issuance != MM_ISSUANCE_NONE)
		atomic_fetch_add_explicit(&service->proofs[issuance], 1, memory_order_relaxed);
}

void
gate_metrics_count_shadow(struct gate_service_metrics *service, enum mm_reason reason)
{
	count(&service->shadow_decisions[reason], 1);
}

void
gate_metrics_count_refused_caller(struct gate_service_metrics *service)
{
	count(&service->callers_refused, 1);
}
