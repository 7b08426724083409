/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the issuer is: /healthz, /readyz, /metrics, and what mintmarkd is told.
 */
#include "daemon/issuer/metrics.h"

#include "daemon/issuer/issuer.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"

#include <inttypes.h>

_Static_assert(ISSUER_METRICS_ROUTES == ISSUER_ROUTES_MAX, "answers are counted by route");

const char *
issuer_find_trouble(struct issuer *issuer)
{
	struct issuer_waiting_counts counts;

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	if (!issuer_key_set_is_there(&issuer->keys))
		return "the realm's keys have not come yet";
	if (issuer->realm.pattern.is_template && !issuer_tenants_are_there(&issuer->tenants))
		return "the realm's tenants have not come yet";
	if (!issuer_key_set_signs(&issuer->keys, (int64_t)time(NULL)))
		return "no key may sign now, so that nothing is issued: 'mintmark key list' says why and until when";
	if (!counts.verifier_there)
		return "the verifier is away";
	if (!counts.ledger_there)
		return "the ledger is away";
	return issuer_mint_status_text(counts.trouble);
}

enum issuer_turn
issuer_healthz(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	(void)exchange;
	mm_http_answer_text(answer, MHD_HTTP_OK, "ok");
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_readyz(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const char *trouble = atomic_load(&exchange->issuer->stopping) ? "the issuer is stopping" :
	                                                                 issuer_find_trouble(exchange->issuer);

	mm_http_answer_text(answer, trouble == NULL ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
	    trouble == NULL ? "ready" : trouble);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_metrics_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	answer->status = MHD_HTTP_OK;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	issuer_metrics_write(exchange->issuer, &answer->body);
	return ISSUER_ANSWERED;
}

/* ---- writing ---- */

static void
write_one(struct mm_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	mm_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

static void
write_answers(struct issuer *issuer, struct mm_buf *out)
{
	mm_buf_add_str(out, "# HELP mintmark_issuer_answers_total Answers by endpoint and hundreds of their status.\n"
	                    "# TYPE mintmark_issuer_answers_total counter\n");
	for (size_t route = 0; route < issuer_route_count(); route++)
		for (unsigned class = 2; class < ISSUER_STATUS_CLASSES; class++)
			mm_buf_addf(out, "mintmark_issuer_answers_total{endpoint=\"%s\",status=\"%uxx\"} %" PRIu64 "\n",
			    issuer_route_name(route), class,
			    atomic_load_explicit(&issuer->metrics.answers[route][class], memory_order_relaxed));
}

void
issuer_metrics_write(struct issuer *issuer, struct mm_buf *out)
{
	struct issuer_waiting_counts counts;

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	write_answers(issuer, out);
	write_one(out, "mintmark_issuer_tokens_made_total", "counter", "Tokens that the ledger made for a request.",
	    counts.tokens_made);
	write_one(out, "mintmark_issuer_tokens_not_made_total", "counter", "Tokens that the ledger could not make.",
	    counts.tokens_not_made);
	write_one(out, "mintmark_issuer_timed_out_total", "counter", "Requests that nobody answered in time.",
	    counts.timed_out);
	write_one(out, "mintmark_issuer_waiting", "gauge", "Requests that wait for verifier or ledger.",
	    counts.questions);
	write_one(out, "mintmark_issuer_connections", "gauge", "Connections that are open.",
	    atomic_load(&issuer->connections));
	write_one(out, "mintmark_issuer_ready", "gauge", "1 where the realm makes tokens, as far as the issuer knows.",
	    issuer_find_trouble(issuer) == NULL);
}

void
issuer_state_write(struct issuer *issuer, struct mm_buf *out)
{
	struct issuer_waiting_counts counts;
	struct mm_json_writer writer;
	const char *trouble = issuer_find_trouble(issuer);

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	mm_json_writer_init(&writer, out);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "ready", trouble == NULL);
	mm_json_add_str(&writer, "trouble", trouble);
	mm_json_add_int(&writer, "connections", (int64_t)atomic_load(&issuer->connections));
	mm_json_add_int(&writer, "waiting", (int64_t)counts.questions);
	mm_json_add_int(&writer, "tokens_made", (int64_t)counts.tokens_made);
	mm_json_add_int(&writer, "tokens_not_made", (int64_t)counts.tokens_not_made);
	mm_json_add_int(&writer, "timed_out", (int64_t)counts.timed_out);
	mm_json_end_object(&writer);
}
